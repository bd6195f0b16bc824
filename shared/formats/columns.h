// Which column of a CSV file is which field, by the titles that people give them. Pure functions,
// thread-safe.
#pragma once

#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "shared/formats/csv.h"

namespace vivier::formats {

// A title as people write it, in lower case with spaces for dashes and underscores → the field.
using Titles = std::map<std::string, std::string>;

struct Columns {
  std::map<std::string, size_t> by_field;
  // The second column of a field, when there is one, and the field.
  std::string doubled_title, doubled_field;
};

// The columns that have one of the titles; white space, dashes, underscores and the case of ASCII
// letters make no difference. Columns with other titles are none of ours.
Columns FindColumns(const CsvTable& table, const Titles& titles);

// The title of the first column whose cell is not UTF-8, which then reads U+FFFD; "" beyond the
// header.
std::string FirstDamaged(const CsvTable& table, const CsvTable::Row& row);

}  // namespace vivier::formats
