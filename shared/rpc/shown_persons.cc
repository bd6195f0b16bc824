#include "shared/rpc/shown_persons.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "google/api/resource.pb.h"
#include "re2/re2.h"
#include "shared/base/message.h"
#include "shared/service/catalogue.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::rpc {
namespace {

namespace pb = google::protobuf;
using pb::FieldDescriptor;
using Types = std::set<const pb::Descriptor*>;

const FieldDescriptor* PersonField(const pb::Descriptor& type) {
  return type.FindFieldByName(type.options().GetExtension(options::v1::person));
}

bool IsPerson(const pb::Descriptor& type) {
  return type.options().GetExtension(options::v1::person) == "name";
}

const std::string& ReferenceOf(const FieldDescriptor& field) {
  return field.options().GetExtension(google::api::resource_reference).type();
}

// Null where it refers to nothing, or to resources of any type.
const pb::Descriptor* ReferredTo(const FieldDescriptor& field) {
  const std::string& type = ReferenceOf(field);
  return type.empty() || type == "*" ? nullptr : ResourceType(type);
}

bool IsOfPerson(const pb::Descriptor& type, Types& seen) {
  if (!seen.insert(&type).second) return false;
  if (PersonField(type) != nullptr) return true;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.is_repeated()) continue;
    const pb::Descriptor* to =
        field.message_type() != nullptr ? field.message_type() : ReferredTo(field);
    if (to != nullptr && IsOfPerson(*to, seen)) return true;
  }
  return false;
}

bool ShowsPersons(const pb::Descriptor& type, Types& seen) {
  if (!seen.insert(&type).second) return false;
  if (PersonField(type) != nullptr) return true;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const pb::Descriptor* referred = ReferredTo(field);
    if (referred != nullptr ? rpc::IsOfPerson(*referred) : ReferenceOf(field) == "*") return true;
    if (field.message_type() != nullptr && !field.is_map() &&
        ShowsPersons(*field.message_type(), seen))
      return true;
  }
  return false;
}

// How a person stands in the names of a type's resources.
struct InName {
  std::unique_ptr<RE2> match;  // null where none does
  std::string person;
};

std::unique_ptr<InName> InNameOf(const pb::Descriptor& type) {
  auto in_name = std::make_unique<InName>();
  if (!type.options().HasExtension(options::v1::names_person)) return in_name;
  const options::v1::NamedPerson& named = type.options().GetExtension(options::v1::names_person);
  in_name->match = std::make_unique<RE2>(named.match());
  in_name->person = named.person();
  return in_name;
}

// Who is shown by the name of a resource; the resource itself where its name tells nobody.
std::string PersonInName(const pb::Descriptor& type, const std::string& name) {
  static std::mutex& mutex = *new std::mutex;
  static auto& all = *new std::map<const pb::Descriptor*, std::unique_ptr<InName>>;
  const InName* in_name = nullptr;
  {
    const std::lock_guard lock(mutex);
    std::unique_ptr<InName>& known = all[&type];
    if (known == nullptr) known = InNameOf(type);
    in_name = known.get();
  }
  std::string person = name;
  if (in_name->match == nullptr || !RE2::FullMatch(name, *in_name->match)) return name;
  RE2::Replace(&person, *in_name->match, in_name->person);
  return person;
}

// "schools/nancy/cohorts/c" → schools, cohorts.
std::vector<std::string> CollectionsOf(const std::string& name) {
  const std::vector<std::string> segments = absl::StrSplit(name, '/');
  std::vector<std::string> collections;
  for (size_t i = 0; i < segments.size(); i += 2) collections.push_back(segments[i]);
  return collections;
}

bool HoldsPersonalData(const FieldDescriptor& field) {
  return field.options().GetExtension(options::v1::pii) ||
         (field.message_type() != nullptr && rpc::HoldsPersonalData(field.message_type()));
}

