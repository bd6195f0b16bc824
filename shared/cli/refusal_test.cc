#include "shared/cli/refusal.h"

#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::cli {
namespace {

TEST(Refusal, OfAMisuseIsOneLineWithTheWayToHelp) {
  const absl::Status status = Misuse("backup wants DIR, and DIR is missing");
  EXPECT_EQ(RefusalText("backup", status),
            "vivier backup: backup wants DIR, and DIR is missing. See vivier help backup\n");
  EXPECT_EQ(RefusalText("", Misuse("there is no command bakcup; did you mean backup?")),
            "vivier: there is no command bakcup; did you mean backup? See vivier --help\n");
  EXPECT_EQ(StatusOf(status), kMisused);
}

TEST(Refusal, HasEachFactOnce) {
  const absl::Status status =
      InvalidField("cohort.capacity", "is above 500", {{"resource", "schools/nancy"}});
  EXPECT_EQ(RefusalText("call", status),
            "vivier call: cohort.capacity: is above 500\n"
            "  code=INVALID_ARGUMENT\n"
            "  reason=INVALID_FIELD\n"
            "  field=cohort.capacity\n"
            "  resource=schools/nancy\n");
  EXPECT_EQ(StatusOf(status), kRefused);
}

TEST(Refusal, NamesFieldsThatTheMessageDoesNot) {
  absl::Status status = InvalidField("a", "is wrong");
  const absl::Status other = InvalidField("b", "is worse");
  status.SetPayload("type.googleapis.com/google.rpc.BadRequest",
                    *other.GetPayload("type.googleapis.com/google.rpc.BadRequest"));
  EXPECT_EQ(RefusalText("call", status),
            "vivier call: a: is wrong\n  b: is worse\n  code=INVALID_ARGUMENT\n"
            "  reason=INVALID_FIELD\n  field=a\n  field=b\n");
}

TEST(Refusal, WithoutAReasonHasItsCode) {
  EXPECT_EQ(RefusalText("status", absl::UnavailableError("nobody there")),
            "vivier status: nobody there\n  code=UNAVAILABLE\n");
}

TEST(Refusal, LetsNobodyWriteToTheTerminal) {
  EXPECT_EQ(RefusalText("call", absl::InternalError("red: \x1b[31m\nnext")),
            "vivier call: red:  [31m next\n  code=INTERNAL\n");
}

}  // namespace
}  // namespace vivier::cli
