// The SQL of one page of a List. Every page is read forward from one index, in the order in which
// it is shown, and ends at its limit: nothing is sorted, and no row of another page is touched.
//
//   order           filter                  read from
//   name            name = …                the primary key, a search for each
//   name            f = a                   (school, [parent,] f, name)
//   name            f = a OR f = b          the same, once for each value, merged by name
//   name            none, or many values    the primary key
//   f               any                     (school, [parent,] f, name)
//
// What else a filter says is looked at in the rows that the index gave (RowCondition): an index of
// which the engine knows nothing better must not tempt it. Functions without state.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "shared/storage/rows/filter.h"
#include "shared/storage/rows/page_token.h"
#include "shared/storage/rows/schema.h"

namespace vivier::storage {

struct PageOrder {
  std::string school, parent;
  std::vector<Clause> filter;
  Order order;
  std::optional<PagePlace> after;  // the last row of the page before
  int limit;
};

FilterCondition PageQuery(const Schema& schema, const PageOrder& page);

// Whether `after` can be the last row of a page in this order: it may be of a caller's own making.
bool Fits(const Order& order, const std::optional<PagePlace>& after);

}  // namespace vivier::storage
