// The accounts of agreements: the counters of each, and the journal of what moved. What moves, and
// between which accounts, is in ledger.h. Stateless besides its tables, hence thread-safe.
#pragma once

#include <string>

#include "google/type/date.pb.h"
#include "services/funding/journal/ledger.h"
#include "shared/service/service.h"
#include "vivier/funding/v1/journal.pb.h"

namespace vivier::funding {

// What a posting says of itself in the journal.
struct Subject {
  std::string id;    // begins the entries' ids, "e.ai-1.2026-11-22-am.marie.1.1"
  std::string name;  // the resource
  google::type::Date date;
};

// The balances of school $1 as an SQL table of name and earned_cents, for who compares with them.
extern const char kEarnedOfBalances[];

class Journal {
 public:
  // Puts its rpcs and invariants into the service.
  void AddTo(rpc::Service& service);

  const storage::Rows<v1::AgreementBalance>& balances() const { return balances_; }

  // Stores a new agreement's balance.
  absl::Status Open(rpc::Call& call, v1::AgreementBalance& balance);
  // Stores a balance that moved.
  absl::Status Store(rpc::Call& call, v1::AgreementBalance& balance);
  // Gives the transfers their names and stores them.
  absl::Status Post(rpc::Call& call, const Subject& subject, Transfers& transfers);

 private:
  storage::Table<v1::AgreementBalance> balances_;
  storage::Table<v1::JournalEntry> entries_;
};

}  // namespace vivier::funding
