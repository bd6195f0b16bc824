// One service over a fresh database, whose statements are recorded: what a test asks how much one
// act reads. Rows are made in bulk by SQL. Each call is a transaction of its own, as the writer
// would run it alone. Not thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "shared/base/message.h"
#include "shared/base/status.h"
#include "shared/security/caller.h"
#include "shared/security/school_key.h"
#include "shared/service/service.h"
#include "shared/storage/engines/database.h"

namespace vivier::testing {

class OneService {
 public:
  OneService(storage::Engine engine, rpc::Service service);

  // Rows i = `first` … `last` of a table: "INSERT INTO INTO SELECT VALUES FROM numbers", where
  // `values` may name i.
  void Fill(const std::string& into, const std::string& values, int first, int last);
  void Execute(const std::string& sql);
  int64_t Number(const std::string& sql);

  template <class Response, class Request>
  absl::StatusOr<Response> Ask(const Request& request) {
    Response response;
    const rpc::Handler& handler = handlers_.at(Request::descriptor());
    RETURN_IF_ERROR(Run([&](rpc::Call& call) { return handler(call, request, response); }));
    return response;
  }
  template <class Event>
  absl::Status Tell(const Event& event) {
    return Run([&](rpc::Call& call) { return reactions_.at(Event::descriptor())(call, event); });
  }
  // What somebody finds who only looks.
  absl::Status Look(const std::function<absl::Status(rpc::Call&)>& look) { return Run(look); }
  // Runs the ticks that are due until none is; how many there were.
  int RunTicks();

  // As whom the service is asked from now on.
  security::Caller caller = {"somebody", security::Caller::Kind::kPerson, {}, {"nancy"}, ""};
  absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  // A call that changes nothing in the end, so that it may be asked again.
  bool rolls_back = false;

  // Violations of the service's invariants.
  std::vector<std::string> Broken();

  // What the engine read for the last call, by its own account: SQLite's virtual machine counts
  // steps, PostgreSQL the rows that its plans touched. No time, so the same in every run.
  int64_t WorkOfLastCall();

 private:
  absl::Status Run(const std::function<absl::Status(rpc::Call&)>& run);
  int64_t StepsOnSqlite(const storage::Connection::Statement& statement);
  int64_t RowsOnPostgres(const storage::Connection::Statement& statement);

  const std::string url_;
  const rpc::Service service_;
  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<storage::Connection> connection_;
  std::vector<storage::Connection::Statement> asked_;  // by the last call
  std::map<const google::protobuf::Descriptor*, rpc::Handler> handlers_;
  std::map<const google::protobuf::Descriptor*, rpc::Reaction> reactions_;
  const security::SchoolKey key_ = security::SchoolKey::Random();
  const rpc::Fetched fetched_;
  bool wrote_ = false;  // rows by SQL, which have no MACs yet
};

}  // namespace vivier::testing
