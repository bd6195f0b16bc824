// A reason is what a program that calls us decides by, so each that the code writes down is
// documented in a .proto: the house's in vivier.errors.v1.Reason, a service's in the Reason enum of
// its package. Code that has the enum at hand uses Refused(); this looks at the literals of
// Error("…").
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "re2/re2.h"
#include "vivier/errors/v1/errors.pb.h"

namespace vivier {
namespace {

using Reasons = std::set<std::string>;

// The literals at the reason's place: Error(code, "REASON", …), and a helper that passes a reason
// on, Refuse("REASON".
Reasons ReasonsIn(const std::string& text) {
  Reasons reasons;
  re2::StringPiece rest(text);
  std::string reason;
  static const RE2& literal = *new RE2(
      "(?:\\bError\\(\\s*absl::StatusCode::k[A-Za-z]+,\\s*|\\bRefuse\\(\\s*)\"([A-Z][A-Z0-9_]*)\"");
  while (RE2::FindAndConsume(&rest, literal, &reason)) reasons.insert(reason);
  return reasons;
}

// The sources that make errors, tests and the services' reports left out.
Reasons ReasonsOfTheCode(const std::filesystem::path& root) {
  Reasons reasons;
  for (const char* folder : {"shared", "services"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      const std::string path = entry.path().string();
      if (!entry.is_regular_file() || absl::EndsWith(path, "_test.cc")) continue;
      if (!absl::EndsWith(path, ".cc") && !absl::EndsWith(path, ".h")) continue;
      std::ostringstream text;
      text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
      reasons.merge(ReasonsIn(text.str()));
    }
  }
  return reasons;
}

TEST(Reasons, EachLiteralIsDocumented) {
  const char* source = std::getenv("VIVIER_SOURCE");
  ASSERT_NE(source, nullptr) << "ctest sets VIVIER_SOURCE to the root of the repository";
  const Reasons reasons = ReasonsOfTheCode(source);
  EXPECT_GT(reasons.size(), 20u);
  for (const std::string& reason : reasons) {
    errors::v1::Reason value;
    EXPECT_TRUE(errors::v1::Reason_Parse(reason, &value))
        << reason << " is no value of vivier.errors.v1.Reason";
  }
}

TEST(Reasons, TheSearchFindsThem) {
  EXPECT_THAT(ReasonsIn("return Error(absl::StatusCode::kAborted,\n    \"LOG_FORKED\", \"text\");"),
              testing::ElementsAre("LOG_FORKED"));
  EXPECT_THAT(ReasonsIn("return Refuse(\"TOKEN_INVALID\", \"text\");"),
              testing::ElementsAre("TOKEN_INVALID"));
  EXPECT_THAT(ReasonsIn("Error(\"TERM_MISSING\", \"Code du travail\")"), testing::IsEmpty());
}

}  // namespace
}  // namespace vivier
