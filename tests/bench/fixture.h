// The data that the benchmark works on: a school with cohorts of 24 seats, each with 24 scored and
// ranked applications of different people, all to be admitted; and cohorts to read, of two sizes.
// The same seed gives the same data.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace vivier::bench {

inline constexpr char kSchool[] = "nancy";
inline constexpr char kOtherSchool[] = "metz";  // has cohorts to read only
inline constexpr int kSeats = 24;
inline constexpr int kReadNames = 256;  // of each size

// Makes the keys and the enrolment database of a data folder that is empty, with that many cohorts
// to admit into.
absl::Status Fill(const std::string& folder, int cohorts);
// The same on PostgreSQL, in an empty database that the connection string names.
absl::Status FillPostgres(const std::string& folder, const std::string& postgres, int cohorts);

// In the order in which they may be admitted.
std::vector<std::string> ApplicationNames(int cohorts);
// Cohorts whose message has about 300 bytes, or 2 KB.
std::vector<std::string> SmallCohorts(const std::string& school = kSchool);
std::vector<std::string> LargeCohorts();

}  // namespace vivier::bench
