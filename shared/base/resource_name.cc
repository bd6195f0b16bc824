#include "shared/base/resource_name.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace vivier {
namespace {

constexpr size_t kSchoolSegments = 2;

// None when one of them is empty.
std::vector<absl::string_view> Segments(absl::string_view name) {
  std::vector<absl::string_view> segments = absl::StrSplit(name, '/');
  for (absl::string_view segment : segments)
    if (segment.empty()) return {};
  return segments;
}

}  // namespace

absl::string_view SchoolOf(absl::string_view name) {
  if (!absl::ConsumePrefix(&name, "schools/")) return "";
  return name.substr(0, name.find('/'));
}

std::string SchoolNameOf(absl::string_view name) {
  const absl::string_view school = SchoolOf(name);
  return school.empty() ? "" : absl::StrCat("schools/", school);
}

std::string IdOf(absl::string_view name) { return std::string(name.substr(name.rfind('/') + 1)); }

std::string ParentOf(absl::string_view name) {
  std::vector<absl::string_view> segments = Segments(name);
  if (segments.size() <= kSchoolSegments) return "";
  segments.resize(segments.size() - (segments.size() % 2 == 0 ? 2 : 1));
  return absl::StrJoin(segments, "/");
}

std::string CollectionOf(absl::string_view name) {
  const std::vector<absl::string_view> segments = Segments(name);
  if (segments.size() < 2) return "";
  return std::string(segments[segments.size() - (segments.size() % 2 == 0 ? 2 : 1)]);
}

std::string SnakeCase(absl::string_view collection) {
  std::string snake;
  for (char c : collection) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c))) snake += '_';
    snake += absl::ascii_tolower(static_cast<unsigned char>(c));
  }
  return snake;
}

std::string IdInSchool(absl::string_view name) {
  const std::vector<absl::string_view> segments = Segments(name);
  std::vector<absl::string_view> ids;
  for (size_t i = kSchoolSegments + 1; i < segments.size(); i += 2) ids.push_back(segments[i]);
  return absl::StrJoin(ids, ".");
}

std::string ChildName(absl::string_view parent, absl::string_view collection,
                      absl::string_view id) {
  return absl::StrCat(parent, "/", collection, "/", id);
}

std::string NameIn(absl::string_view school, absl::string_view collection, absl::string_view id) {
  return absl::StrCat("schools/", school, "/", collection, "/", id);
}

}  // namespace vivier
