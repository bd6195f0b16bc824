// vivier-fuzz TARGET [FILE…]: gives a target what the files hold, or for some seconds what is made
// of its corpus, always the same for the same seed. What ends the process is left in a file, with
// which it can be run again.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <unordered_set>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "shared/log/log.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutator.h"

ABSL_FLAG(double, seconds, 5, "how long");
ABSL_FLAG(uint64_t, seed, 1, "of the random numbers");
ABSL_FLAG(std::string, corpus, "tests/fuzz/corpus", "a folder with one for each target");
ABSL_FLAG(bool, plant, false, "let each target crash at its rare place");

// Of the sanitizers, where the program is built with them.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace vivier::fuzz {
namespace {

constexpr unsigned kHangSeconds = 10;
constexpr int kCrashed = 77;
constexpr size_t kEndsMax = 2000;

// What a handler of signals may read.
const std::string* current = nullptr;
char crash_file[4096];

void Write(const char* text) {
  if (write(STDERR_FILENO, text, std::strlen(text)) < 0) return;
}

void KeepInput() {
  if (current == nullptr) return;
  const int file = open(crash_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0 || write(file, current->data(), current->size()) < 0) Write("cannot keep it in ");
  close(file);
  Write("the target did not stand this input: ");
  Write(crash_file);
  Write("\n");
  current = nullptr;
}

void OnSignal(int signal) {
  if (signal == SIGALRM) Write("it hangs\n");
  KeepInput();
  _exit(kCrashed);
}

void CatchCrashes(const std::string& target) {
  const std::string file =
      std::filesystem::temp_directory_path() / absl::StrCat("vivier-fuzz-", target, "-", getpid());
  std::snprintf(crash_file, sizeof(crash_file), "%s", file.c_str());
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM, SIGTRAP})
    std::signal(signal, OnSignal);
  if (__sanitizer_set_death_callback != nullptr) return __sanitizer_set_death_callback(KeepInput);
  // A reader that asks for memory without end is a crash too; the sanitizers reserve much more.
  const rlimit memory = {2ull << 30, 2ull << 30};
  setrlimit(RLIMIT_AS, &memory);
}

std::string ReadFile(const std::filesystem::path& path) {
  std::stringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

std::string RunOne(const Target& target, const std::string& input) {
  current = &input;
  alarm(kHangSeconds);
  std::string end = target.run(input);
  alarm(0);
  current = nullptr;
  return end;
}

int RunFiles(const Target& target, const std::vector<char*>& files) {
  for (const char* file : files)
    std::cout << file << ": " << RunOne(target, ReadFile(file)) << "\n";
  return 0;
}

std::vector<std::string> Corpus(const Target& target) {
  std::vector<std::filesystem::path> files;
  std::error_code none;
  const std::filesystem::path folder =
      std::filesystem::path(absl::GetFlag(FLAGS_corpus)) / target.name;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<std::string> corpus = target.seeds();
  for (const auto& file : files) corpus.push_back(ReadFile(file));
  return corpus;
}

int Fuzz(const Target& target) {
  const absl::Time end = absl::Now() + absl::Seconds(absl::GetFlag(FLAGS_seconds));
  Mutator mutator(absl::GetFlag(FLAGS_seed));
  std::unordered_set<std::string> ends;
  const std::vector<std::string> corpus = Corpus(target);
  if (corpus.empty()) {
    std::cerr << "nothing to begin with; --corpus names the folder tests/fuzz/corpus\n";
    return 1;
  }
  for (const std::string& input : corpus) {
    ends.insert(RunOne(target, input));
    mutator.Keep(input);
  }
  const size_t known = ends.size();
  int64_t runs = 0;
  absl::Duration slowest;
  for (; absl::Now() < end; ++runs) {
    const std::string input = mutator.Next();
    const absl::Time start = absl::Now();
    const std::string came_to = RunOne(target, input);
    slowest = std::max(slowest, absl::Now() - start);
    // What refusals quote of an input must not fill the memory.
    if (ends.size() < kEndsMax && ends.insert(came_to).second) mutator.Keep(input);
  }
  std::cout << target.name << ": " << corpus.size() << " inputs to begin with and " << runs
            << " made of them, seed " << absl::GetFlag(FLAGS_seed) << ", came to " << known
            << " and then " << ends.size() << " different ends; the slowest took "
            << absl::FormatDuration(slowest) << "\n";
  return 0;
}

int Main(const std::vector<char*>& words) {
  for (const Target& target : Targets()) {
    if (words.size() < 2 || words[1] != absl::string_view(target.name)) continue;
    CatchCrashes(target.name);
    SetLogService("fuzz", LogLevel::kError);
    if (absl::GetFlag(FLAGS_plant)) PlantCrashes();
    return words.size() > 2 ? RunFiles(target, {words.begin() + 2, words.end()}) : Fuzz(target);
  }
  std::cerr << "vivier-fuzz TARGET [FILE…]\n";
  for (const Target& target : Targets())
    std::cerr << "  " << target.name << ": " << target.what << "\n";
  return 1;
}

}  // namespace
}  // namespace vivier::fuzz

int main(int argc, char** argv) { return vivier::fuzz::Main(absl::ParseCommandLine(argc, argv)); }
