#include "shared/rpc/views.h"

#include <algorithm>
#include <memory>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/any.pb.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/rpc/shown_persons.h"
#include "shared/security/roles.h"
#include "shared/service/catalogue.h"
#include "shared/service/standard.h"
#include "shared/storage/rows/filter.h"
#include "shared/storage/rows/schema.h"
#include "vivier/options/v1/operation.pb.h"
#include "vivier/options/v1/options.pb.h"
#include "vivier/options/v1/view.pb.h"

namespace vivier::rpc {
namespace {

namespace pb = google::protobuf;
using pb::FieldDescriptor;
using security::ShownFields;

FieldsByHolder DeclaredViews(const pb::Descriptor& type, std::vector<std::string>& wrong) {
  FieldsByHolder views;
  for (int i = 0; i < type.options().ExtensionSize(options::v1::view); ++i) {
    const options::v1::View& view = type.options().GetExtension(options::v1::view, i);
    const absl::StatusOr<ShownFields> fields = ShownFields::Parse(type, view.fields());
    if (!fields.ok()) wrong.emplace_back(fields.status().message());
    for (absl::string_view holder : absl::StrSplit(view.of(), ' ', absl::SkipEmpty()))
      if (fields.ok()) views[std::string(holder)].Join(*fields);
  }
  return views;
}

bool IsOfPersons(const pb::Descriptor& type) {
  return ShowsPersons(type) || HoldsPersonalData(&type);
}

// What the operations of the trade tell and answer.
const std::set<const pb::Descriptor*>& OperationTypes() {
  static const auto& types = *[] {
    auto* all = new std::set<const pb::Descriptor*>;
    for (const std::string& service : TradeServices())
      for (const pb::MethodDescriptor* method : MethodsOf(service)) {
        const auto& operation = method->options().GetExtension(options::v1::operation);
        for (const std::string& name : {operation.metadata(), operation.response()})
          all->insert(pb::DescriptorPool::generated_pool()->FindMessageTypeByName(name));
      }
    all->erase(nullptr);
    return all;
  }();
  return types;
}

// What a List shows; null for other rpcs.
const pb::Descriptor* ListedBy(const Method& method) {
  const pb::Descriptor& answer = *method.descriptor->output_type();
  if (method.listed.empty()) return nullptr;
  for (int i = 0; i < answer.field_count(); ++i)
    if (answer.field(i)->is_repeated()) return answer.field(i)->message_type();
  return nullptr;
}

// The resource that an Update brings; null for other rpcs.
const FieldDescriptor* UpdatedBy(const Method& method) {
  const pb::Descriptor& request = *method.descriptor->input_type();
  if (request.FindFieldByName("update_mask") == nullptr) return nullptr;
  for (int i = 0; i < request.field_count(); ++i)
    if (request.field(i)->message_type() == method.descriptor->output_type())
      return request.field(i);
  return nullptr;
}

std::string Text(const pb::Message& request, const char* name) {
  const FieldDescriptor* field = request.GetDescriptor()->FindFieldByName(name);
  return field == nullptr ? "" : request.GetReflection()->GetString(request, field);
}

bool IsFilterable(const FieldDescriptor& field) {
  return field.options().GetExtension(options::v1::filterable);
}

absl::Status NotShown(absl::string_view request_field, absl::string_view named,
                      absl::string_view why) {
  return InvalidField(request_field,
                      absl::StrCat("\"", named, "\" is not shown to this caller, ", why),
                      {{"named", std::string(named)}});
}

}  // namespace

Views::Views(const Method& method) : method_(method) {
  Found found;
  if (IsOfPersons(*method.descriptor->output_type()))
    Find(*method.descriptor->output_type(), false, found);
}

// `covered` is whether the message stands in one that has views.
void Views::Find(const pb::Descriptor& type, bool covered, Found& found) {
  if (!found.insert({&type, covered}).second) return;
  on_the_way_.insert(&type);
  const bool has_views = type.options().ExtensionSize(options::v1::view) > 0;
  if (has_views) Add(type);
  if (!has_views && !covered && TellsOfPersons(type))
    wrong_.push_back(absl::StrCat(method_.descriptor->full_name(), " answers ", type.full_name(),
                                  ", which tells of persons and has no view"));
  for (int i = 0; i < type.field_count(); ++i) {
    const pb::Descriptor* below = type.field(i)->message_type();
    if (below == nullptr || type.field(i)->is_map()) continue;
    if (below != pb::Any::descriptor()) {
      if (IsOfPersons(*below)) Find(*below, covered || has_views, found);
      continue;
    }
    on_the_way_.insert(below);
    for (const pb::Descriptor* held : OperationTypes())
      if (IsOfPersons(*held)) Find(*held, covered || has_views, found);
  }
}

void Views::Add(const pb::Descriptor& type) {
  const auto [views, added] = types_.try_emplace(&type);
  if (!added) return;
  const FieldsByHolder declared = DeclaredViews(type, wrong_);
  const std::vector<std::string> holders = security::HoldersOf(method_.permission);
  for (const std::string& holder : holders) {
    const auto view = declared.find(holder);
    if (view != declared.end()) {
      views->second[holder] = view->second;
      continue;
    }
    wrong_.push_back(absl::StrCat(method_.descriptor->full_name(), " answers ", type.full_name(),
                                  " to ", holder, ", who has no view of it"));
  }
  for (absl::string_view role : security::StaffRoles()) {
    const auto view = views->second.find(std::string(role));
    if (view == views->second.end()) continue;
    const auto [own, first] = views->second.try_emplace(security::kOwnRole, view->second);
    if (!first) own->second.Meet(view->second);
  }
}

bool Views::SeesAll(const std::vector<std::string>& by) const {
  return absl::c_all_of(types_, [&](const auto& type) {
    return absl::c_any_of(by, [&](const std::string& holder) {
      const auto view = type.second.find(holder);
      return view != type.second.end() && view->second.all();
    });
  });
}

Views::Seen Views::SeenBy(const std::vector<std::string>& by) const {
  Seen seen;
  for (const auto& [type, views] : types_) {
    ShownFields& fields = seen[type];
    for (const std::string& holder : by)
      if (const auto view = views.find(holder); view != views.end()) fields.Join(view->second);
  }
  return seen;
}

void Views::Apply(const security::Caller& caller, pb::Message& answer) const {
  if (empty()) return;
  const std::vector<std::string> by = security::LetInBy(caller, method_.permission);
  if (!SeesAll(by)) Narrow(SeenBy(by), answer);
}

void Views::Narrow(const Seen& seen, pb::Message& message) const {
  if (message.GetDescriptor() == pb::Any::descriptor()) {
    auto& any = static_cast<pb::Any&>(message);
    const std::unique_ptr<pb::Message> held = Opened(any);
    if (held == nullptr) return any.Clear();
    Narrow(seen, *held);
    return any.set_value(held->SerializeAsString());
  }
  if (const auto fields = seen.find(message.GetDescriptor()); fields != seen.end())
    fields->second.ClearOthers(message);
  const pb::Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> set;
  reflection.ListFields(message, &set);
  for (const FieldDescriptor* field : set) {
    if (on_the_way_.count(field->message_type()) == 0) continue;
    if (!field->is_repeated()) Narrow(seen, *reflection.MutableMessage(&message, field));
    for (int i = 0; field->is_repeated() && i < reflection.FieldSize(message, field); ++i)
      Narrow(seen, *reflection.MutableRepeatedMessage(&message, field, i));
  }
}

absl::Status Views::MayAsk(const security::Caller& caller, const pb::Message& request) const {
  if (empty()) return absl::OkStatus();
  const pb::Descriptor* listed = ListedBy(method_);
  const FieldDescriptor* updated = UpdatedBy(method_);
  if (listed == nullptr && updated == nullptr) return absl::OkStatus();
  const std::vector<std::string> by = security::LetInBy(caller, method_.permission);
  if (SeesAll(by)) return absl::OkStatus();
  const Seen seen = SeenBy(by);
  const auto fields = seen.find(listed != nullptr ? listed : updated->message_type());
  if (fields == seen.end()) return absl::OkStatus();
  return listed != nullptr ? CheckListed(*listed, fields->second, request)
                           : CheckUpdated(*updated, fields->second, request);
}

absl::Status CheckListed(const pb::Descriptor& listed, const ShownFields& fields,
                         const pb::Message& request) {
  bool may_ask_all = true;
  for (int i = 0; i < listed.field_count(); ++i)
    may_ask_all =
        may_ask_all && (!IsFilterable(*listed.field(i)) || fields.HasAllOf(*listed.field(i)));
  if (may_ask_all) return absl::OkStatus();
  const storage::Schema& schema = storage::Schema::Of(&listed);
  // What cannot be read, the list refuses.
  const auto order = storage::ParseOrder(schema, Text(request, "order_by"));
  if (!order.ok()) return absl::OkStatus();
  if (order->column != nullptr && !fields.HasAllOf(*order->column->field))
    return NotShown("order_by", order->column->field->name(), "so no list goes by it");
  const auto clauses = storage::ParseFilter(schema, Text(request, "filter"), *order);
  if (!clauses.ok()) return absl::OkStatus();
  for (const storage::Clause& clause : *clauses)
    if (clause.column != nullptr && !fields.HasAllOf(*clause.column->field))
      return NotShown("filter", clause.column->field->name(), "so no list is filtered by it");
  return absl::OkStatus();
}

absl::Status CheckUpdated(const FieldDescriptor& resource, const ShownFields& fields,
                          const pb::Message& request) {
  const pb::FieldMask* mask = UpdateMaskOf(request);
  const auto updated = UpdatedFields(mask, request.GetReflection()->GetMessage(request, &resource));
  if (!updated.ok()) return absl::OkStatus();  // the update refuses it
  for (const FieldDescriptor* field : *updated)
    if (!fields.HasAllOf(*field))
      return NotShown(
          mask != nullptr ? "update_mask" : absl::StrCat(resource.name(), ".", field->name()),
          field->name(), "who would overwrite what they do not see");
  return absl::OkStatus();
}

}  // namespace vivier::rpc
