// Rows of every table, filled from the descriptors as no rule of the trade would make them, without
// personal data. Stateless.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/api/resource.pb.h"
#include "shared/base/message.h"
#include "shared/rpc/shown_persons.h"
#include "shared/service/method.h"
#include "tests/rpc/base_request.h"
#include "vivier/options/v1/options.pb.h"
#include "vivier/options/v1/view.pb.h"

namespace vivier::testing {

using Row = std::unique_ptr<pb::Message>;

inline const std::string& PatternOf(const pb::Descriptor& resource) {
  return resource.options().GetExtension(google::api::resource).pattern(0);
}

// The name without its last collection and id.
inline std::string ParentOfName(const std::string& name) {
  return name.substr(0, name.rfind('/', name.rfind('/') - 1));
}

// The resources that have a table.
inline std::vector<const pb::Descriptor*> StoredTypes() {
  std::vector<const pb::Descriptor*> types;
  for (const std::string& service : rpc::TradeServices())
    for (const pb::FileDescriptor* file : rpc::FilesOf(service))
      for (int i = 0; i < file->message_type_count(); ++i) {
        const pb::Descriptor& type = *file->message_type(i);
        const auto& resource = type.options().GetExtension(google::api::resource);
        // The lines of an invoice are its earnings.
        if (!resource.plural().empty() && resource.type() != "vivier.fr/InvoiceLine")
          types.push_back(&type);
      }
  return types;
}

class FilledRow {
 public:
  using NameOf = std::function<std::string(const pb::Descriptor& resource)>;

  // `name_of` names the row itself and what it refers to; `any` is what it refers to where that may
  // be of any type.
  static Row Of(const pb::Descriptor& resource, const NameOf& name_of, const std::string& any) {
    Row row = NewMessage(&resource);
    FilledRow(name_of, any, name_of(resource)).Fill(*row);
    return row;
  }

 private:
  FilledRow(const NameOf& name_of, const std::string& any, const std::string& name)
      : name_of_(name_of), any_(any), name_(name) {}

  void Fill(pb::Message& message) const {
    const pb::Descriptor& type = *message.GetDescriptor();
    for (int i = 0; i < type.field_count(); ++i) {
      const pb::FieldDescriptor& field = *type.field(i);
      if (field.options().GetExtension(options::v1::pii) || field.name() == "etag") continue;
      if (field.is_repeated()) {
        // Whom a row names in a list of its own.
        if (field.message_type() != nullptr && rpc::ShowsPersons(*field.message_type()))
          Fill(*message.GetReflection()->AddMessage(&message, &field));
      } else {
        FillField(message, field);
      }
    }
  }

  void FillField(pb::Message& message, const pb::FieldDescriptor& field) const {
    const pb::Reflection& reflection = *message.GetReflection();
    switch (field.cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_ENUM:
        if (field.name() == "ending") return;  // of a school that goes on
        return reflection.SetEnum(&message, &field, field.enum_type()->value(1));
      case pb::FieldDescriptor::CPPTYPE_STRING:
        return reflection.SetString(&message, &field, Text(message, field));
      case pb::FieldDescriptor::CPPTYPE_INT32:
        return reflection.SetInt32(&message, &field, IsPositive(field) ? 1 : 0);
      case pb::FieldDescriptor::CPPTYPE_INT64:
        return reflection.SetInt64(&message, &field, IsPositive(field) ? 1 : 0);
      default:
        return;
    }
  }

  std::string Text(const pb::Message& message, const pb::FieldDescriptor& field) const {
    const pb::Descriptor& type = *message.GetDescriptor();
    if (field.name() == "name") return name_;
    if (field.name() == type.options().GetExtension(options::v1::listed_below))
      return ParentOfName(name_);
    const std::string& referred =
        field.options().GetExtension(google::api::resource_reference).type();
    if (referred == "*") return any_;
    if (field.name() == "latest_revision") return "";  // of a programme that has none
    if (field.name() == "content_hash") return std::string(64, 'a');
    if (field.options().HasExtension(options::v1::names_in_text))
      return absl::StrCat("a sheet\n", name_of_(*rpc::ResourceType("vivier.fr/PresenceEntry")),
                          "\tminutes 210/210\n");
    const pb::Descriptor* resource = rpc::ResourceType(referred);
    return resource != nullptr ? name_of_(*resource) : absl::StrCat(field.name(), " of ", name_);
  }

  // What the tables demand.
  static bool IsPositive(const pb::FieldDescriptor& field) {
    static const auto& names = *new std::set<std::string>{
        "amount_cents",    "capacity",  "ceiling_cents",     "end_minute",
        "planned_minutes", "positions", "planned_half_days", "schools",
        "seats",           "size",      "taught_minutes"};
    return names.count(field.name()) > 0;
  }

  const NameOf& name_of_;
  const std::string& any_;
  const std::string name_;
};

}  // namespace vivier::testing
