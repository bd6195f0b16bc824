#include "shared/rpc/shown_persons.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "google/api/resource.pb.h"
#include "google/rpc/status.pb.h"
#include "re2/re2.h"
#include "shared/base/error.h"
#include "shared/base/message.h"
#include "shared/base/resource_name.h"
#include "shared/service/catalogue.h"
#include "vivier/operations/v1/operations.pb.h"
#include "vivier/options/v1/options.pb.h"
#include "vivier/options/v1/view.pb.h"

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

bool NamesInText(const FieldDescriptor& field) {
  return field.options().HasExtension(options::v1::names_in_text);
}

// The details of a refusal say why, and of nobody.
bool IsRefusal(const pb::Descriptor& type) { return &type == google::rpc::Status::descriptor(); }

bool ShowsPersons(const pb::Descriptor& type, Types& seen) {
  if (IsRefusal(type) || !seen.insert(&type).second) return false;
  if (PersonField(type) != nullptr || &type == pb::Any::descriptor()) return true;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (NamesInText(field)) return true;
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

// How persons stand in a field's text.
class InText {
 public:
  explicit InText(const options::v1::NamedPerson& named)
      : match_(named.match()), person_(named.person()) {}

  void Take(absl::string_view text, std::set<std::string>& persons) const {
    constexpr int kGroups = 10;
    re2::StringPiece groups[kGroups];
    const int count = std::min(match_.NumberOfCapturingGroups() + 1, kGroups);
    const re2::StringPiece whole(text.data(), text.size());
    size_t place = 0;
    while (match_.Match(whole, place, whole.size(), RE2::UNANCHORED, groups, count)) {
      std::string person;
      if (match_.Rewrite(&person, person_, groups, count)) persons.insert(std::move(person));
      place = static_cast<size_t>(groups[0].data() - whole.data()) +
              std::max<size_t>(groups[0].size(), 1);
      if (place > whole.size()) return;
    }
  }

 private:
  const RE2 match_;
  const std::string person_;
};

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
  const FieldDescriptor* person = nullptr;      // of its own
  std::vector<const FieldDescriptor*> persons;  // references to who is a person
  std::vector<const FieldDescriptor*> telling;  // to what has a person in its name
  std::vector<const FieldDescriptor*> others;   // to what has to do with one
  std::vector<const FieldDescriptor*> any;      // to resources of any type
  std::vector<std::pair<const FieldDescriptor*, std::shared_ptr<const InText>>> texts;
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
    if (NamesInText(*field))
      places.texts.emplace_back(
          field,
          std::make_shared<InText>(field->options().GetExtension(options::v1::names_in_text)));
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
  Collector(ShownPersons& shown, const std::string& reader) : shown_(shown), reader_(reader) {}

  void Collect(const pb::Message& message, bool in_row) {
    if (message.GetDescriptor() == pb::Any::descriptor())
      return CollectHeld(static_cast<const pb::Any&>(message), in_row);
    const Places& places = PlacesOf(*message.GetDescriptor());
    CollectTexts(places, message);
    const bool before = std::exchange(brought_, brought_ || IsOwnOperation(message));
    if (!brought_) CollectNames(places, message, in_row);
    for (const FieldDescriptor* field : places.below) Descend(message, *field, in_row);
    brought_ = before;
  }

 private:
  void CollectTexts(const Places& places, const pb::Message& message) {
    for (const auto& [field, in_text] : places.texts)
      in_text->Take(message.GetReflection()->GetString(message, field), shown_.rows);
  }

  void CollectNames(const Places& places, const pb::Message& message, bool in_row) {
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
    if (!found && places.person != nullptr) TakeItself(message, in_row);
  }

  void CollectHeld(const pb::Any& any, bool in_row) {
    const std::unique_ptr<pb::Message> held = Opened(any);
    if (held != nullptr) Collect(*held, in_row);
  }

  // Whoever asked for an operation brought whom it names, but for those in its texts: an import
  // says of a row whom the school knows already.
  bool IsOwnOperation(const pb::Message& message) const {
    return !reader_.empty() && message.GetDescriptor() == operations::v1::Operation::descriptor() &&
           static_cast<const operations::v1::Operation&>(message).principal() == reader_;
  }

  // By its name, where it is a resource.
  void TakeItself(const pb::Message& message, bool in_row) {
    const pb::Descriptor& type = *message.GetDescriptor();
    const FieldDescriptor* name = type.FindFieldByName("name");
    if (name == nullptr || !type.options().HasExtension(google::api::resource)) return;
    const std::string itself = message.GetReflection()->GetString(message, name);
    if (!itself.empty()) (in_row ? shown_.rows : shown_.opened).insert(PersonInName(type, itself));
  }

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
  const std::string& reader_;
  bool brought_ = false;  // within an operation of the reader's own
};

