// vivier COMMAND: one executable, every service a module of it.
#include <iostream>

#include "services/table.h"
#include "shared/cli/parse.h"
#include "shared/cli/refusal.h"

namespace vivier {
namespace {

int Refuse(const std::string& command, const absl::Status& status) {
  std::cerr << cli::RefusalText(command, status);
  return cli::StatusOf(status);
}

// What of the words is a command's name, to say where help is.
std::string CommandIn(const std::vector<std::string>& words) {
  for (const std::string& word : words)
    if (cli::Find(Commands(), word) != nullptr) return word;
  return "";
}

int Main(const std::vector<std::string>& words) {
  const absl::StatusOr<cli::Line> line = cli::Parse(Commands(), words);
  if (!line.ok()) return Refuse(CommandIn(words), line.status());
  const absl::StatusOr<int> done = line->command()->run(*line);
  return done.ok() ? *done : Refuse(line->command()->name, done.status());
}

}  // namespace
}  // namespace vivier

int main(int argc, char** argv) { return vivier::Main({argv + 1, argv + argc}); }
