// What services claim of the same things (rpc::Claiming), from their rows to the comparison. Claims
// travel in one answer, so a kind of which a service has very many is summed up:
//
//   subject "#a7"       the subjects whose SHA-256 begins with that byte
//   value   "312 rows, sum 9f…"   how many they are, and the sum of their hashes (sum.h)
//
// Functions without state, thread-safe.
#pragma once

#include <map>
#include <string>

#include "google/protobuf/repeated_ptr_field.h"
#include "shared/service/service.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::relations {

// A kind with more claims is summed up unless every claim is wanted, so that 25 kinds of six
// services stay below the 4 MiB of an answer.
inline constexpr size_t kClaimsMax = 100;

// How much a verification tells. Where only the positions of the logs are asked for, no row is
// read.
enum class Detail { kEveryClaim, kFitsAnAnswer, kPositions };

// Adds the claims of one kind of `service` to an answer.
void AddClaims(const rpc::Claiming& claiming, const rpc::Claims& claims, const std::string& service,
               Detail detail, site::v1::VerifyInvariantsResponse& response);

// Compares the claims of each kind; by invariant. Who knows some only is not compared with a sum.
std::map<std::string, rpc::Breaches> Compare(
    const google::protobuf::RepeatedPtrField<site::v1::Claim>& claims);

}  // namespace vivier::relations
