#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "google/protobuf/util/time_util.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/cli/options.h"
#include "shared/command/commands.h"
#include "shared/command/session.h"
#include "shared/command/settings.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::command {
namespace {

using google::protobuf::util::TimeUtil;

// "  made schools/…, changed schools/…, deleted schools/…, and 17 more"; "schools/nancy/cells/*"
// has no version of its own.
std::string TextOf(const site::v1::AuditRecord& record) {
  std::string text;
  for (const site::v1::RowChange& change : record.changes())
    absl::StrAppend(&text, text.empty() ? "  " : ", ",
                    absl::EndsWith(change.name(), "/*") ? "changed "
                    : change.version() == 0             ? "deleted "
                    : change.version() == 1             ? "made "
                                                        : "changed ",
                    change.name());
  if (record.more_changes() > 0)
    absl::StrAppend(&text, ", and ", record.more_changes(), " changes more");
  if (record.reading())
    absl::StrAppend(&text, "  showed ", record.persons(),
                    record.persons() == 1 ? " person" : " persons");
  return text;
}

void PrintChanges(const site::v1::SearchAuditRecordsResponse& changes) {
  for (const site::v1::AuditRecord& record : changes.records())
    absl::PrintF("%s  %s/%s%d  %s  %s  %s  %s%s\n", TimeUtil::ToString(record.create_time()),
                 record.service(), record.reading() ? "readings/" : "", record.number(),
                 record.principal(), record.method(), record.resource(), record.reason(),
                 TextOf(record));
}

void PrintReads(const site::v1::SearchPersonReadsResponse& reads) {
  for (const site::v1::PersonRead& entry : reads.reads())
    absl::PrintF("%s  %s  %s  was shown %s %d times that day (opened %d times), first by %s\n",
                 TimeUtil::ToString(entry.first_time()), entry.service(), entry.principal(),
                 entry.person(), entry.reads(), entry.opened(), entry.first_method());
}

// A process knows a person by names that another one gave them, so all are asked until no new name
// comes.
absl::StatusOr<std::set<std::string>> NamesOf(Session& session,
                                              site::v1::SearchPersonReadsRequest request) {
  std::set<std::string> names = {request.name()};
  request.set_page_size(1);
  for (size_t before = 0; before < names.size();) {
    before = names.size();
    request.mutable_names()->Assign(names.begin(), names.end());
    ASSIGN_OR_RETURN(const auto answer,
                     session.AskAll<site::v1::SearchPersonReadsResponse>(request));
    names.insert(answer.names().begin(), answer.names().end());
  }
  return names;
}

absl::Status PrintTrail(const Line& line, Modules modules) {
  const std::string name = line.Argument(0);
  ASSIGN_OR_RETURN(Settings settings, ReadSettings(line));
  ASSIGN_OR_RETURN(std::unique_ptr<Session> session, Session::Open(settings, std::move(modules)));
  RETURN_IF_ERROR(session->ActAs(line, settings, "auditor"));
  site::v1::SearchAuditRecordsRequest changed;
  changed.set_name(name);
  changed.set_days(line.Number(cli::kDays));
  RETURN_IF_ERROR(
      session->AskAllPages<site::v1::SearchAuditRecordsResponse>(changed, &PrintChanges));
  site::v1::SearchPersonReadsRequest read;
  read.set_name(name);
  read.set_days(line.Number(cli::kDays));
  ASSIGN_OR_RETURN(const std::set<std::string> names, NamesOf(*session, read));
  read.mutable_names()->Assign(names.begin(), names.end());
  return session->AskAllPages<site::v1::SearchPersonReadsResponse>(read, &PrintReads);
}

}  // namespace

absl::StatusOr<int> Audit(const Line& line, Modules modules) {
  RETURN_IF_ERROR(PrintTrail(line, std::move(modules)));
  return 0;
}

}  // namespace vivier::command
