// What callers see of the answers to one rpc: of each message that shows persons or holds personal
// data the fields of their views (vivier/options/v1/view.proto). Callers have the views of all by
// which they are let in (security::LetInBy). A role of the school's own sees what every role of the
// staff sees that has the permission, so that nobody gets to see more by putting permissions
// together; whoever shall see more is given the house's role.
//
// A view is applied to what a handler answers, before anybody counts as shown, and before the
// answer is kept for a retry. What is kept is narrowed again when it is told again: who has lost a
// role meanwhile sees no more than what is left. Immutable, hence thread-safe.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "shared/security/caller.h"
#include "shared/security/shown_fields.h"
#include "shared/service/method.h"

namespace vivier::rpc {

// By whom the fields are seen: a role, security::kOwnRole, "session:apply", "service:curriculum".
using FieldsByHolder = std::map<std::string, security::ShownFields>;

class Views {
 public:
  // The method outlives the views.
  explicit Views(const Method& method);

  // Those to whom the rpc shows persons and who have no view of them, and views that name what
  // there is not: a process with any refuses to start.
  const std::vector<std::string>& wrong() const { return wrong_; }
  // Whether no message of the answer has a view: everybody who may call sees it whole.
  bool empty() const { return types_.empty(); }

  // Clears what the caller does not see.
  void Apply(const security::Caller& caller, google::protobuf::Message& answer) const;

  // INVALID_ARGUMENT with the field where a list is filtered or ordered by what the caller does not
  // see, which would tell it, or an update overwrites it.
  absl::Status MayAsk(const security::Caller& caller,
                      const google::protobuf::Message& request) const;

  // What each of those who may call sees of each message with views.
  const std::map<const google::protobuf::Descriptor*, FieldsByHolder>& types() const {
    return types_;
  }

 private:
  using Seen = std::map<const google::protobuf::Descriptor*, security::ShownFields>;
  using Found = std::set<std::pair<const google::protobuf::Descriptor*, bool>>;

  void Find(const google::protobuf::Descriptor& type, bool covered, Found& found);
  void Add(const google::protobuf::Descriptor& type);
  bool SeesAll(const std::vector<std::string>& by) const;
  Seen SeenBy(const std::vector<std::string>& by) const;
  void Narrow(const Seen& seen, google::protobuf::Message& message) const;

  const Method& method_;
  std::vector<std::string> wrong_;
  std::map<const google::protobuf::Descriptor*, FieldsByHolder> types_;
  std::set<const google::protobuf::Descriptor*> on_the_way_;  // the types that lead to those
};

// INVALID_ARGUMENT with the field where `fields` do not have what the request filters or orders by.
absl::Status CheckListed(const google::protobuf::Descriptor& listed,
                         const security::ShownFields& fields,
                         const google::protobuf::Message& request);

// INVALID_ARGUMENT with the field where the update would overwrite what `fields` do not have.
absl::Status CheckUpdated(const google::protobuf::FieldDescriptor& resource,
                          const security::ShownFields& fields,
                          const google::protobuf::Message& request);

}  // namespace vivier::rpc