// Where a message of a type says whom it shows.
struct Places {
  const FieldDescriptor* person = nullptr;       // of its own
  std::vector<const FieldDescriptor*> persons;   // references to who is a person
  std::vector<const FieldDescriptor*> telling;   // to what has a person in its name
  std::vector<const FieldDescriptor*> others;    // to what has to do with one
  std::vector<const FieldDescriptor*> any;       // to resources of any type
  std::vector<const FieldDescriptor*> below;     // the messages in it that may show some
  std::vector<const FieldDescriptor*> personal;  // that hold personal data
};

Places Find(const pb::Descriptor& type) {
  Places places;
  places.person = PersonField(type);
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (HoldsPersonalData(*field)) places.personal.push_back(field);
    if (field->message_type() != nullptr && !field->is_map() &&
        rpc::ShowsPersons(*field->message_type()))
      places.below.push_back(field);
    if (ReferenceOf(*field) == "*") places.any.push_back(field);
    const pb::Descriptor* referred = ReferredTo(*field);
    if (referred == nullptr || field == places.person || !rpc::IsOfPerson(*referred)) continue;
    auto& kind = IsPerson(*referred)                                           ? places.persons
                 : referred->options().HasExtension(options::v1::names_person) ? places.telling
                                                                               : places.others;
    kind.push_back(field);
  }
  return places;
}

// Read from the descriptor once: looking at every field of every answer would cost more than the
// look-ups.
const Places& PlacesOf(const pb::Descriptor& type) {
  static std::mutex& mutex = *new std::mutex;
  static auto& all = *new std::map<const pb::Descriptor*, Places>;
  {
    const std::lock_guard lock(mutex);
    const auto found = all.find(&type);
    if (found != all.end()) return found->second;
  }
  Places places = Find(type);
  const std::lock_guard lock(mutex);
  return all.try_emplace(&type, std::move(places)).first->second;
}

// The type of a resource of this name, where such resources have to do with one person; else null.
const pb::Descriptor* TypeOfPersonsNamed(const std::string& name) {
  static const auto& types = *[] {
    auto* all = new std::map<std::vector<std::string>, const pb::Descriptor*>;
    for (const std::string& service : TradeServices())
      for (const pb::FileDescriptor* file : FilesOf(service))
        for (int i = 0; i < file->message_type_count(); ++i) {
          const pb::Descriptor& type = *file->message_type(i);
          if (!type.options().HasExtension(google::api::resource) || !rpc::IsOfPerson(type))
            continue;
          all->emplace(CollectionsOf(type.options().GetExtension(google::api::resource).pattern(0)),
                       &type);
        }
    return all;
  }();
  const auto found = types.find(CollectionsOf(name));
  return found == types.end() ? nullptr : found->second;
}

class Collector {
 public:
  explicit Collector(ShownPersons& shown) : shown_(shown) {}

  void Collect(const pb::Message& message, bool in_row) {
    const Places& places = PlacesOf(*message.GetDescriptor());
    bool found = places.person != nullptr && Take(message, *places.person, in_row);
    for (const FieldDescriptor* field : places.persons)
      found = Take(message, *field, in_row) || found;
    if (!found)
      for (const FieldDescriptor* field : places.telling)
        found = Take(message, *field, in_row) || found;
    for (auto other = places.others.begin(); !found && other != places.others.end(); ++other)
      found = Take(message, **other, in_row);
    for (auto any = places.any.begin(); !found && any != places.any.end(); ++any)
      found = Take(message, **any, in_row);
    for (const FieldDescriptor* field : places.below) Descend(message, *field, in_row);
  }

 private:
  // Whether the field names anybody.
  bool Take(const pb::Message& message, const FieldDescriptor& field, bool in_row) {
    const pb::Reflection& reflection = *message.GetReflection();
    if (!field.is_repeated()) return Take(reflection.GetString(message, &field), field, in_row);
    const int size = reflection.FieldSize(message, &field);
    for (int i = 0; i < size; ++i)
      Take(reflection.GetRepeatedString(message, &field, i), field, true);
    return size > 0;
  }

  bool Take(const std::string& name, const FieldDescriptor& field, bool in_row) {
    const bool any = ReferenceOf(field) == "*";
    const pb::Descriptor* type = any ? TypeOfPersonsNamed(name) : ReferredTo(field);
    if (name.empty() || (any && type == nullptr)) return false;
    (in_row ? shown_.rows : shown_.opened)
        .insert(type == nullptr ? name : PersonInName(*type, name));
    return true;
  }

