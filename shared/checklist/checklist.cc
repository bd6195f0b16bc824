#include "shared/checklist/checklist.h"

#include <variant>

#include "absl/strings/str_cat.h"
#include "shared/base/status.h"

namespace vivier::checklist {

namespace {

// One row is enough: a table may have millions.
std::string CountedSql(const Need& need) {
  return absl::StrCat("SELECT COUNT(*) FROM (SELECT 1 FROM ", need.table, " WHERE school = $1",
                      *need.condition == '\0' ? "" : " AND ", need.condition, " LIMIT 1) AS found");
}

}  // namespace

absl::Status AddItems(const std::string& service, Kind kind, rpc::Readers& readers,
                      const std::string& school, site::v1::GetChecklistResponse& response) {
  return readers.Read(school, [&](storage::Transaction& snapshot) -> absl::Status {
    for (const Need& need : Needs()) {
      if (service != need.service || KindOf(need.goal) != kind) continue;
      ASSIGN_OR_RETURN(const storage::Result counted,
                       snapshot.connection().Query(CountedSql(need), {school}));
      site::v1::ChecklistItem& item = *response.add_items();
      item.set_service(service);
      item.set_goal(need.goal);
      item.set_what(need.what);
      item.set_done(std::get<int64_t>(counted.rows[0][0]) > 0);
      if (!item.done()) item.set_todo(need.todo);
    }
    return absl::OkStatus();
  });
}

}  // namespace vivier::checklist
