// The two status macros that Abseil 20220623 does not have yet.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define VIVIER_CONCAT_INNER(a, b) a##b
#define VIVIER_CONCAT(a, b) VIVIER_CONCAT_INNER(a, b)

#define RETURN_IF_ERROR(expression)                                            \
  do {                                                                         \
    if (absl::Status returned = (expression); !returned.ok()) return returned; \
  } while (false)

#define ASSIGN_OR_RETURN(declaration, expression) \
  ASSIGN_OR_RETURN_INNER(VIVIER_CONCAT(status_or_, __LINE__), declaration, expression)

#define ASSIGN_OR_RETURN_INNER(holder, declaration, expression) \
  auto holder = (expression);                                   \
  if (!holder.ok()) return std::move(holder).status();          \
  declaration = *std::move(holder)
