#include "shared/cache/value.h"

#include <map>
#include <mutex>

#include "shared/base/hash.h"

namespace vivier::cache {
namespace {

constexpr size_t kHeadSize = 16;
constexpr size_t kChecksumSize = 16;

void AppendBigEndian(uint64_t number, std::string& out) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift));
}

uint64_t ReadBigEndian(absl::string_view bytes) {
  uint64_t number = 0;
  for (size_t i = 0; i < 8; ++i) number = number << 8 | static_cast<unsigned char>(bytes[i]);
  return number;
}

std::string Checksum(absl::string_view key, absl::string_view head, absl::string_view payload) {
  return ChainHash(key, {head, payload}).substr(0, kChecksumSize);
}

using Definitions = std::map<std::string, std::string>;

void Collect(const google::protobuf::Descriptor& type, Definitions& definitions) {
  if (!definitions.emplace(type.full_name(), type.DebugString()).second) return;
  for (int i = 0; i < type.field_count(); ++i) {
    const auto& field = *type.field(i);
    if (field.message_type() != nullptr) Collect(*field.message_type(), definitions);
    if (field.enum_type() != nullptr)
      definitions.emplace(field.enum_type()->full_name(), field.enum_type()->DebugString());
  }
}

uint64_t ComputeFingerprint(const google::protobuf::Descriptor& type) {
  Definitions definitions;
  Collect(type, definitions);
  std::string hash = Sha256(type.full_name());
  for (const auto& [name, definition] : definitions) hash = ChainHash(hash, {name, definition});
  return ReadBigEndian(hash);
}

}  // namespace

uint64_t SchemaFingerprint(const google::protobuf::Descriptor& type) {
  // Computed once for each type that is compiled in; a descriptor of another pool may be freed, and
  // its address used anew.
  static std::mutex& mutex = *new std::mutex;
  static auto& known = *new std::map<const google::protobuf::Descriptor*, uint64_t>;
  if (type.file()->pool() != google::protobuf::DescriptorPool::generated_pool())
    return ComputeFingerprint(type);
  const std::lock_guard lock(mutex);
  const auto [fingerprint, is_new] = known.try_emplace(&type, 0);
  if (is_new) fingerprint->second = ComputeFingerprint(type);
  return fingerprint->second;
}

std::string EncodeValue(absl::string_view key, uint64_t fingerprint, uint64_t version,
                        absl::string_view payload) {
  std::string value;
  value.reserve(kHeadSize + kChecksumSize + payload.size());
  AppendBigEndian(fingerprint, value);
  AppendBigEndian(version, value);
  value += Checksum(key, value, payload);
  value.append(payload.data(), payload.size());
  return value;
}

std::optional<Versioned> DecodeValue(absl::string_view key, uint64_t fingerprint,
                                     absl::string_view value) {
  if (value.size() < kHeadSize + kChecksumSize || ReadBigEndian(value) != fingerprint)
    return std::nullopt;
  const absl::string_view head = value.substr(0, kHeadSize),
                          payload = value.substr(kHeadSize + kChecksumSize);
  if (value.substr(kHeadSize, kChecksumSize) != Checksum(key, head, payload)) return std::nullopt;
  return Versioned{ReadBigEndian(head.substr(8)), std::string(payload)};
}

}  // namespace vivier::cache
