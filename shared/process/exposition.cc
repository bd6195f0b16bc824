#include "shared/process/exposition.h"

#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "prometheus/client_metric.h"
#include "prometheus/metric_family.h"
#include "prometheus/metric_type.h"

namespace vivier::site {
namespace {

using google::protobuf::util::TimeUtil;
using prometheus::MetricType;
using Labels = std::vector<prometheus::ClientMetric::Label>;

constexpr double kNanosecond = 1e-9;

class Families {
 public:
  template <class Number>
  void Gauge(const char* name, const char* help, Labels labels, Number value) {
    Add(name, help, MetricType::Gauge, std::move(labels)).gauge.value = static_cast<double>(value);
  }
  template <class Number>
  void Counter(const char* name, const char* help, Labels labels, Number value) {
    Add(name, help, MetricType::Counter, std::move(labels)).counter.value =
        static_cast<double>(value);
  }
  std::vector<prometheus::MetricFamily> Take() {
    std::vector<prometheus::MetricFamily> taken;
    for (auto& [name, family] : by_name_) taken.push_back(std::move(family));
    return taken;
  }

 private:
  prometheus::ClientMetric& Add(const char* name, const char* help, MetricType type,
                                Labels labels) {
    prometheus::MetricFamily& family = by_name_[name];
    family.name = name;
    family.help = help;
    family.type = type;
    family.metric.emplace_back().label = std::move(labels);
    return family.metric.back();
  }

  std::map<std::string, prometheus::MetricFamily> by_name_;
};

double Seconds(const google::protobuf::Timestamp& time) {
  return static_cast<double>(TimeUtil::TimestampToMilliseconds(time)) / 1000;
}

void AddLog(const v1::ServiceStatus& status, const std::string& school, Families& families) {
  const Labels labels = {{"service", status.service()}, {"school", school}};
  families.Counter("vivier_events_logged_total", "Events in the service's log", labels,
                   status.event_number());
  families.Gauge("vivier_parked_events", "Events set aside because their reaction failed", labels,
                 status.parked_events());
  if (status.has_verify_time())
    families.Gauge("vivier_invariants_verified_timestamp_seconds",
                   "When the invariants were last evaluated", labels,
                   Seconds(status.verify_time()));
  for (const v1::FollowerStatus& follower : status.followers()) {
    const Labels source = {
        {"service", status.service()}, {"school", school}, {"source", follower.producer()}};
    families.Gauge("vivier_follower_lag_events", "Events of the source that are not applied yet",
                   source, follower.lag_events());
    families.Gauge("vivier_follower_lag_seconds",
                   "How long the oldest of them waits, or the source is silent", source,
                   static_cast<double>(TimeUtil::DurationToMilliseconds(follower.lag())) / 1000);
    families.Gauge("vivier_follower_forked",
                   "1 when the source was restored to the past and following stopped", source,
                   follower.forked() ? 1 : 0);
  }
  for (const v1::DeliveryStatus& delivery : status.deliveries())
    families.Gauge(
        "vivier_delivery_lag_events", "Events that were not looked at for a target outside",
        {{"service", status.service()}, {"school", school}, {"target", delivery.target()}},
        delivery.lag_events());
}

void AddService(const Vitals::Part& part, Families& families) {
  const Labels labels = {{"service", part.service->name()}};
  families.Gauge("vivier_writer_queue_depth", "Requests that wait for the writer", labels,
                 part.writer->queued());
  if (part.database.empty()) return;
  uintmax_t bytes = 0;
  for (const char* suffix : {"", "-wal"}) {
    std::error_code error;
    const uintmax_t size = std::filesystem::file_size(part.database + suffix, error);
    if (!error) bytes += size;
  }
  families.Gauge("vivier_database_size_bytes", "The database's file and its log", labels, bytes);
}

// Those of the whole process, which stand beside each of its services.
void AddShared(const v1::ServiceStatus& status, Families& families) {
  for (const v1::CacheStatus& cache : status.caches()) {
    constexpr char kName[] = "vivier_cache_reads_total",
                   kHelp[] = "Reads of a layer of the cache by their result";
    families.Counter(kName, kHelp, {{"layer", cache.layer()}, {"result", "hit"}}, cache.hits());
    families.Counter(kName, kHelp, {{"layer", cache.layer()}, {"result", "miss"}}, cache.misses());
  }
  if (status.has_certificate_expire_time())
    families.Gauge("vivier_certificate_expiry_timestamp_seconds",
                   "Until when the process's certificate is good", {},
                   Seconds(status.certificate_expire_time()));
}

void AddLoads(cache::Layered* others, Families& families) {
  if (others == nullptr) return;
  families.Counter("vivier_cache_loads_total",
                   "Reads of other services' resources that their owner answered", {},
                   others->counters().loads.load());
  families.Counter("vivier_cache_load_seconds_total", "How long the owners took for them", {},
                   static_cast<double>(others->counters().load_nanoseconds) * kNanosecond);
  if (others->redis() == nullptr) return;
  families.Gauge("vivier_redis_connected", "1 while Redis is used, 0 while it is away", {},
                 others->redis()->is_ready() ? 1 : 0);
  const cache::RedisCounters& counters = others->redis()->counters();
  for (const auto& [reason, values] : {std::pair("forged", counters.forged_values.load()),
                                       std::pair("old", counters.old_values.load()),
                                       std::pair("overtaken", counters.overtaken_values.load()),
                                       std::pair("schema", counters.other_schemas.load())})
    families.Counter("vivier_redis_values_refused_total",
                     "Values in Redis that were not believed, by the reason", {{"reason", reason}},
                     static_cast<double>(values));
}

void AddDisk(const std::string& data, Families& families) {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(data, error);
  if (error) return;
  families.Gauge("vivier_disk_size_bytes", "Of the file system that holds the data folder", {},
                 space.capacity);
  families.Gauge("vivier_disk_free_bytes", "What is free of it", {}, space.available);
}

}  // namespace

std::vector<prometheus::MetricFamily> Exposition::Collect() const {
  Families families;
  families.Gauge("vivier_build_info", "1, with the version of the binary", {{"version", Version()}},
                 1);
  families.Gauge("process_start_time_seconds", "When the process began, since 1970", {},
                 absl::ToDoubleSeconds(vitals_.begin() - absl::UnixEpoch()));
  AddDisk(vitals_.options().data, families);
  AddLoads(vitals_.others(), families);
  for (const Vitals::Part& part : vitals_.parts()) AddService(part, families);
  bool first = true;
  for (const std::string& school : vitals_.options().schools) {
    const absl::StatusOr<v1::GetStatusResponse> status = vitals_.Look(school);
    if (!status.ok()) continue;  // a database that cannot be read shows as metrics that are missing
    for (const v1::ServiceStatus& service : status->services()) {
      if (std::exchange(first, false)) AddShared(service, families);
      AddLog(service, school, families);
    }
  }
  return families.Take();
}

}  // namespace vivier::site
