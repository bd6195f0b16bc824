// Resource names (AIP-122): schools/{school}/{collection}/{id}/{collection}/{id}…, collections and
// ids in turns. A singleton ends with a collection alone: schools/nancy/cohorts/ai-1/seats. A name
// with an empty segment, such as one that ends with a slash, is none: what it has not, is "". Pure
// functions, thread-safe.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace vivier {

// The school of a resource name, "nancy" of "schools/nancy/cohorts/ai-1"; "" when it belongs to
// none.
absl::string_view SchoolOf(absl::string_view name);

// The resource name of that school, "schools/nancy".
std::string SchoolNameOf(absl::string_view name);

// The last segment: "ai-1" of "schools/nancy/cohorts/ai-1", and of "ai-1".
std::string IdOf(absl::string_view name);

// The resource that it lies below: "schools/nancy" of "schools/nancy/cohorts/ai-1",
// "schools/nancy/cohorts/ai-1" of its singleton "schools/nancy/cohorts/ai-1/seats"; "" of a school.
std::string ParentOf(absl::string_view name);

// What it is one of: "cohorts" of "schools/nancy/cohorts/ai-1", "seats" of the singleton.
std::string CollectionOf(absl::string_view name);

// The table of a collection, as SQL spells it: "funding_plans" of "fundingPlans".
std::string SnakeCase(absl::string_view collection);

// What tells it apart in its school: the ids after the school, joined with dots. "ai-1.l7" of
// "schools/nancy/cohorts/ai-1/learners/l7". An id that holds a dot makes it ambiguous.
std::string IdInSchool(absl::string_view name);

// The name of a resource below `parent`: ParentOf, CollectionOf and IdOf take it apart again.
std::string ChildName(absl::string_view parent, absl::string_view collection, absl::string_view id);

// The name of a resource right below the school that has this id.
std::string NameIn(absl::string_view school, absl::string_view collection, absl::string_view id);

}  // namespace vivier
