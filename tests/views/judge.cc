#include "tests/views/judge.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "shared/service/catalogue.h"
#include "vivier/options/v1/options.pb.h"
#include "vivier/options/v1/view.pb.h"

namespace vivier::testing {
namespace {

namespace pb = google::protobuf;
using Words = std::vector<std::string>;

int ViewsOf(const pb::Descriptor& type) { return type.options().ExtensionSize(options::v1::view); }

Words WordsOf(const std::string& text) { return absl::StrSplit(text, ' ', absl::SkipEmpty()); }

bool Lists(const pb::Descriptor& type, const std::string& holder, const std::string& path) {
  for (int i = 0; i < ViewsOf(type); ++i) {
    const options::v1::View& view = type.options().GetExtension(options::v1::view, i);
    const Words holders = WordsOf(view.of());
    if (std::find(holders.begin(), holders.end(), holder) == holders.end()) continue;
    for (const std::string& field : WordsOf(view.fields()))
      if (field == "*" || field == path || absl::StartsWith(path, field + ".")) return true;
  }
  return false;
}

bool NamesAPerson(const pb::FieldDescriptor& field) {
  if (field.options().GetExtension(options::v1::pii)) return true;
  const pb::Descriptor* referred =
      rpc::ResourceType(field.options().GetExtension(google::api::resource_reference).type());
  return referred != nullptr && ViewsOf(*referred) > 0 && referred->name() != "JurySession" &&
         referred->name() != "AttendanceSeal";
}

// A message with views that the walk is in, and where in it.
struct Frame {
  const pb::Descriptor* type;
  std::string path;
};

// Called for each field that is set and holds no message.
using Leaf = std::function<void(const std::vector<Frame>&, const pb::FieldDescriptor&)>;

void Walk(const pb::Message& message, std::vector<Frame> frames, const Leaf& leaf);

void WalkHeld(const pb::Message& message, const Leaf& leaf) {
  pb::Any any;
  any.ParseFromString(message.SerializeAsString());
  const std::pair<std::string, std::string> url = absl::StrSplit(any.type_url(), '/');
  const pb::Descriptor* type =
      pb::DescriptorPool::generated_pool()->FindMessageTypeByName(url.second);
  if (type == nullptr) return;
  pb::DynamicMessageFactory factory;
  const std::unique_ptr<pb::Message> held(factory.GetPrototype(type)->New());
  held->ParseFromString(any.value());
  Walk(*held, {}, leaf);
}

void Walk(const pb::Message& message, std::vector<Frame> frames, const Leaf& leaf) {
  const pb::Descriptor& type = *message.GetDescriptor();
  if (type.full_name() == "google.rpc.Status") return;
  if (type.full_name() == "google.protobuf.Any") return WalkHeld(message, leaf);
  if (ViewsOf(type) > 0) frames.push_back({&type, ""});
  const pb::Reflection& reflection = *message.GetReflection();
  std::vector<const pb::FieldDescriptor*> set;
  reflection.ListFields(message, &set);
  for (const pb::FieldDescriptor* field : set) {
    std::vector<Frame> here = frames;
    for (Frame& frame : here)
      absl::StrAppend(&frame.path, frame.path.empty() ? "" : ".", field->name());
    if (field->message_type() == nullptr || field->is_map()) {
      leaf(here, *field);
    } else if (!field->is_repeated()) {
      Walk(reflection.GetMessage(message, field), here, leaf);
    } else {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i)
        Walk(reflection.GetRepeatedMessage(message, field, i), here, leaf);
    }
  }
}

std::string Text(const Frame& frame) {
  return absl::StrCat(frame.type->full_name(), ": ", frame.path);
}

}  // namespace

std::set<std::string> NotListed(const pb::Message& answer, const std::string& holder) {
  std::set<std::string> wrong;
  Walk(answer, {}, [&](const std::vector<Frame>& frames, const pb::FieldDescriptor& field) {
    if (frames.empty() && NamesAPerson(field)) wrong.insert(field.full_name());
    for (const Frame& frame : frames)
      if (!Lists(*frame.type, holder, frame.path)) wrong.insert(Text(frame));
  });
  return wrong;
}

std::set<std::string> Viewed(const pb::Message& answer) {
  std::set<std::string> viewed;
  Walk(answer, {}, [&](const std::vector<Frame>& frames, const pb::FieldDescriptor&) {
    for (const Frame& frame : frames) viewed.insert(Text(frame));
  });
  return viewed;
}

bool IsNarrow(const pb::Descriptor& type, const std::string& holder) {
  for (int i = 0; i < ViewsOf(type); ++i) {
    const options::v1::View& view = type.options().GetExtension(options::v1::view, i);
    const Words holders = WordsOf(view.of());
    if (view.fields() != "*" && std::find(holders.begin(), holders.end(), holder) != holders.end())
      return true;
  }
  return false;
}

}  // namespace vivier::testing
