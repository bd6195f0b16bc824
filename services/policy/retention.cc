// The table of shared/process/retention.h: what proof outlives an erasure, and by which text.
#include "shared/process/retention.h"

namespace vivier::site {
namespace {

constexpr int kYear = 12;
constexpr absl::string_view kClose = "the close of the financial year";
constexpr absl::string_view kAccounts =
    "Code de commerce, L123-22: accounting records and what they rest on, 10 years";
constexpr absl::string_view kTrainingDone = "the end of the training";
constexpr absl::string_view kAttendance =
    "Code du travail, L6362-6 and R6313-3: proof of the training done, kept as a supporting "
    "document of the invoice "
    "(Code de commerce, L123-22)";
constexpr absl::string_view kContractOver = "the end of the contract";
constexpr absl::string_view kContracts = "Code civil, 2224: personal and movable actions, 5 years";

}  // namespace

absl::Span<const RetentionRule> RetentionRules() {
  static constexpr RetentionRule kRules[] = {
      {"vivier.fr/Contract", 5 * kYear, kContractOver, kContracts},
      {"vivier.fr/Earning", 10 * kYear, kClose, kAccounts},
      {"vivier.fr/Hiring", 5 * kYear, kContractOver, kContracts},
      {"vivier.fr/JournalEntry", 10 * kYear, kClose, kAccounts},
      {"vivier.fr/Learner", 10 * kYear, kTrainingDone, kAttendance},
      {"vivier.fr/PresenceCorrection", 10 * kYear, kTrainingDone, kAttendance},
      {"vivier.fr/PresenceEntry", 10 * kYear, kTrainingDone, kAttendance},
      {"vivier.fr/PresencePosting", 10 * kYear, kClose, kAccounts},
      {"vivier.fr/Reservation", 10 * kYear, kClose, kAccounts},
  };
  return kRules;
}

}  // namespace vivier::site
