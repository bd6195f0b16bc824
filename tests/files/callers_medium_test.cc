// Eight callers who each bring ten mebibytes and take them away at once, in the memory of a few
// calls, while others write; the times are printed, none is required.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "tests/files/office.h"
#include "tests/files/samples.h"
#include "tests/support/engines.h"

namespace vivier::testing {
namespace {

constexpr int kCallers = 8;
constexpr int kWrites = 40;
constexpr size_t kBytes = 10 << 20;
// Of both sides of the wire, which are one process here: the callers' own copies, ten mebibytes
// that go out and ten that come in, and for each caller what a call holds.
constexpr int64_t kGrowthMaxKb = 2 * kCallers * 10'240 + kCallers * 16 * 1'024;

// A line of /proc/self/status, in kB.
int64_t MemoryKb(absl::string_view what) {
  std::ifstream status("/proc/self/status");
  int64_t kb = 0;
  for (std::string line; std::getline(status, line);)
    if (absl::StartsWith(line, what)) {
      const std::vector<absl::string_view> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
      EXPECT_TRUE(absl::SimpleAtoi(absl::StripAsciiWhitespace(words[words.size() - 2]), &kb));
    }
  return kb;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

class CallersTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  void Each(const std::function<void(int)>& act) {
    std::vector<std::thread> callers;
    for (int i = 0; i < kCallers; ++i) callers.emplace_back([&act, i] { act(i); });
    for (std::thread& caller : callers) caller.join();
  }

  // A person has five announced files.
  static std::string Person(int i) { return i % 2 == 0 ? "ada" : "ben"; }

  // How long a write takes whoever brings no file.
  double WriteMs() {
    const absl::Time start = absl::Now();
    office_.Come(absl::StrCat("c", ++written_));
    return absl::ToDoubleMilliseconds(absl::Now() - start);
  }

  int written_ = 0;
  World world_{GetParam()};
  FileOffice office_{world_};
};
INSTANTIATE_TEST_SUITE_P(Engines, CallersTest, BothEngines(), EngineName);

TEST_P(CallersTest, BringAndTakeTenMebibytesEach) {
  std::vector<std::string> bytes;
  for (int i = 0; i < kCallers; ++i) {
    bytes.push_back(Jpeg(kBytes));
    bytes.back()[100] = static_cast<char>(i);
    const auto announced = world_.Write<enrolment::v1::File>(
        FileOffice::Announcement(Person(i), absl::StrCat("f", i), bytes.back()));
    ASSERT_TRUE(announced.ok()) << announced.status();
  }
  std::vector<double> alone, beside;
  for (int i = 0; i < kWrites; ++i) alone.push_back(WriteMs());
  const int64_t before = MemoryKb("VmRSS");
  std::atomic<bool> over{false};
  std::thread others([&] {
    while (!over) beside.push_back(WriteMs());
  });
  const absl::Time start = absl::Now();
  Each([&](int i) {
    const auto sent =
        office_.SendAll(FileOffice::NameOf(Person(i), absl::StrCat("f", i)), bytes[i]);
    EXPECT_TRUE(sent.ok() && sent->state() == enrolment::v1::File::READY) << sent.status();
  });
  const absl::Time sent = absl::Now();
  over = true;
  others.join();
  const int64_t uploaded = MemoryKb("VmHWM");
  Each([&](int i) {
    const auto came = FileOffice::Insist(
        [&] { return office_.Download(FileOffice::NameOf(Person(i), absl::StrCat("f", i))); });
    EXPECT_TRUE(came.ok() && *came == bytes[i]) << came.status();
  });
  const absl::Time taken = absl::Now();
  std::printf(
      "%d callers of 10 MiB: uploaded in %s, downloaded in %s; %lld MiB before, at most "
      "%lld MiB with the uploads and %lld MiB with the downloads\n",
      kCallers, absl::FormatDuration(sent - start).c_str(),
      absl::FormatDuration(taken - sent).c_str(), static_cast<long long>(before >> 10),
      static_cast<long long>(uploaded >> 10), static_cast<long long>(MemoryKb("VmHWM") >> 10));
  std::printf(
      "a write of others took %.1f ms alone and %.1f ms beside the uploads (%.1f times), at "
      "most %.1f and %.1f ms\n",
      Median(alone), Median(beside), Median(beside) / Median(alone),
      *std::max_element(alone.begin(), alone.end()),
      *std::max_element(beside.begin(), beside.end()));
  EXPECT_LT(MemoryKb("VmHWM") - before, kGrowthMaxKb);
  world_.ExpectInvariants();
}

}  // namespace
}  // namespace vivier::testing
