// A stopped site of which one thing at a time is changed by SQL, as somebody with the data folder
// could, and is verified within the same transaction, which is then rolled back. Constraints,
// triggers and unique indexes are set aside at the start. Not thread-safe.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "shared/security/school_key.h"
#include "shared/site/module.h"
#include "shared/storage/engines/database.h"
#include "shared/storage/engines/migrate.h"
#include "tests/support/world.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::testing {

class StoppedSite {
 public:
  // The world must be stopped; its data are not written any more.
  explicit StoppedSite(World& world);

  std::vector<std::string> services() const;
  // The service with all that `verify` holds of it.
  const rpc::Service& house(const std::string& service) const;

  // What verify finds in the untouched site; nothing, if the test is worth anything.
  std::vector<std::string> FoundInTruth();

  // Reads in a transaction of its own.
  storage::Result Read(const std::string& service, const std::string& sql);
  std::vector<std::string> Tables(const std::string& service);
  std::vector<storage::Column> Columns(const std::string& service, const std::string& table);
  storage::Engine engine() const { return engine_; }

  // What verify says once the statement ran; nothing where the database refused it, or it changed
  // no row. What invariants of `blind` find is not counted: at first that of the MACs, which find
  // any change by themselves.
  std::optional<std::vector<std::string>> Tamper(const std::string& service,
                                                 const storage::Connection::Statement& change);
  std::set<std::string> blind = {"I15"};

 private:
  struct Part {
    site::Module module;
    rpc::Service house;
    std::unique_ptr<storage::Database> database;
    std::unique_ptr<storage::Connection> connection;
    site::v1::VerifyInvariantsResponse truth;
  };

  void SetGuardsAside(storage::Connection& connection);
  absl::Status Look(Part& part, site::v1::VerifyInvariantsResponse& response);
  std::vector<std::string> Findings(site::v1::VerifyInvariantsResponse response) const;

  storage::Engine engine_ = storage::Engine::kSqlite;
  security::SchoolKey key_;
  std::map<std::string, Part> parts_;
};

}  // namespace vivier::testing