  void Descend(const pb::Message& message, const FieldDescriptor& field, bool in_row) {
    const pb::Reflection& reflection = *message.GetReflection();
    if (field.is_repeated()) {
      for (int i = 0; i < reflection.FieldSize(message, &field); ++i)
        Collect(reflection.GetRepeatedMessage(message, &field, i), true);
    } else if (reflection.HasField(message, &field)) {
      Collect(reflection.GetMessage(message, &field), in_row);
    }
  }

  ShownPersons& shown_;
};

// The resource of the answer's type that the request carries; null where it carries none.
const pb::Message* Brought(const pb::Message& request, const pb::Descriptor* type) {
  const pb::Descriptor& asked = *request.GetDescriptor();
  for (int i = 0; i < asked.field_count(); ++i) {
    const FieldDescriptor* field = asked.field(i);
    if (field->message_type() == type && !field->is_repeated())
      return &request.GetReflection()->GetMessage(request, field);
  }
  return nullptr;
}

// Whether the request says the same in a field of its own: the absence that it records.
bool IsAsked(const pb::Message& request, const pb::Message& answer, const FieldDescriptor& field) {
  const FieldDescriptor* asked = request.GetDescriptor()->FindFieldByName(field.name());
  return asked != nullptr && field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM &&
         asked->enum_type() == field.enum_type() && !field.is_repeated() &&
         request.GetReflection()->GetEnumValue(request, asked) ==
             answer.GetReflection()->GetEnumValue(answer, &field);
}

// The personal data of `from` that the request does not ask for by a field of its own, as bytes.
std::string PersonalBytes(const pb::Message& from, const pb::Message& request) {
  const std::vector<const FieldDescriptor*>& personal = PlacesOf(*from.GetDescriptor()).personal;
  std::unique_ptr<pb::Message> kept(from.New());
  kept->CopyFrom(from);
  std::vector<const FieldDescriptor*> set;
  from.GetReflection()->ListFields(from, &set);
  for (const FieldDescriptor* field : set)
    if (std::find(personal.begin(), personal.end(), field) == personal.end() ||
        IsAsked(request, from, *field))
      kept->GetReflection()->ClearField(kept.get(), field);
  return kept->SerializeAsString();
}

// Whether the answer holds personal data that its request did not bring.
bool TellsMore(const pb::Message& request, const pb::Message& answer) {
  const std::string told = PersonalBytes(answer, request);
  if (told.empty()) return false;
  const pb::Message* brought = Brought(request, answer.GetDescriptor());
  return brought == nullptr || told != PersonalBytes(*brought, request);
}

// Where an answer names nobody and tells of whom the request names, as a check of a contract does.
const pb::Descriptor* TargetOfPerson(const Method& method) {
  if (method.target_schema == nullptr || !method.personal) return nullptr;
  const pb::Descriptor* target = method.target_schema->descriptor();
  return rpc::IsOfPerson(*target) ? target : nullptr;
}

}  // namespace

bool IsOfPerson(const pb::Descriptor& type) {
  Types seen;
  return IsOfPerson(type, seen);
}

bool ShowsPersons(const pb::Descriptor& type) {
  Types seen;
  return ShowsPersons(type, seen);
}

bool ShowsPersons(const Method& method) {
  return ShowsPersons(*method.descriptor->output_type()) || TargetOfPerson(method) != nullptr;
}

ShownPersons PersonsIn(const pb::Message& message) {
  ShownPersons shown;
  Collector(shown).Collect(message, false);
  return shown;
}

ShownPersons PersonsShown(const Method& method, const pb::Message& request,
                          const pb::Message& answer) {
  if (method.writes && !TellsMore(request, answer)) return {};
  ShownPersons shown = PersonsIn(answer);
  const pb::Descriptor* target = TargetOfPerson(method);
  if (shown.empty() && target != nullptr)
    shown.opened.insert(PersonInName(*target, TextAt(request, method.target)));
  return shown;
}

}  // namespace vivier::rpc
