#include "shared/storage/rows/row_mac.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"

namespace vivier::storage {
namespace {

void AppendNumber(uint64_t number, std::string& bytes) {
  for (int shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<char>(number >> shift));
}

void AppendText(absl::string_view text, std::string& bytes) {
  AppendNumber(text.size(), bytes);
  absl::StrAppend(&bytes, text);
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

std::string All(const std::vector<int>& numbers) {
  const int last = *std::max_element(numbers.begin(), numbers.end());
  std::string covered(static_cast<size_t>(last + 7) / 8, '\0');
  for (const int number : numbers)
    if (number > 0) covered[static_cast<size_t>(number - 1) / 8] |= 1 << (number - 1) % 8;
  return covered;
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

MacLayout::MacLayout(std::string name, std::vector<int> columns)
    : table(std::move(name)), numbers(std::move(columns)), covered(All(numbers)) {}

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
  if (IsNewer(covered, layout.covered)) return MacVerdict::kNewer;
  for (const security::MacKey& key : keys)
    if (Mac(key, layout, covered, values) == code) return MacVerdict::kGood;
  return MacVerdict::kWrong;
}

absl::Status RowChanged(absl::string_view table, absl::string_view row) {
  return Error(absl::StatusCode::kDataLoss, "ROW_CHANGED",
               absl::StrCat(row, " of ", table,
                            " was changed outside the program: vivier verify "
                            "lists all such rows, a backup has them as they were"),
               {{"table", std::string(table)}, {"row", std::string(row)}});
}

}  // namespace vivier::storage