// Whether the request says the name, that of something below it, or asks for its id.
bool Says(const pb::Message& request, const std::string& name) {
  const auto says = [&name](const FieldDescriptor& field, const std::string& text) {
    return text == name || absl::StartsWith(text, name + "/") ||
           (absl::EndsWith(field.name(), "_id") && text == IdOf(name));
  };
  const pb::Reflection& reflection = *request.GetReflection();
  std::vector<const FieldDescriptor*> set;
  reflection.ListFields(request, &set);
  for (const FieldDescriptor* field : set) {
    const int size = field->is_repeated() ? reflection.FieldSize(request, field) : 1;
    for (int i = 0; i < size; ++i) {
      std::string text;
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING)
        text = field->is_repeated() ? reflection.GetRepeatedString(request, field, i)
                                    : reflection.GetString(request, field);
      const pb::Message* below = field->message_type() == nullptr ? nullptr
                                 : field->is_repeated()
                                     ? &reflection.GetRepeatedMessage(request, field, i)
                                     : &reflection.GetMessage(request, field);
      if (below != nullptr ? Says(*below, name) : says(*field, text)) return true;
    }
  }
  return false;
}

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
  const std::vector<const FieldDescriptor*>& personal = PlacesOf(*answer.GetDescriptor()).personal;
  const bool tells =
      std::any_of(personal.begin(), personal.end(), [&](const FieldDescriptor* field) {
        return IsSet(answer, *field) && !IsAsked(request, answer, *field);
      });
  if (!tells) return false;
  const pb::Message* brought = Brought(request, answer.GetDescriptor());
  return brought == nullptr || PersonalBytes(answer, request) != PersonalBytes(*brought, request);
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

bool TellsOfPersons(const pb::Descriptor& type) {
  const Places& places = PlacesOf(type);
  for (const auto& fields : {places.persons, places.telling, places.others, places.any})
    if (!fields.empty()) return true;
  const auto& personal = places.personal;
  return places.person != nullptr || !places.texts.empty() ||
         std::any_of(personal.begin(), personal.end(), [](const FieldDescriptor* field) {
           return field->options().GetExtension(options::v1::pii);
         });
}

std::unique_ptr<pb::Message> Opened(const pb::Any& any) {
  const std::string& url = any.type_url();
  const pb::Descriptor* type =
      pb::DescriptorPool::generated_pool()->FindMessageTypeByName(url.substr(url.rfind('/') + 1));
  if (type == nullptr) return nullptr;
  std::unique_ptr<pb::Message> held = NewMessage(type);
  return held->ParseFromString(any.value()) ? std::move(held) : nullptr;
}

bool ShowsPersons(const Method& method) {
  return ShowsPersons(*method.descriptor->output_type()) || TargetOfPerson(method) != nullptr;
}

std::map<std::string, const pb::Descriptor*> PersonsToldBy(const absl::Status& refusal,
                                                           const pb::Message& request) {
  std::map<std::string, const pb::Descriptor*> told;
  // Of somebody who was erased there is nothing to read; with_reason.h says who hears of them.
  if (ReasonOf(refusal) == "PERSON_ERASED") return told;
  for (const auto& [key, value] : MetadataOf(refusal)) {
    const pb::Descriptor* type = TypeOfPersonsNamed(value);
    if (type != nullptr && IsPerson(*type) && !Says(request, value)) told[value] = type;
  }
  return told;
}

ShownPersons PersonsIn(const pb::Message& message, const std::string& reader) {
  ShownPersons shown;
  Collector(shown, reader).Collect(message, false);
  return shown;
}

ShownPersons PersonsShown(const Method& method, const pb::Message& request,
                          const pb::Message& answer, const std::string& reader) {
  if (method.writes && !TellsMore(request, answer)) return {};
  ShownPersons shown = PersonsIn(answer, reader);
  const pb::Descriptor* target = TargetOfPerson(method);
  if (shown.empty() && target != nullptr)
    shown.opened.insert(PersonInName(*target, TextAt(request, method.target)));
  return shown;
}

}  // namespace vivier::rpc
