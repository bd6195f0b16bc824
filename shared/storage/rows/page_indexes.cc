#include "shared/storage/rows/page_indexes.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/api/resource.pb.h"
#include "shared/base/status.h"
#include "shared/storage/engines/migrate.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::storage {
namespace {

bool Serves(const Index& index, const std::vector<std::string>& wanted) {
  const size_t next = wanted.size();
  if (index.partial || index.columns.size() < next ||
      !std::equal(wanted.begin(), wanted.end(), index.columns.begin()))
    return false;
  return next < index.columns.size() ? index.columns[next] == "name" : index.unique;
}

}  // namespace

// Resources have one pattern, and end in a collection and an id.
const Schema::Column* ParentColumn(const Schema& schema, absl::string_view parent) {
  const auto& options = schema.descriptor()->options();
  const std::string& pattern = options.GetExtension(google::api::resource).pattern(0);
  const auto slashes = [](absl::string_view text) {
    return std::count(text.begin(), text.end(), '/');
  };
  const bool is_own = parent.empty() || slashes(parent) + 2 == slashes(pattern);
  return is_own ? schema.FindColumn(options.GetExtension(options::v1::listed_below)) : nullptr;
}

absl::StatusOr<std::vector<std::string>> UnservedFields(Connection& connection,
                                                        const Schema& schema) {
  ASSIGN_OR_RETURN(const std::vector<Index> indexes, Indexes(connection, schema.table()));
  std::vector<std::string> unserved;
  for (const Schema::Column& column : schema.columns()) {
    if (!column.filterable) continue;
    std::vector<std::string> wanted = {"school"};
    if (ParentColumn(schema) != nullptr) wanted.push_back(ParentColumn(schema)->field->name());
    wanted.push_back(column.field->name());
    if (std::none_of(indexes.begin(), indexes.end(),
                     [&wanted](const Index& index) { return Serves(index, wanted); }))
      unserved.push_back(absl::StrCat(column.field->name(), " is filterable without an index (",
                                      absl::StrJoin(wanted, ", "), ", name)"));
  }
  return unserved;
}

}  // namespace vivier::storage
