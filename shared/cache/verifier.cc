#include "shared/cache/verifier.h"

#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "shared/log/log.h"

namespace vivier::cache {

size_t Verifier::SlotOf(absl::string_view key) {
  return absl::Hash<absl::string_view>()(key) % std::tuple_size_v<decltype(changed_at_)>;
}

Verifier::Verdict Verifier::Judge(absl::string_view key, uint64_t fingerprint,
                                  absl::string_view bytes, std::optional<Versioned>& value) {
  std::optional<Decoded> decoded = DecodeValue(mac_key_, key, bytes);
  const Verdict verdict = decoded ? Decide(key, fingerprint, *decoded) : Verdict::kForged;
  if (verdict == Verdict::kBelieved) {
    value = std::move(decoded->value);
  } else {
    Tell(verdict, key);
  }
  return verdict;
}

Verifier::Verdict Verifier::Decide(absl::string_view key, uint64_t fingerprint,
                                   const Decoded& decoded) const {
  if (decoded.fingerprint != fingerprint) return Verdict::kOtherSchema;
  const absl::Time loaded_at = decoded.value.loaded_at;
  const absl::Duration age = now_() - loaded_at;
  if (age > kAgeMax || age < -kClocksDiffer) return Verdict::kOld;
  const int64_t changed_at = changed_at_[SlotOf(key)].load(std::memory_order_acquire);
  return loaded_at < absl::FromUnixMillis(changed_at) + kClocksDiffer ? Verdict::kOvertaken
                                                                      : Verdict::kBelieved;
}

void Verifier::Changed(absl::string_view key) {
  const int64_t now = absl::ToUnixMillis(now_());
  std::atomic<int64_t>& changed_at = changed_at_[SlotOf(key)];
  int64_t before = changed_at.load(std::memory_order_relaxed);
  while (before < now &&
         !changed_at.compare_exchange_weak(before, now, std::memory_order_release)) {
  }
}

void Verifier::Tell(Verdict verdict, absl::string_view key) {
  const auto count = [](std::atomic<uint64_t>& counter) {
    counter.fetch_add(1, std::memory_order_relaxed);
  };
  // An upgrade and a change are everyday: neither is a sign of somebody inside Redis.
  if (verdict == Verdict::kOtherSchema) return count(counters_.other_schemas);
  if (verdict == Verdict::kOvertaken) return count(counters_.overtaken_values);
  const bool is_old = verdict == Verdict::kOld;
  count(is_old ? counters_.old_values : counters_.forged_values);
  const std::optional<uint64_t> left_out = told_.Enter(now_());
  if (!left_out) return;
  Log(LogLevel::kWarning,
      is_old
          ? "a value in Redis is too old or from the future, and was not believed"
          : "a value in Redis was not written by this school under its key, and was not believed",
      {{"key", key}, {"left_out", absl::StrCat(*left_out)}});
}

}  // namespace vivier::cache
