// The invariants of docs/invariants.md over a process's data. Each service brings its own; those of
// the house (I6, I8, I9, I10, I12 to I17) hold for every service. Thread-safe.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/relations/claims.h"
#include "shared/rpc/readers.h"
#include "shared/service/service.h"
#include "shared/storage/log/anchor.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::site {

// The service with the invariants, relations and claims of every one beside its own.
rpc::Service WithTheHouses(const rpc::Service& service);

// Adds to `response` a report for every invariant, the claims and the log position of a service at
// `school`, all from one snapshot. Of `anchors` those of others are left out.
absl::Status VerifyService(const rpc::Service& service, rpc::Readers& readers,
                           const std::string& school, relations::Detail detail,
                           const std::vector<storage::Anchor>& anchors,
                           site::v1::VerifyInvariantsResponse& response);

// The same of what an open transaction shows; `house` is WithTheHouses of the service.
absl::Status VerifyRows(const rpc::Service& house, relations::Detail detail,
                        storage::Transaction& transaction,
                        site::v1::VerifyInvariantsResponse& response);

// Adds a report (I19) of the tables, indexes, constraints, triggers and functions that the database
// has, whichever school it is of.
absl::Status VerifyObjects(const std::string& service, rpc::Readers& readers,
                           site::v1::VerifyInvariantsResponse& response);

// The report of what an engine keeps.
inline constexpr char kDiskReport[] = "disk";

// Adds a report of what the engine keeps, whichever school it is of: what no reading of rows would
// come upon.
absl::Status VerifyStorage(const std::string& service, rpc::Readers& readers,
                           site::v1::VerifyInvariantsResponse& response);

// Whether every follower has applied all that the services of `response` have logged: then claims
// must agree.
bool IsAtRest(const site::v1::VerifyInvariantsResponse& response);

// The service of a report on what several say.
inline constexpr char kSiteReport[] = "site";

// Compares what the services claim of the same thing (I7), adds a report for each such invariant,
// and drops the claims.
void CompareClaims(site::v1::VerifyInvariantsResponse& response);

// Adds to I6 whether a cursor is beyond the end of its log, or at an end with another hash. Only
// for data at rest: the services of a running site are not looked at in the same instant, and there
// its followers ask by themselves (LOG_FORKED).
void CompareCursors(site::v1::VerifyInvariantsResponse& response);

// Adds to I6 which cursors of `response` stand within one of these logs, by service, at another
// event than it has there: a database that went back to the past alone and grew again, or that was
// written anew. The logs are read after the cursors, so they have come at least so far.
absl::Status CompareLogs(const std::map<std::string, rpc::Readers*>& logs,
                         const std::string& school, site::v1::VerifyInvariantsResponse& response);

// Adds to I6 which cursors of a running site are not at the end of their log and have not moved
// since `before`: their follower has stopped, or is forked.
void FindStuck(const site::v1::VerifyInvariantsResponse& before,
               site::v1::VerifyInvariantsResponse& response);

// Adds to I6 that the follower of that producer's log is forked: it has applied an event that the
// log has no more.
void AddForked(const std::string& service, const std::string& producer,
               site::v1::VerifyInvariantsResponse& response);

}  // namespace vivier::site
