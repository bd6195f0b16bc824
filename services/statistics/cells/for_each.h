// What the invariants of statistics share: all rows of a table. Thread-safe like its arguments.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "shared/base/status.h"
#include "shared/storage/log/table.h"

namespace vivier::statistics {

template <class M>
absl::Status ForEach(storage::Transaction& transaction, const std::string& collection,
                     const std::function<void(const M&)>& each) {
  const storage::Rows<M> rows;
  const std::string parent = absl::StrCat("schools/", transaction.school(), "/", collection);
  storage::Unit unit(transaction);
  std::string token;
  do {
    ASSIGN_OR_RETURN(storage::Page<M> page,
                     rows.List(unit, parent, storage::kPageSizeMax, token, ""));
    for (const M& row : page.items) each(row);
    token = page.next_page_token;
  } while (!token.empty());
  return absl::OkStatus();
}

}  // namespace vivier::statistics
