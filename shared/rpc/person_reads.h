// Whom a caller was shown. Each request that shows anybody has its record in a trail (that of
// readings, unless it wrote something: shared/storage/log/audit_trail.h), and each pair of
// principal and person counts once a day (UTC) towards the principal's read budgets, of files
// opened and of rows listed: broad reading is how the trade's great breach went (a stolen adviser's
// account that read millions), so a caller who meets more people than their work explains is
// stopped. Rows name principals and persons, never what was read.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shared/log/log.h"
#include "shared/rpc/read_budgets.h"
#include "shared/rpc/shown_persons.h"
#include "shared/security/caller.h"
#include "shared/storage/log/audit_trail.h"
#include "shared/storage/log/unit.h"
#include "shared/storage/log/writer.h"

namespace vivier::rpc {

// How many persons these are.
int64_t CountOf(const ShownPersons& shown);

// Whether what this caller is shown is remembered. A service reads for a request that is audited
// where it is made.
bool IsWatched(const security::Caller& caller);

// Remembers in this unit that the caller was shown these persons. RESOURCE_EXHAUSTED with
// READ_BUDGET_SPENT when that would exceed one of their budgets, unless the head of the school
// gives a reason (`origin.reason`); its metadata say which budget ("opened" or "rows"), its limit
// and when it is renewed.
absl::Status RememberReads(storage::Unit& unit, const security::Caller& caller,
                           const ReadBudgets& budgets, const ShownPersons& shown,
                           const storage::Origin& origin, absl::Time time);

// A refusal that names a person whom its request did not (somebody who is known already) tells as
// much as an answer. Remembers it as a reading, and gives the refusal to tell: without the names
// where the caller may not read such persons, or has spent their budget.
absl::Status RememberRefusal(storage::Transaction& transaction, const security::Caller& caller,
                             const ReadBudgets& budgets, const absl::Status& refusal,
                             const google::protobuf::Message& request, storage::Origin origin,
                             absl::Time time);

// The refusal of a read, which names nobody whom its request did not.
absl::Status WithoutOthers(const absl::Status& refusal, const security::Caller& caller,
                           const google::protobuf::Message& request);

// A read on its way through the writer: its answer may go out only when it is remembered.
class ReadWork : public storage::Work {
 public:
  // `budgets` outlive the work. `remembered` is called once, by Done.
  ReadWork(std::string school, security::Caller caller, const ReadBudgets& budgets,
           ShownPersons shown, storage::Origin origin,
           std::function<void(const absl::Status&)> remembered);

  const std::string& school() const override { return school_; }
  absl::string_view share() const override { return security::ShareOf(caller_); }
  void Want(storage::Transaction::Wanted&) const override {}
  void Run(storage::Transaction& transaction, absl::Time now) override;
  void Done(const absl::Status& committed) override {
    remembered_(committed.ok() ? verdict_ : committed);
  }

 private:
  const std::string school_;
  const security::Caller caller_;
  const ReadBudgets& budgets_;
  const ShownPersons shown_;
  storage::Origin origin_;
  const std::function<void(const absl::Status&)> remembered_;
  absl::Status verdict_;
};

}  // namespace vivier::rpc
