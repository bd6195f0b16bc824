// Figures and their dictionary as files. Functions without state, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "vivier/statistics/v1/indicators.pb.h"

namespace vivier::statistics {

// Lines of CSV (RFC 4180), the titles first where `header` says so. What is hidden reads "nd", as
// in official files; an empty cell has nothing to say.
enum class Header { kNone, kFirst };
std::string ToCsv(const std::vector<v1::IndicatorValue>& values, Header header);
std::string ToCsv(const std::vector<v1::IndicatorDefinition>& definitions);

// An object a line.
std::string ToJson(const std::vector<v1::IndicatorValue>& values);
std::string ToJson(const std::vector<v1::IndicatorDefinition>& definitions);

}  // namespace vivier::statistics
