// The table of shared/process/retention.h: which rows prove what. How long each kind is kept, and
// by which text, is the rule R-retention (services/enrolment/rules).
#include "shared/process/retention.h"

namespace vivier::site {

// The name is kept for all of them, so until the last period of all.
constexpr absl::string_view kWhatever = "WHATEVER";

absl::Span<const ProvingRows> AllProvingRows() {
  static constexpr ProvingRows kRows[] = {
      {"vivier.fr/Candidate", kWhatever},
      {"vivier.fr/Contract", "CONTRACT"},
      {"vivier.fr/Earning", "ACCOUNTS"},
      {"vivier.fr/Hiring", "CONTRACT"},
      {"vivier.fr/JournalEntry", "ACCOUNTS"},
      {"vivier.fr/KeptProof", kWhatever},
      {"vivier.fr/Learner", "PRESENCE"},
      {"vivier.fr/PresenceCorrection", "PRESENCE"},
      {"vivier.fr/PresenceEntry", "PRESENCE"},
      {"vivier.fr/PresencePosting", "ACCOUNTS"},
      {"vivier.fr/Reservation", "ACCOUNTS"},
  };
  return kRows;
}

}  // namespace vivier::site
