#include "shared/storage/rows/row_mac.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"

namespace vivier::storage {
namespace {

void AppendNumber(uint64_t number, std::string& bytes) {
  char little[8];
  for (int i = 0; i < 8; ++i) little[i] = static_cast<char>(number >> (8 * i));
  bytes.append(little, sizeof little);
}

void AppendText(absl::string_view text, std::string& bytes) {
  AppendNumber(text.size(), bytes);
  bytes.append(text.data(), text.size());
}

void AppendValue(const Value& value, std::string& bytes) {
  if (const int64_t* number = std::get_if<int64_t>(&value)) {
    bytes.push_back('i');
    AppendNumber(static_cast<uint64_t>(*number), bytes);
  } else if (const std::string* text = std::get_if<std::string>(&value)) {
    bytes.push_back('t');
    AppendText(*text, bytes);
  } else if (const Bytes* data = std::get_if<Bytes>(&value)) {
    bytes.push_back('b');
    AppendText(data->data, bytes);
  } else {
    bytes.push_back('n');
  }
}

std::string BitsOf(const std::vector<int>& numbers) {
  std::string bits;
  for (const int number : numbers) {
    if (number == 0) continue;
    const auto byte = static_cast<size_t>(number - 1) / 8;
    if (byte >= bits.size()) bits.resize(byte + 1, '\0');
    bits[byte] = static_cast<char>(bits[byte] | 1 << (number - 1) % 8);
  }
  return bits;
}

std::vector<int> Without(std::vector<int> numbers, const std::vector<int>& left_out) {
  const auto is_out = [&left_out](int number) {
    return std::find(left_out.begin(), left_out.end(), number) != left_out.end();
  };
  numbers.erase(std::remove_if(numbers.begin(), numbers.end(), is_out), numbers.end());
  return numbers;
}

bool Covers(absl::string_view covered, int number) {
  if (number == 0) return true;
  const auto byte = static_cast<size_t>(number - 1) / 8;
  return byte < covered.size() && (covered[byte] >> (number - 1) % 8 & 1) != 0;
}

// Whether it names columns that are not known.
bool IsNewer(absl::string_view covered, absl::string_view known) {
  for (size_t i = 0; i < covered.size(); ++i)
    if ((covered[i] & ~(i < known.size() ? known[i] : 0)) != 0) return true;
  return false;
}

std::string Mac(const security::MacKey& key, const MacLayout& layout, absl::string_view covered,
                absl::Span<const Value> values) {
  thread_local std::string bytes;  // grown once
  bytes.clear();
  AppendText(layout.table, bytes);
  AppendText(covered, bytes);
  for (size_t i = 0; i < values.size(); ++i)
    if (Covers(covered, layout.numbers[i])) AppendValue(values[i], bytes);
  return key.Of(bytes);
}

}  // namespace

MacLayout::MacLayout(std::string name, std::vector<int> columns, const std::vector<int>& later)
    : table(std::move(name)),
      numbers(std::move(columns)),
      covered(BitsOf(Without(numbers, later))),
      known(BitsOf(numbers)) {}

std::string MacOfRow(const security::MacKey& key, const MacLayout& layout,
                     absl::Span<const Value> values) {
  return Mac(key, layout, layout.covered, values) + layout.covered;
}

MacVerdict CheckMac(const MacKeys& keys, const MacLayout& layout, absl::Span<const Value> values,
                    const Value& mac) {
  const Bytes* stored = std::get_if<Bytes>(&mac);
  if (stored == nullptr || stored->data.size() < security::kMacSize) return MacVerdict::kWrong;
  const absl::string_view code = absl::string_view(stored->data).substr(0, security::kMacSize);
  const absl::string_view covered = absl::string_view(stored->data).substr(security::kMacSize);
  if (IsNewer(covered, layout.known)) return MacVerdict::kNewer;
  for (const security::MacKey& key : keys)
    if (Mac(key, layout, covered, values) == code) return MacVerdict::kGood;
  return MacVerdict::kWrong;
}

bool IsMacUnder(const security::MacKey& key, const MacLayout& layout,
                absl::Span<const Value> values, const Value& mac) {
  return CheckMac({key}, layout, values, mac) == MacVerdict::kGood;
}

absl::Status ToStatus(MacVerdict verdict, absl::string_view table, absl::string_view row) {
  if (verdict == MacVerdict::kGood) return absl::OkStatus();
  if (verdict == MacVerdict::kWrong) return RowChanged(table, row);
  return Error(absl::StatusCode::kFailedPrecondition, "BINARY_TOO_OLD",
               absl::StrCat(row, " of ", table,
                            " covers columns that this program does not know: a newer one wrote "
                            "it, or somebody changed it; run the newer one, or vivier verify"),
               {{"table", std::string(table)}, {"row", std::string(row)}});
}

absl::Status RowChanged(absl::string_view table, absl::string_view row) {
  return Error(absl::StatusCode::kDataLoss, "ROW_CHANGED",
               absl::StrCat(row, " of ", table,
                            " was changed outside the program: vivier verify "
                            "lists all such rows, a backup has them as they were"),
               {{"table", std::string(table)}, {"row", std::string(row)}});
}

}  // namespace vivier::storage
