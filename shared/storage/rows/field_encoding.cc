#include "shared/storage/rows/field_encoding.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
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

// protobuf translates a message's descriptor, options and all, at every JSON text that it reads or
// prints, which costs ten times the text. This keeps the translations, without the fields' options,
// which JSON does not ask for.
class RememberingResolver : public pb::util::TypeResolver {
 public:
  pb::util::Status ResolveMessageType(const std::string& url, pb::Type* type) override {
    const std::lock_guard lock(mutex_);
    auto known = types_.find(url);
    if (known == types_.end()) {
      pb::Type resolved;
      if (pb::util::Status status = resolver_->ResolveMessageType(url, &resolved); !status.ok())
        return status;
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
      if (pb::util::Status status = resolver_->ResolveEnumType(url, &resolved); !status.ok())
        return status;
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

// What recent texts of JSON columns mean, in protobuf's encoding: to parse the rules of a cohort
// again at every read of it takes a hundred microseconds and more. Such columns hold no personal
// data, which is encrypted in another encoding.
class RememberedTexts {
 public:
  std::shared_ptr<const std::string> Find(const pb::FieldDescriptor* field,
                                          absl::string_view json) {
    const std::lock_guard lock(mutex_);
    const auto known = texts_.find(Key(field, json));
    return known == texts_.end() ? nullptr : known->second.binary;
  }

  void Keep(const pb::FieldDescriptor* field, absl::string_view json,
            std::shared_ptr<const std::string> binary) {
    if (json.size() > kTextBytesMax) return;
    auto text = std::make_unique<const std::string>(json);
    const std::lock_guard lock(mutex_);
    if (texts_.size() >= kTextsMax) texts_.clear();
    const Key key(field, *text);
    texts_.try_emplace(key, Text{std::move(text), std::move(binary)});
  }

 private:
  // At most 16 MiB with their meanings, which are shorter than their texts; a school's open cohorts
  // and programmes.
  static constexpr size_t kTextsMax = 1024;
  static constexpr size_t kTextBytesMax = 8 << 10;

  using Key = std::pair<const pb::FieldDescriptor*, absl::string_view>;
  struct Text {
    std::unique_ptr<const std::string> json;  // what the key points to
    std::shared_ptr<const std::string> binary;
  };

  std::mutex mutex_;
  absl::flat_hash_map<Key, Text> texts_;
};

RememberedTexts& Remembered() {
  static auto& texts = *new RememberedTexts;
  return texts;
}

pb::util::TypeResolver& Resolver() {
  static auto& resolver = *new RememberingResolver;
  return resolver;
}

absl::Status NotItsJson(const pb::FieldDescriptor* field) {
  return Internal(absl::StrCat("column ", field->name(), " does not hold the JSON of its field"));
}

std::string UrlOf(const pb::Message& message) {
  return absl::StrCat(kUrlPrefix, "/", message.GetDescriptor()->full_name());
}

}  // namespace

// protobuf prints whole messages only, so the field stands alone in one and the wrapping {"field":
// … } is cut off.
absl::StatusOr<std::string> FieldJson(const pb::Message& message,
                                      const pb::FieldDescriptor* field) {
  pb::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  if (!pb::util::BinaryToJsonString(&Resolver(), UrlOf(message), FieldBytes(message, field), &json,
                                    options)
           .ok())
    return Internal("a field does not print as JSON");
  const size_t prefix = field->name().size() + 4;  // {"name":
  return json.substr(prefix, json.size() - prefix - 1);
}

absl::Status MergeFieldJson(pb::Message& message, const pb::FieldDescriptor* field,
                            absl::string_view json) {
  std::shared_ptr<const std::string> known = Remembered().Find(field, json);
  if (known == nullptr) {
    pb::util::JsonParseOptions options;
    options.ignore_unknown_fields = true;
    const std::string wrapped = absl::StrCat("{\"", field->name(), "\":", json, "}");
    auto binary = std::make_shared<std::string>();
    if (!pb::util::JsonToBinaryString(&Resolver(), UrlOf(message), wrapped, binary.get(), options)
             .ok())
      return NotItsJson(field);
    known = std::move(binary);
    Remembered().Keep(field, json, known);
  }
  return message.MergeFromString(*known) ? absl::OkStatus() : NotItsJson(field);
}

std::string FieldBytes(const pb::Message& message, const pb::FieldDescriptor* field) {
  pb::FieldMask mask;
  mask.add_paths(field->name());
  std::unique_ptr<pb::Message> alone(message.New());
  pb::util::FieldMaskUtil::MergeMessageTo(message, mask, {}, alone.get());
  return alone->SerializeAsString();
}

}  // namespace vivier::storage
