// What resources are found by that stands in their lists. A list is one column of JSON (table.h),
// which no index reaches; a list field with the option `searched_by` has a table beside it:
//
//   repeated RoleAssignment roles = 5       membership_roles
//     [(searched_by) = "role"];               school, role, name     the primary key, in this order
//
// Its name is the resource's singular and the field's name; it has a row for each text that a list
// has, once for each resource. A unit writes it with the resource, and `verify` compares the two
// (I14). Immutable, hence thread-safe.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "shared/storage/engines/database.h"

namespace vivier::storage {

class SearchTable {
 public:
  // `searched_by` of the field; "" where it has no such table.
  static std::string SearchedBy(const google::protobuf::FieldDescriptor* field);

  // Of a field with `searched_by`, which names a text field of its elements.
  explicit SearchTable(const google::protobuf::FieldDescriptor* field);

  const google::protobuf::FieldDescriptor* field() const { return field_; }
  const std::string& table() const { return table_; }
  const std::string& column() const { return key_->name(); }

  // What the message is found by, each text once.
  std::set<std::string> TextsOf(const google::protobuf::Message& message) const;

  // The statements that follow a change of the resource `name`; `before` is null at its creation,
  // `after` at its end.
  std::vector<Connection::Statement> Changes(const std::string& school, const std::string& name,
                                             const google::protobuf::Message* before,
                                             const google::protobuf::Message* after) const;

  // The condition on a resource's row that its list has the text of $`parameter`; $1 is the school.
  std::string Having(int parameter) const;

  // Names every column that is missing or of another type.
  absl::Status AddDrift(Connection& connection, std::vector<std::string>& wrong) const;

 private:
  const google::protobuf::FieldDescriptor* field_;
  const google::protobuf::FieldDescriptor* key_;
  std::string table_, insert_, erase_;
};

}  // namespace vivier::storage
