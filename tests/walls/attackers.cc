#include "tests/walls/attackers.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <thread>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "shared/base/message.h"
#include "shared/transport/channel.h"

namespace vivier::testing {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(5);  // as a client's that says nothing
constexpr int kConnections = 8;                        // to each service
constexpr int kNice = 10;
constexpr char kPlan[] = "VIVIER_ATTACK";  // names the file of the plan, for the process
constexpr char kBegun[] = "attack begun\n";
constexpr char kCall[] = "call\t";  // and the method, the outcome, the milliseconds

// The file of a plan has a line for each setting: "callers\t64".
void Write(const Attackers::Plan& plan, const std::string& path) {
  std::ofstream file(path);
  file << "authorization\t" << plan.authorization << "\ncallers\t" << plan.callers << "\ntime\t"
       << plan.time << "\n";
  if (plan.tls.has_value()) file << "authorities\t" << plan.tls->authorities << "\n";
  for (const auto& [service, target] : plan.targets)
    file << "target\t" << service << "\t" << target << "\n";
  for (const Costly& costly : plan.requests)
    file << "request\t" << costly.method->full_name() << "\t"
         << absl::WebSafeBase64Escape(costly.request->SerializeAsString()) << "\n";
}

Costly RequestOf(const std::string& method, const std::string& text) {
  Costly costly{
      google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(method), "", {}, "", 0};
  costly.request = NewMessage(costly.method->input_type());
  std::string bytes;
  EXPECT_TRUE(absl::WebSafeBase64Unescape(text, &bytes) && costly.request->ParseFromString(bytes));
  return costly;
}

Attackers::Plan Read(const std::string& path) {
  Attackers::Plan plan;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> words = absl::StrSplit(line, '\t');
    if (words[0] == "authorization") plan.authorization = words[1];
    bool good = true;
    if (words[0] == "callers") good = absl::SimpleAtoi(words[1], &plan.callers);
    if (words[0] == "time") good = absl::ParseDuration(words[1], &plan.time);
    EXPECT_TRUE(good) << line;
    if (words[0] == "authorities") plan.tls.emplace().authorities = words[1];
    if (words[0] == "target") plan.targets[words[1]] = words[2];
    if (words[0] == "request") plan.requests.push_back(RequestOf(words[1], words[2]));
  }
  return plan;
}

absl::Mutex printing;

void AskWithoutEnd(const Attackers::Plan& plan, const Channels& channels, size_t first,
                   absl::Time end) {
  for (size_t i = first; absl::Now() < end; ++i) {
    const Costly& costly = plan.requests[i % plan.requests.size()];
    const absl::Time start = absl::Now();
    const absl::Status status =
        channels.at(costly.service())
            ->Call(rpc::PathOf(*costly.method), costly.Bytes(), {kTimeout, plan.authorization, ""})
            .status();
    const double took = absl::ToDoubleMilliseconds(absl::Now() - start);
    absl::MutexLock lock(&printing);
    std::cout << absl::StrCat(kCall, costly.method->name(), "\t", OutcomeOf(status), "\t", took,
                              "\n");
  }
}

// What the process runs; no program of tests runs it by itself.
TEST(AttackersOfASite, DISABLED_Ask) {
  setpriority(PRIO_PROCESS, 0, kNice);
  const Attackers::Plan plan = Read(std::getenv(kPlan));
  std::vector<Channels> connections;
  for (int i = 0; i < kConnections; ++i)
    connections.push_back(Dial(plan.targets, plan.tls, /*holds_back=*/false));
  std::cout << kBegun << std::flush;
  const absl::Time end = absl::Now() + plan.time;
  std::vector<std::thread> threads;
  for (size_t i = 0; i < static_cast<size_t>(plan.callers); ++i)
    threads.emplace_back(
        [&, i] { AskWithoutEnd(plan, connections[i % connections.size()], i, end); });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

void Calls::Add(const std::string& method, const std::string& outcome, double milliseconds) {
  const bool defect = absl::StartsWith(outcome, "INTERNAL ") && outcome != "INTERNAL ";
  ++outcomes_[defect ? absl::StrCat(outcome, ": ", method) : outcome];
  milliseconds_.push_back(milliseconds);
  double& slowest = slowest_[method];
  slowest = std::max(slowest, milliseconds);
}

int64_t Calls::answered() const {
  const auto found = outcomes_.find("OK");
  return found == outcomes_.end() ? 0 : found->second;
}

double Calls::Percentile(double of_hundred) const {
  if (milliseconds_.empty()) return 0;
  std::vector<double> sorted = milliseconds_;
  std::sort(sorted.begin(), sorted.end());
  const auto rank = static_cast<size_t>(of_hundred / 100 * static_cast<double>(sorted.size()));
  return sorted[std::min(rank, sorted.size() - 1)];
}

std::string Calls::Text() const { return absl::StrJoin(outcomes_, ", ", absl::PairFormatter(" ")); }

std::string Calls::Slowest() const {
  return absl::StrJoin(slowest_, ", ", [](std::string* text, const auto& one) {
    absl::StrAppend(text, one.first, " ", static_cast<int64_t>(one.second + 0.5));
  });
}

Channels Dial(const std::map<std::string, std::string>& targets,
              const std::optional<transport::Tls>& tls, bool holds_back) {
  Channels channels;
  for (const auto& [service, target] : targets)
    channels[service] = transport::Connect(
        {.target = target, .tls = tls, .retry = false, .holds_back = holds_back});
  return channels;
}

Attackers::Attackers(const std::string& folder, const Plan& plan) : log_(folder + "/attack.log") {
  const std::string path = folder + "/attack.plan";
  Write(plan, path);
  setenv(kPlan, path.c_str(), 1);
  std::ofstream(log_, std::ios::trunc).close();
  process_ =
      std::make_unique<Process>(std::vector<std::string>{"--gtest_also_run_disabled_tests",
                                                         "--gtest_filter=AttackersOfASite.*"},
                                log_, "/proc/self/exe");
  while (process_->running() && !absl::StrContains(process_->Log(), kBegun))
    absl::SleepFor(absl::Milliseconds(10));
}

Calls Attackers::End() {
  EXPECT_EQ(process_->Wait(absl::Minutes(1)), 0) << "see " << log_;
  Calls calls;
  for (absl::string_view line : absl::StrSplit(process_->Log(), '\n')) {
    if (!absl::StartsWith(line, kCall)) continue;
    const std::vector<std::string> words = absl::StrSplit(line, '\t');
    double milliseconds = 0;
    EXPECT_TRUE(absl::SimpleAtod(words[3], &milliseconds));
    calls.Add(words[1], words[2], milliseconds);
  }
  return calls;
}

}  // namespace vivier::testing
