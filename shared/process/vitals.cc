#include "shared/process/vitals.h"

#include <fstream>
#include <sstream>

#include "absl/strings/strip.h"
#include "google/protobuf/util/time_util.h"
#include "shared/base/date.h"
#include "shared/base/status.h"
#include "shared/process/verify.h"
#include "shared/rpc/metrics.h"
#include "shared/security/certificate.h"
#include "shared/storage/log/events.h"

namespace vivier::site {
namespace {

using google::protobuf::util::TimeUtil;
using storage::Result;
using storage::Transaction;
using storage::Value;

absl::StatusOr<int64_t> CountParked(Transaction& snapshot) {
  ASSIGN_OR_RETURN(Result parked, snapshot.connection().Query(
                                      "SELECT COUNT(*) FROM parked_events WHERE school = $1",
                                      {Value(snapshot.school())}));
  return std::get<int64_t>(parked.rows[0][0]);
}

absl::StatusOr<std::string> LastMigration(Transaction& snapshot, const std::string& service) {
  ASSIGN_OR_RETURN(Result found,
                   snapshot.connection().Query(
                       "SELECT file FROM migrations WHERE owner = $1 ORDER BY file DESC LIMIT 1",
                       {Value(service)}));
  if (found.rows.empty()) return "";
  return std::string(absl::StripSuffix(std::get<std::string>(found.rows[0][0]), ".sql"));
}

// Read at each look, since certificates are renewed without a restart.
void AddCertificate(const std::string& file, v1::ServiceStatus& status) {
  if (file.empty()) return;
  std::stringstream pem;
  pem << std::ifstream(file).rdbuf();
  if (const absl::StatusOr<absl::Time> expiry = security::ReadExpiry(pem.str()); expiry.ok())
    *status.mutable_certificate_expire_time() = ToTimestamp(*expiry);
}

void AddCache(const char* layer, uint64_t hits, uint64_t misses, v1::ServiceStatus& status) {
  v1::CacheStatus& cache = *status.add_caches();
  cache.set_layer(layer);
  cache.set_hits(static_cast<int64_t>(hits));
  cache.set_misses(static_cast<int64_t>(misses));
}

}  // namespace

const char* Version() { return VIVIER_VERSION; }

absl::StatusOr<v1::GetStatusResponse> Vitals::Look(const std::string& school) const {
  v1::GetStatusResponse response;
  for (const Part& part : parts_) RETURN_IF_ERROR(LookAt(part, school, *response.add_services()));
  return response;
}

absl::Status Vitals::LookAt(const Part& part, const std::string& school,
                            v1::ServiceStatus& status) const {
  const std::string& service = part.service->name();
  status.set_service(service);
  status.set_version(Version());
  *status.mutable_start_time() = ToTimestamp(begin_);
  status.set_queue_depth(static_cast<int64_t>(part.writer->queued()));
  AddFollowers(part, school, status);
  AddCaches(status);
  AddCertificate(options_.certificate, status);
  {
    Monitor::Lock lock(monitor_);
    if (const auto verdict = verdicts_.find({service, school}); verdict != verdicts_.end()) {
      *status.mutable_verify_time() = ToTimestamp(verdict->second.time);
      status.set_violations(verdict->second.violations + verdict->second.on_disk);
      // What services say differently of the same is a breach of each.
      if (const auto all = verdicts_.find({kSiteReport, school}); all != verdicts_.end())
        status.set_violations(status.violations() + all->second.violations);
    }
  }
  return part.readers->Read(school, [&](Transaction& snapshot) -> absl::Status {
    ASSIGN_OR_RETURN(const std::string schema, LastMigration(snapshot, service));
    ASSIGN_OR_RETURN(const int64_t last, storage::LastEvent(snapshot));
    ASSIGN_OR_RETURN(const int64_t parked, CountParked(snapshot));
    status.set_schema(schema);
    status.set_event_number(last);
    status.set_parked_events(parked);
    return AddDeliveries(part, snapshot, status);
  });
}

void Vitals::AddFollowers(const Part& part, const std::string& school,
                          v1::ServiceStatus& status) const {
  for (const auto& [where, progress] : *part.followed) {
    if (where.second != school) continue;
    const follow::Progress::Lag lag = progress->At(options_.now(), options_.log_time());
    v1::FollowerStatus& follower = *status.add_followers();
    follower.set_producer(where.first);
    follower.set_number(progress->applied());
    follower.set_lag_events(lag.events);
    *follower.mutable_lag() = TimeUtil::MillisecondsToDuration(absl::ToInt64Milliseconds(lag.time));
    follower.set_forked(lag.forked);
  }
}

absl::Status Vitals::AddDeliveries(const Part& part, Transaction& snapshot,
                                   v1::ServiceStatus& status) const {
  for (const rpc::Service::EventDelivery& delivery : part.service->deliveries())
    for (const std::string& target : options_.targets) {
      ASSIGN_OR_RETURN(Result found,
                       snapshot.connection().Query("SELECT number, outcome FROM deliveries WHERE "
                                                   "school = $1 AND target = $2 AND type = $3",
                                                   {Value(snapshot.school()), Value(target),
                                                    Value(delivery.event->full_name())}));
      v1::DeliveryStatus& row = *status.add_deliveries();
      row.set_target(target);
      row.set_type(delivery.event->full_name());
      row.set_lag_events(status.event_number());
      if (found.rows.empty()) continue;
      row.set_lag_events(status.event_number() - std::get<int64_t>(found.rows[0][0]));
      row.set_outcome(std::get<std::string>(found.rows[0][1]));
    }
  return absl::OkStatus();
}

void Vitals::AddCaches(v1::ServiceStatus& status) const {
  if (own_ != nullptr) AddCache("own", own_->counters().hits, own_->counters().misses, status);
  if (others_ == nullptr) return;
  const cache::NearCounters& near = others_->near().counters();
  AddCache("others", near.hits + others_->counters().joined,
           near.misses - others_->counters().joined, status);
  if (others_->redis() == nullptr) return;
  AddCache("redis", others_->redis()->counters().hits, others_->redis()->counters().misses, status);
}

void Vitals::AddForks(const std::string& school, v1::VerifyInvariantsResponse& response) const {
  for (const Part& part : parts_)
    for (const auto& [where, progress] : *part.followed)
      if (where.second == school && progress->forked())
        AddForked(part.service->name(), where.first, response);
}

void Vitals::Verified(const std::string& school, const v1::VerifyInvariantsResponse& response) {
  Monitor::Lock lock(monitor_);
  verdicts_.erase({kSiteReport, school});
  for (const Part& part : parts_) {
    Verdict& verdict = verdicts_[{part.service->name(), school}];
    verdict.time = options_.now();
    verdict.violations = 0;
  }
  for (const v1::InvariantReport& report : response.reports()) {
    Verdict& verdict = verdicts_[{report.service(), school}];
    if (report.invariant() == kDiskReport)
      verdict.on_disk = report.violations();
    else
      verdict.violations += report.violations();
    rpc::metrics::InvariantViolations(report.service(), school, report.invariant())
        .Set(static_cast<double>(report.violations()));
  }
}

}  // namespace vivier::site
