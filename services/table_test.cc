// What follows from the table of commands: every row is whole, and help, manual and completion say
// what the program does.
#include "services/table.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "re2/re2.h"
#include "shared/cli/completion.h"
#include "shared/cli/help.h"
#include "shared/cli/manual.h"
#include "shared/cli/parse.h"

namespace vivier {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

// The output of a shell command; its status is judged.
std::string Shell(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  std::string output;
  char bytes[4096];
  for (size_t read; (read = fread(bytes, 1, sizeof bytes, pipe)) > 0;) output.append(bytes, read);
  EXPECT_EQ(pclose(pipe), 0) << command << "\n" << output;
  return output;
}

bool Has(const char* tool) {
  return std::system(absl::StrCat("command -v ", tool, " >/dev/null").c_str()) == 0;
}

class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "vivier-table-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { fs::remove_all(path_); }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ + "/" + name) << text;
    return path_ + "/" + name;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// As a shell would split it: apostrophes keep words together; ">…" and the rest are the shell's.
std::vector<std::string> WordsOf(const std::string& line) {
  std::vector<std::string> words;
  static const RE2& word = *new RE2("\\s*('([^']*)'|[^\\s']+)");
  std::string plain, quoted;
  for (re2::StringPiece at(line.data(), line.size()); RE2::Consume(&at, word, &plain, &quoted);) {
    if (plain[0] == '>') break;
    words.push_back(plain[0] == '\'' ? quoted : plain);
  }
  return words;
}

TEST(Commands, AreWholeRows) {
  std::set<std::string> names;
  for (const cli::Command& command : Commands()) {
    EXPECT_TRUE(names.insert(command.name).second) << command.name << " stands there twice";
    EXPECT_TRUE(command.run != nullptr) << command.name;
    EXPECT_STRNE(command.summary, "") << command.name;
    EXPECT_LE(std::string(command.summary).size(), 75u) << command.summary;
    EXPECT_GE(command.examples.size(), 1u) << command.name;
    EXPECT_LE(command.examples.size(), 3u) << command.name;
    std::set<std::string> options;
    for (const cli::Option* option : command.options)
      EXPECT_TRUE(options.insert(option->name).second) << command.name << " --" << option->name;
  }
}

// An example that the program does not take would teach a mistake.
TEST(Commands, TakeTheirExamples) {
  for (const cli::Command& command : Commands()) {
    for (const cli::Example& example : command.examples) {
      std::vector<std::string> words = WordsOf(example.words);
      if (words[0] == "source") continue;  // of the shell
      ASSERT_EQ(words[0], "vivier") << example.words;
      words.erase(words.begin());
      const absl::StatusOr<cli::Line> line = cli::Parse(Commands(), words);
      ASSERT_TRUE(line.ok()) << example.words << ": " << line.status();
      EXPECT_STREQ(line->command()->name, command.name) << example.words;
    }
  }
}

TEST(Commands, AreHelpedWith) {
  const std::string overview = cli::Overview(Commands());
  for (const cli::Command& command : Commands()) {
    EXPECT_THAT(overview, HasSubstr(absl::StrCat("\n  ", command.name, " ")));
    const std::string help = cli::HelpOf(command);
    for (const cli::Example& example : command.examples)
      EXPECT_THAT(help, HasSubstr(example.words));
    for (const cli::Option* option : command.options)
      EXPECT_THAT(help, HasSubstr(cli::Shown(*option)));
    for (absl::string_view line : absl::StrSplit(help, '\n'))
      EXPECT_LE(std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }),
                100)
          << line;
  }
}

TEST(Manual, ReadsCleanly) {
  const Folder folder;
  ASSERT_TRUE(cli::WriteManual(Commands(), "0.1.0", folder.path()).ok());
  size_t pages = 0;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    ++pages;
    const std::string path = entry.path().string();
    if (Has("mandoc")) {
      EXPECT_EQ(Shell("mandoc -T lint -W warning " + path + " 2>&1 || true"), "");
    }
    if (Has("groff")) {
      EXPECT_EQ(Shell("groff -man -Tutf8 -ww -z " + path + " 2>&1"), "");
    }
  }
  EXPECT_EQ(pages, Commands().size() + 1);
  const cli::Command* backup = cli::Find(Commands(), "backup");
  EXPECT_THAT(cli::ManualOf(*backup, "0.1.0"), HasSubstr("vivier\\-backup \\- adds a generation"));
}

TEST(Completion, IsOfItsShell) {
  const Folder folder;
  const struct {
    const char* shell;
    std::string script;
  } rows[] = {{"bash", cli::BashCompletion(Commands())},
              {"zsh", cli::ZshCompletion(Commands())},
              {"fish", cli::FishCompletion(Commands())}};
  for (const auto& row : rows) {
    for (const cli::Command& command : Commands())
      EXPECT_THAT(row.script, HasSubstr(command.name)) << row.shell;
    const std::string path = folder.Write(row.shell, row.script);
    if (Has(row.shell)) Shell(absl::StrCat(row.shell, " -n ", path));
  }
}

// What bash offers after the words, the last of which is being typed.
std::string Offered(const std::string& script, const std::string& words) {
  const size_t count = std::vector<std::string>(absl::StrSplit(words, ' ')).size();
  return Shell(absl::StrCat("bash -c 'source ", script, "; COMP_WORDS=(", words,
                            " \"\"); COMP_WORDS=(\"${COMP_WORDS[@]:0:", count, "}\"); COMP_CWORD=",
                            count - 1, "; _vivier; echo \"${COMPREPLY[*]}\"'"));
}

TEST(Completion, OffersWhatFits) {
  const Folder folder;
  const std::string script = folder.Write("bash", cli::BashCompletion(Commands()));
  EXPECT_EQ(Offered(script, "vivier sta"), "status\n");
  EXPECT_EQ(Offered(script, "vivier rules li"), "list lint\n");
  EXPECT_EQ(Offered(script, "vivier backup --fol"), "--follow\n");
  EXPECT_EQ(Offered(script, "vivier token --role trai"), "trainer\n");
  EXPECT_EQ(Offered(script, "vivier help recon"), "reconcile\n");
  const char* program = std::getenv("VIVIER_BINARY");
  ASSERT_NE(program, nullptr);
  EXPECT_EQ(Offered(script, absl::StrCat(program, " explain AdmitA")), "AdmitApplication\n");
}

}  // namespace
}  // namespace vivier
