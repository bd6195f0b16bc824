#include "tests/command/places.h"

#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"

namespace vivier::testing {
namespace fs = std::filesystem;

Place::Place() {
  std::string pattern = (fs::temp_directory_path() / "vivier-place-XXXXXX").string();
  path_ = mkdtemp(pattern.data());
}

Place::~Place() {
  std::error_code error;
  fs::remove_all(path_, error);
}

Ran Place::Run(const std::string& line) const {
  const char* program = std::getenv("VIVIER_BINARY");
  if (program == nullptr) {
    ADD_FAILURE() << "VIVIER_BINARY names no program";
    return {-1, ""};
  }
  const std::string shell =
      absl::StrCat("cd ", path_, " && vivier() { ", program, " \"$@\"; } && ", line, " 2>&1");
  FILE* pipe = popen(shell.c_str(), "r");
  Ran ran;
  char bytes[4096];
  for (size_t read; (read = fread(bytes, 1, sizeof bytes, pipe)) > 0;) ran.text.append(bytes, read);
  const int status = pclose(pipe);
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ran.text = absl::StrReplaceAll(ran.text, {{path_, "FOLDER"}});
  return ran;
}

void Place::Write(const std::string& name, const std::string& text) const {
  fs::create_directories(fs::path(path_ + "/" + name).parent_path());
  std::ofstream(path_ + "/" + name) << text;
}

std::map<std::string, std::string> Place::Content() const {
  std::map<std::string, std::string> content;
  for (const auto& entry : fs::recursive_directory_iterator(path_)) {
    std::stringstream bytes;
    if (entry.is_regular_file()) bytes << std::ifstream(entry.path()).rdbuf();
    content[fs::relative(entry.path(), path_).string()] = bytes.str();
  }
  return content;
}

}  // namespace vivier::testing
