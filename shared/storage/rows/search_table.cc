#include "shared/storage/rows/search_table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "google/api/resource.pb.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/storage/engines/migrate.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::storage {

namespace pb = google::protobuf;

std::string SearchTable::SearchedBy(const pb::FieldDescriptor* field) {
  return field->options().GetExtension(options::v1::searched_by);
}

SearchTable::SearchTable(const pb::FieldDescriptor* field)
    : field_(field), key_(field->message_type()->FindFieldByName(SearchedBy(field))) {
  const std::string& singular =
      field->containing_type()->options().GetExtension(google::api::resource).singular();
  table_ = absl::StrCat(SnakeCase(singular), "_", field->name());
  // What is there already, or gone already, is as it should be: while old and new programs run on
  // one schema, the old ones write none of this.
  insert_ = absl::StrCat("INSERT INTO ", table_, " (school, ", column(),
                         ", name) VALUES ($1, $2, $3) ON CONFLICT (school, ", column(),
                         ", name) DO NOTHING");
  erase_ = absl::StrCat("DELETE FROM ", table_, " WHERE school = $1 AND ", column(),
                        " = $2 AND name = $3");
}

std::set<std::string> SearchTable::TextsOf(const pb::Message& message) const {
  const pb::Reflection& reflection = *message.GetReflection();
  std::set<std::string> texts;
  for (int i = 0; i < reflection.FieldSize(message, field_); ++i) {
    const pb::Message& element = reflection.GetRepeatedMessage(message, field_, i);
    texts.insert(element.GetReflection()->GetString(element, key_));
  }
  return texts;
}

std::vector<Connection::Statement> SearchTable::Changes(const std::string& school,
                                                        const std::string& name,
                                                        const pb::Message* before,
                                                        const pb::Message* after) const {
  const std::set<std::string> old = before == nullptr ? std::set<std::string>() : TextsOf(*before);
  const std::set<std::string> now = after == nullptr ? std::set<std::string>() : TextsOf(*after);
  std::vector<Connection::Statement> changes;
  for (const std::string& text : old)
    if (now.count(text) == 0)
      changes.push_back({erase_, {Value(school), Value(text), Value(name)}});
  for (const std::string& text : now)
    if (old.count(text) == 0)
      changes.push_back({insert_, {Value(school), Value(text), Value(name)}});
  return changes;
}

std::string SearchTable::Having(int parameter) const {
  return absl::StrCat("name IN (SELECT name FROM ", table_, " WHERE school = $1 AND ", column(),
                      " = $", parameter, ")");
}

absl::Status SearchTable::AddDrift(Connection& connection, std::vector<std::string>& wrong) const {
  ASSIGN_OR_RETURN(const std::vector<storage::Column> found, Columns(connection, table_));
  for (const std::string& name : {std::string("school"), column(), std::string("name")}) {
    const bool fits = std::any_of(found.begin(), found.end(), [&](const storage::Column& column) {
      return column.name == name && column.type == "TEXT";
    });
    if (!fits) wrong.push_back(absl::StrCat(table_, ".", name, " is missing or no TEXT"));
  }
  return absl::OkStatus();
}

}  // namespace vivier::storage
