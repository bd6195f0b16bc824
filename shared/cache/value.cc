#include "shared/cache/value.h"

#include <openssl/crypto.h>

#include <map>
#include <mutex>

#include "shared/base/hash.h"

namespace vivier::cache {
namespace {

constexpr size_t kHeadSize = 24;
constexpr size_t kMacSize = 16;

void AppendBigEndian(uint64_t number, std::string& out) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift));
}

uint64_t ReadBigEndian(absl::string_view bytes) {
  uint64_t number = 0;
  for (size_t i = 0; i < 8; ++i) number = number << 8 | static_cast<unsigned char>(bytes[i]);
  return number;
}

std::string MacOf(const security::Key& mac_key, absl::string_view key, absl::string_view head,
                  absl::string_view payload) {
  std::string length;
  AppendBigEndian(key.size(), length);
  return HmacSha256(mac_key.bytes(), {head, length, key, payload}).substr(0, kMacSize);
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

std::string EncodeValue(const security::Key& mac_key, absl::string_view key, uint64_t fingerprint,
                        const Versioned& value) {
  std::string bytes;
  bytes.reserve(kHeadSize + kMacSize + value.payload.size());
  AppendBigEndian(fingerprint, bytes);
  AppendBigEndian(value.version, bytes);
  AppendBigEndian(static_cast<uint64_t>(absl::ToUnixMillis(value.loaded_at)), bytes);
  bytes += MacOf(mac_key, key, bytes, value.payload);
  bytes += value.payload;
  return bytes;
}

std::optional<Decoded> DecodeValue(const security::Key& mac_key, absl::string_view key,
                                   absl::string_view bytes) {
  if (bytes.size() < kHeadSize + kMacSize) return std::nullopt;
  const absl::string_view head = bytes.substr(0, kHeadSize),
                          payload = bytes.substr(kHeadSize + kMacSize);
  if (CRYPTO_memcmp(bytes.data() + kHeadSize, MacOf(mac_key, key, head, payload).data(),
                    kMacSize) != 0)
    return std::nullopt;
  const auto loaded_at = static_cast<int64_t>(ReadBigEndian(head.substr(16)));
  return Decoded{
      ReadBigEndian(head),
      {ReadBigEndian(head.substr(8)), std::string(payload), absl::FromUnixMillis(loaded_at)}};
}

}  // namespace vivier::cache
