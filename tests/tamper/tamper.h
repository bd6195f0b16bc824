// Every column of every table of a stopped site, changed one value at a time, and rows deleted,
// doubled, moved and put back: what verify finds of it, and what it should. Not thread-safe.
#pragma once

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/tamper/changes.h"
#include "tests/tamper/stopped_site.h"

namespace vivier::testing {

// The rows of all tables by service, table and name, as they were once.
using Snapshot = std::map<std::string, std::map<std::string, storage::Row>>;

// What became of one kind of change to one table: a column's name, or "deleted", "doubled", "moved"
// and "put back".
struct Verdict {
  std::string service, table, what;
  int tried = 0, found = 0;
  bool declared = false;      // it follows from something, so that it must be found
  std::string first_finding;  // of what was found
};

class Tampering {
 public:
  // Of each kind of change at most `changes_max` are tried, and until one is found or all of them.
  enum class Until { kFound, kAll };
  // One in `one_in` kinds of changes is tried; where that is not all, none of what follows from
  // nothing.
  Tampering(StoppedSite& site, uint32_t seed, int changes_max, Until until, int one_in = 1)
      : site_(site), random_(seed), changes_max_(changes_max), until_(until), one_in_(one_in) {}

  std::vector<Verdict> Run(const std::string& service, const Snapshot& before);

 private:
  using ChangesOf = std::function<Changes(size_t row)>;

  std::vector<Verdict> RunTable(const std::string& table, const Snapshot& before);
  Verdict Try(const TableRows& table, const std::string& what, const ChangesOf& changes_of);

  StoppedSite& site_;
  std::mt19937 random_;
  const int changes_max_;
  const Until until_;
  const int one_in_;
  std::string service_;
  std::set<std::pair<std::string, std::string>> declared_;  // table and column
};

// "funding.invoices: found total_cents, …; follows from nothing, not found: until_date, …"
std::string Report(const std::vector<Verdict>& verdicts);

// What should have been found and was not, by "service.table.what".
std::vector<std::string> Missed(const std::vector<Verdict>& verdicts);

}  // namespace vivier::testing
