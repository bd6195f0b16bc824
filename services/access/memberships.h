// The memberships of a school: which principal has which roles. Stateless besides its table, hence
// thread-safe.
#pragma once

#include <optional>
#include <string>

#include "services/access/own_roles.h"
#include "shared/service/service.h"
#include "vivier/access/v1/memberships.pb.h"

namespace vivier::access {

class Memberships {
 public:
  explicit Memberships(OwnRoles& own_roles) : own_roles_(own_roles) {}

  // Puts its rpcs into the service.
  void AddTo(rpc::Service& service);

  // Makes a member, whose roles hold from now on. ALREADY_EXISTS where the name or the subject is a
  // member's.
  absl::Status Add(rpc::Call& call, v1::Membership& membership);

  // The membership of that subject, if they have one.
  absl::StatusOr<std::optional<v1::Membership>> Of(rpc::Call& call, const std::string& subject);

 private:
  // Before a membership is stored: its roles hold from now on.
  absl::Status Give(rpc::Call& call, const v1::Membership* before, v1::Membership& after);

  OwnRoles& own_roles_;
  storage::Table<v1::Membership> memberships_;
};

}  // namespace vivier::access
