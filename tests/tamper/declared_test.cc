// What the .protos say that columns follow from, and what `verify` compares, are the same columns.
#include "gtest/gtest.h"
#include "services/modules.h"
#include "shared/process/verify.h"
#include "shared/relations/relations.h"

namespace vivier::testing {
namespace {

TEST(Declared, IsComparedAndNothingElse) {
  int declared = 0;
  for (const site::Module& module : AllModules()) {
    for (const relations::Line& line : relations::LinesOf(site::WithTheHouses(module.service))) {
      declared += line.from.empty() ? 0 : 1;
      EXPECT_EQ(line.from.empty(), line.invariant.empty())
          << module.name() << " " << line.table << "." << line.column << " follows from \""
          << line.from << "\", compared by \"" << line.invariant << "\"";
    }
  }
  EXPECT_GT(declared, 300);
}

}  // namespace
}  // namespace vivier::testing
