// Values on their way to PostgreSQL and back, in the binary form of libpq. Not thread-safe.
#pragma once

#include <endian.h>
#include <libpq-fe.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "shared/storage/engines/database.h"

namespace vivier::storage {

// Types by their number in pg_type, which never changes.
inline constexpr Oid kUnknown = 0, kBytea = 17, kBigint = 20, kText = 25;
inline constexpr int kBinary = 1;

// The type that a parameter is sent as.
inline Oid TypeOf(const Value& value) {
  constexpr Oid kTypes[] = {kUnknown, kBigint, kText, kBytea};
  return kTypes[value.index()];
}

// The parameters of one statement in the form that libpq takes: all binary, which for text is its
// bytes.
class Parameters {
 public:
  explicit Parameters(absl::Span<const Value> values)
      : numbers_(values.size()),
        pointers_(values.size()),
        lengths_(values.size()),
        formats_(values.size(), kBinary) {
    for (size_t i = 0; i < values.size(); ++i) Set(i, values[i]);
  }
  int count() const { return static_cast<int>(pointers_.size()); }
  const char* const* pointers() const { return pointers_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  void Set(size_t i, const Value& value) {
    if (const auto* number = std::get_if<int64_t>(&value)) {
      const uint64_t big_endian = htobe64(static_cast<uint64_t>(*number));
      std::memcpy(numbers_[i].data(), &big_endian, sizeof(big_endian));
      Point(i, numbers_[i].data(), sizeof(big_endian));
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      Point(i, text->data(), text->size());
    } else if (const auto* bytes = std::get_if<Bytes>(&value)) {
      Point(i, bytes->data.data(), bytes->data.size());
    }
  }
  void Point(size_t i, const char* data, size_t size) {
    pointers_[i] = data;
    lengths_[i] = static_cast<int>(size);
  }

  std::vector<std::array<char, sizeof(uint64_t)>> numbers_;
  std::vector<const char*> pointers_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

// One field of a result in binary form.
inline Value ReadValue(const PGresult* result, int row, int column) {
  if (PQgetisnull(result, row, column)) return Value();
  const char* data = PQgetvalue(result, row, column);
  const auto size = static_cast<size_t>(PQgetlength(result, row, column));
  switch (PQftype(result, column)) {
    case kBigint: {
      uint64_t big_endian = 0;
      std::memcpy(&big_endian, data, sizeof(big_endian));
      return static_cast<int64_t>(be64toh(big_endian));
    }
    case kText:
      return std::string(data, size);
    default:
      return Bytes{std::string(data, size)};
  }
}

}  // namespace vivier::storage
