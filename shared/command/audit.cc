#include "absl/flags/flag.h"
#include "absl/strings/str_format.h"
#include "google/protobuf/util/time_util.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/command/commands.h"
#include "shared/command/session.h"
#include "shared/command/settings.h"
#include "vivier/site/v1/site.pb.h"

ABSL_FLAG(int32_t, days, 30, "audit: how many days back, today included");

namespace vivier::command {
namespace {

using google::protobuf::util::TimeUtil;

void PrintChanges(const site::v1::SearchAuditRecordsResponse& changes) {
  for (const site::v1::AuditRecord& record : changes.records())
    absl::PrintF("%s  %s/%d  %s  %s  %s  %s\n", TimeUtil::ToString(record.create_time()),
                 record.service(), record.number(), record.principal(), record.method(),
                 record.resource(), record.reason());
}

void PrintReads(const site::v1::SearchPersonReadsResponse& reads) {
  for (const site::v1::PersonRead& entry : reads.reads())
    absl::PrintF("%s  %s  %s  was shown it %d times that day (opened %d times), first by %s\n",
                 TimeUtil::ToString(entry.first_time()), entry.service(), entry.principal(),
                 entry.reads(), entry.opened(), entry.first_method());
}

absl::Status PrintTrail(const std::string& name, Modules modules) {
  ASSIGN_OR_RETURN(Settings settings, ReadSettings());
  ASSIGN_OR_RETURN(std::unique_ptr<Session> session, Session::Open(settings, std::move(modules)));
  site::v1::SearchAuditRecordsRequest changed;
  changed.set_name(name);
  changed.set_days(absl::GetFlag(FLAGS_days));
  RETURN_IF_ERROR(
      session->AskAllPages<site::v1::SearchAuditRecordsResponse>(changed, &PrintChanges));
  site::v1::SearchPersonReadsRequest read;
  read.set_name(name);
  read.set_days(absl::GetFlag(FLAGS_days));
  return session->AskAllPages<site::v1::SearchPersonReadsResponse>(read, &PrintReads);
}

}  // namespace

int Audit(const Arguments& arguments, Modules modules) {
  if (arguments.size() != 1) return Refuse(InvalidField("name", "give one resource's name"));
  const absl::Status status = PrintTrail(arguments[0], std::move(modules));
  return status.ok() ? 0 : Refuse(status);
}

}  // namespace vivier::command
