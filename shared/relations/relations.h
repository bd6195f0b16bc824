// What the .proto of a service's tables says of their rows, as checks that `vivier verify` runs:
//
//   resource_reference to a table of the same service   the row is there (I16)
//   follows = "job_offer.company", "parent", "audit_records"   the value is that one (I16)
//   the pattern of its names                            the row above is there (I16)
//   pii                                                 the person's key opens it (I16)
//
// What it says otherwise, the service compares by Follows and Claim; what holds of the tables that
// every service has is in house.h. Functions without state, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "shared/service/service.h"

namespace vivier::relations {

// Adds those checks.
void AddRelations(rpc::Service& service);

// A column of a table and what it follows from: as `vivier verify relations` prints it.
struct Line {
  std::string table;
  std::string column;     // "name" stands for the rows themselves
  std::string from;       // "applications by state"; empty where it follows from nothing
  std::string invariant;  // empty where nothing compares it
};

// Every column of every table of `service`, which has its relations. Versions are left out: they
// follow from nothing.
std::vector<Line> LinesOf(const rpc::Service& service);

// SQL: the name of the row above the one that `name` names, "" of a resource of the school.
std::string ParentSql(const std::string& name);
// SQL: the last segment of a name.
std::string IdSql(const std::string& name);

// SQL: whether a name of the school is one of this collection, or of "journalEntries/c.".
std::string IsOf(const std::string& name, const std::string& collection);
// SQL: whether the text ends so.
std::string EndsWith(const std::string& text, const std::string& ending);

// SQL, for Follows: what one of two selects has and the other has not. Both select `name` first.
std::string Unlike(const std::string& rows, const std::string& due, const std::string& why);

}  // namespace vivier::relations
