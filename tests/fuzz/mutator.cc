#include "tests/fuzz/mutator.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace vivier::fuzz {
namespace {

constexpr size_t kKeptMax = 4096, kWordsMax = 4096, kWordBytesMax = 40;
constexpr size_t kChangesMax = 6;
// Bytes at which readers do something else.
constexpr absl::string_view kBytes("\0\x01\x7f\x80\xff\n\r\t \"'<>&;,:{}[]()\\/|=.-_*#@%+~", 35);
constexpr absl::string_view kNumbers[] = {"0",
                                          "-1",
                                          "1",
                                          "255",
                                          "256",
                                          "65535",
                                          "65536",
                                          "2147483647",
                                          "-2147483648",
                                          "4294967296",
                                          "9223372036854775807",
                                          "-9223372036854775808",
                                          "18446744073709551616",
                                          "1e309",
                                          "0.1",
                                          "NaN"};

bool IsOfWord(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Of the line that the place is in.
size_t StartOfLine(absl::string_view text, size_t place) {
  const size_t before = text.substr(0, place).rfind('\n');
  return before == text.npos ? 0 : before + 1;
}

}  // namespace

void Mutator::Keep(absl::string_view input) {
  if (input.size() > kBytesMax) return;
  if (kept_.size() < kKeptMax)
    kept_.emplace_back(input);
  else
    kept_[Below(kKeptMax)] = std::string(input);
  for (size_t begin = 0; begin < input.size() && words_.size() < kWordsMax;) {
    size_t end = begin + 1;
    if (IsOfWord(input[begin]))
      while (end < input.size() && IsOfWord(input[end])) ++end;
    if (end - begin > 1 && end - begin <= kWordBytesMax)
      words_.emplace_back(input.substr(begin, end - begin));
    begin = end;
  }
}

std::string Mutator::Next() {
  std::string input = kept_.empty() ? "" : Any(kept_);
  for (size_t changes = 1 + Below(kChangesMax); changes > 0; --changes) Change(input);
  input.resize(std::min(input.size(), kBytesMax));
  return input;
}

void Mutator::Change(std::string& input) {
  switch (Below(10)) {
    case 0:
    case 1:
      return ChangeByte(input);
    case 2:
      return Insert(input, kBytes.substr(Below(kBytes.size()), 1));
    case 3:
      return words_.empty() ? ChangeByte(input) : Insert(input, Any(words_));
    case 4:
      return ChangeNumber(input);
    case 5:
      return Repeat(input);
    case 6:
      return Cut(input);
    case 7:
    case 8:
      return TakeLine(input);
    default:
      return Splice(input);
  }
}

void Mutator::ChangeByte(std::string& input) {
  if (input.empty()) return Insert(input, "x");
  char& byte = input[Below(input.size())];
  switch (Below(3)) {
    case 0:
      byte = static_cast<char>(byte ^ (1 << Below(8)));
      return;
    case 1:
      byte = static_cast<char>(Below(256));
      return;
    default:
      byte = kBytes[Below(kBytes.size())];
  }
}

// In the place of the digits that come next, where there are any.
void Mutator::ChangeNumber(std::string& input) {
  const auto is_digit = [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); };
  const auto begin = std::find_if(input.begin() + static_cast<std::ptrdiff_t>(Below(input.size())),
                                  input.end(), is_digit);
  const auto end = std::find_if_not(begin, input.end(), is_digit);
  const std::string number(kNumbers[Below(std::size(kNumbers))]);
  input.replace(begin, end, number);
}

void Mutator::Insert(std::string& input, absl::string_view more) {
  input.insert(Below(input.size() + 1), more.data(), more.size());
}

void Mutator::Repeat(std::string& input) {
  const size_t begin = Below(input.size());
  const std::string part = input.substr(begin, 1 + Below(64));
  const size_t times = Below(16) == 0 ? 1 + Below(300) : 1;
  std::string all;
  for (size_t i = 0; i < times; ++i) all += part;
  Insert(input, all);
}

void Mutator::Cut(std::string& input) {
  const size_t begin = Below(input.size());
  input.erase(begin, 1 + Below(Below(4) == 0 ? input.size() + 1 : 16));
}

// A line of another, or of itself, between two of its own.
void Mutator::TakeLine(std::string& input) {
  if (kept_.empty()) return;
  const std::string& other = Any(kept_);
  const size_t begin = StartOfLine(other, Below(other.size() + 1));
  const size_t end = other.find('\n', begin);
  const std::string line =
      absl::StrCat(other.substr(begin, end == other.npos ? end : end - begin), "\n");
  input.insert(StartOfLine(input, Below(input.size() + 1)), line);
}

// The end of another.
void Mutator::Splice(std::string& input) {
  if (kept_.empty()) return;
  const std::string& other = Any(kept_);
  input.resize(Below(input.size() + 1));
  input += other.substr(Below(other.size() + 1));
}

}  // namespace vivier::fuzz
