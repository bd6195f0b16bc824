#include "shared/storage/field_encoding.h"

#include <map>
#include <memory>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/type.pb.h"
#include "google/protobuf/util/field_mask_util.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/type_resolver.h"
#include "google/protobuf/util/type_resolver_util.h"
#include "shared/base/error.h"

namespace vivier::storage {
namespace {

namespace pb = google::protobuf;

constexpr char kUrlPrefix[] = "type.googleapis.com";

// protobuf translates a message's descriptor, options and all, at every JSON text that it reads or prints, which costs
// ten times the text. This keeps the translations, without the fields' options, which JSON does not ask for.
class RememberingResolver : public pb::util::TypeResolver {
 public:
  pb::util::Status ResolveMessageType(const std::string& url, pb::Type* type) override {
    const std::lock_guard lock(mutex_);
    auto known = types_.find(url);
    if (known == types_.end()) {
      pb::Type resolved;
      if (pb::util::Status status = resolver_->ResolveMessageType(url, &resolved); !status.ok()) return status;
      for (pb::Field& field : *resolved.mutable_fields()) field.clear_options();
      known = types_.emplace(url, std::move(resolved)).first;
    }
    *type = known->second;
    return {};
  }

  pb::util::Status ResolveEnumType(const std::string& url, pb::Enum* type) override {
    const std::lock_guard lock(mutex_);
    auto known = enums_.find(url);
    if (known == enums_.end()) {
      pb::Enum resolved;
      if (pb::util::Status status = resolver_->ResolveEnumType(url, &resolved); !status.ok()) return status;
      known = enums_.emplace(url, std::move(resolved)).first;
    }
    *type = known->second;
    return {};
  }

 private:
  const std::unique_ptr<pb::util::TypeResolver> resolver_{
      pb::util::NewTypeResolverForDescriptorPool(kUrlPrefix, pb::DescriptorPool::generated_pool())};
  std::mutex mutex_;
  std::map<std::string, pb::Type> types_;
  std::map<std::string, pb::Enum> enums_;
};

pb::util::TypeResolver& Resolver() {
  static auto& resolver = *new RememberingResolver;
  return resolver;
}

std::string UrlOf(const pb::Message& message) {
  return absl::StrCat(kUrlPrefix, "/", message.GetDescriptor()->full_name());
}

}  // namespace

// protobuf prints whole messages only, so the field stands alone in one and the wrapping {"field": … } is cut off.
absl::StatusOr<std::string> FieldJson(const pb::Message& message, const pb::FieldDescriptor* field) {
  pb::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  if (!pb::util::BinaryToJsonString(&Resolver(), UrlOf(message), FieldBytes(message, field), &json, options).ok())
    return Internal("a field does not print as JSON");
  const size_t prefix = field->name().size() + 4;  // {"name":
  return json.substr(prefix, json.size() - prefix - 1);
}

absl::Status MergeFieldJson(pb::Message& message, const pb::FieldDescriptor* field, absl::string_view json) {
  pb::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  const std::string wrapped = absl::StrCat("{\"", field->name(), "\":", json, "}");
  std::string binary;
  if (!pb::util::JsonToBinaryString(&Resolver(), UrlOf(message), wrapped, &binary, options).ok() ||
      !message.MergeFromString(binary))
    return Internal(absl::StrCat("column ", field->name(), " does not hold the JSON of its field"));
  return absl::OkStatus();
}

std::string FieldBytes(const pb::Message& message, const pb::FieldDescriptor* field) {
  pb::FieldMask mask;
  mask.add_paths(field->name());
  std::unique_ptr<pb::Message> alone(message.New());
  pb::util::FieldMaskUtil::MergeMessageTo(message, mask, {}, alone.get());
  return alone->SerializeAsString();
}

}  // namespace vivier::storage
