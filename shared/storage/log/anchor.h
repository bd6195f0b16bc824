// Where a service's event log and its two trails stood at one moment, as one line of text: kept
// where nobody of the site can write, it shows later whether these chains were written anew.
//
//   nancy enrolment 17 9f86d0…0a08 20 60303a…2752 5 fe01ce…41ab
//   school service event hash act hash reading hash
//
// The service puts where its trails stood into its own log besides (TrailsAnchored): whoever
// follows the log keeps, with the hash of what they applied last, the trails' ends.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/storage/log/mac_audit.h"
#include "shared/storage/log/unit.h"

namespace vivier::storage {

// A link of a chain; without one the number is 0 and the hash "-".
struct ChainLink {
  int64_t number = 0;
  std::string hash = "-";  // in hex
  bool operator==(const ChainLink& other) const = default;
};

struct Anchor {
  std::string school, service;
  ChainLink event, act, reading;
};

Anchor AnchorOf(const std::string& school, const std::string& service, const Head& head);
std::string AnchorText(const Anchor& anchor);
// INVALID_ARGUMENT where it is none.
absl::StatusOr<Anchor> ReadAnchor(absl::string_view text);

// Appends to the log where the trails stand in this transaction.
absl::Status AnchorTrails(Transaction& transaction, absl::Time time);

// Tells what of the anchor the chains of its service do not have.
absl::Status CheckAnchor(Transaction& transaction, const Anchor& anchor, const MacBreach& breach);

// The same of all that the service's own log anchored; gives how many these are.
absl::StatusOr<int64_t> CheckAnchoredTrails(Transaction& transaction, const MacBreach& breach);

}  // namespace vivier::storage
