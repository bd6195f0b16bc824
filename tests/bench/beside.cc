#include "tests/bench/beside.h"

#include <atomic>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "shared/base/error.h"
#include "shared/base/monitor.h"
#include "shared/base/status.h"
#include "shared/base/uuid.h"
#include "tests/bench/fixture.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier::bench {
namespace {

constexpr int kItems = 1000;
constexpr int kSingles = 4;  // callers at a time: an office
constexpr absl::Duration kAlone = absl::Milliseconds(400);
constexpr absl::Duration kBatchTimeout = absl::Seconds(30);
constexpr char kSingle[] = "/vivier.enrolment.v1.AdmissionService/AdmitApplication";
constexpr char kBatch[] = "/vivier.enrolment.v1.AdmissionService/BatchAdmitApplications";

class Beside {
 public:
  Beside(const Target& target, int rounds)
      : target_(target), names_(ApplicationNames(rounds * kBesideCohortsPerRound)) {}

  absl::Status Round() {
    RETURN_IF_ERROR(Singles(kAlone, nullptr, alone_));
    std::atomic<bool> ended{false};
    absl::Status status;
    Countdown answered(1);
    const std::string request = Batch();
    const absl::Time start = absl::Now();
    target_.channels.back()->Start(kBatch, request, {kBatchTimeout, target_.authorization, ""},
                                   [&](absl::StatusOr<std::string> answer) {
                                     status = Check(answer);
                                     seconds_.push_back(absl::ToDoubleSeconds(absl::Now() - start));
                                     ended = true;
                                     answered.CountDown();
                                   });
    const absl::Status driven = Singles(kBatchTimeout, &ended, beside_);
    answered.Wait();
    RETURN_IF_ERROR(status);
    return driven;
  }

  void Tell(const std::string& engine, Report& report) const {
    for (const auto& [name, values] : {std::pair("alone", &alone_), {"beside_batch", &beside_}})
      for (const int percent : {50, 99})
        report.Number(absl::StrCat("write_", name, "_p", percent, "_us_", engine),
                      Percentile(*values, percent));
    report.Number("write_waits_longer_p99_us_" + engine,
                  Percentile(beside_, 99) - Percentile(alone_, 99));
    report.Number("batch_items_per_s_" + engine, kItems / Median(seconds_));
  }

 private:
  std::string Next() { return next_ < names_.size() ? names_[next_++] : ""; }

  std::string Batch() {
    enrolment::v1::BatchAdmitApplicationsRequest request;
    request.set_parent(absl::StrCat("schools/", kSchool));
    request.set_request_id(TimeOrderedUuid());
    for (int i = 0; i < kItems; ++i) request.add_requests()->set_name(Next());
    return request.SerializeAsString();
  }

  static absl::Status Check(const absl::StatusOr<std::string>& answer) {
    if (!answer.ok()) return answer.status();
    enrolment::v1::BatchAdmitApplicationsResponse response;
    if (!response.ParseFromString(*answer) || response.results_size() != kItems)
      return Internal("another answer than one for each item");
    for (const auto& result : response.results())
      if (result.has_error()) return Internal(result.error().ShortDebugString());
    return absl::OkStatus();
  }

  absl::Status Singles(absl::Duration time, const std::atomic<bool>* ended,
                       std::vector<double>& microseconds) {
    const auto next = [&]() -> std::optional<std::string> {
      if (ended != nullptr && *ended) return std::nullopt;
      enrolment::v1::AdmitApplicationRequest request;
      request.set_name(Next());
      request.set_request_id(TimeOrderedUuid());
      return request.SerializeAsString();
    };
    ASSIGN_OR_RETURN(const Outcome outcome, Drive({&target_, kSingle, kSingles, next}, time));
    microseconds.insert(microseconds.end(), outcome.microseconds.begin(),
                        outcome.microseconds.end());
    return absl::OkStatus();
  }

  const Target& target_;
  const std::vector<std::string> names_;
  size_t next_ = 0;
  std::vector<double> alone_, beside_;  // how long each single write took
  std::vector<double> seconds_;         // of each batch
};

}  // namespace

absl::Status MeasureBeside(const Target& target, const std::string& engine, int rounds,
                           Report& report) {
  Beside beside(target, rounds);
  for (int i = 0; i < rounds; ++i) RETURN_IF_ERROR(beside.Round());
  beside.Tell(engine, report);
  return absl::OkStatus();
}

}  // namespace vivier::bench
