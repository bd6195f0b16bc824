#include "demo/figures.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "shared/base/error.h"
#include "vivier/curriculum/v1/curriculum.pb.h"
#include "vivier/partners/v1/partners.pb.h"
#include "vivier/statistics/v1/statistics.pb.h"

namespace vivier::demo {
namespace {

namespace curriculum = curriculum::v1;
namespace partners = partners::v1;
namespace statistics = statistics::v1;

absl::Status ReadCertificates(Stage& stage, Figures& figures) {
  curriculum::ListCertificatesRequest request;
  request.set_parent(stage.School());
  request.set_filter(absl::StrCat("cohort = \"", stage.Cohort(), "\""));
  return stage.ReadPages<curriculum::ListCertificatesResponse>(request, [&](const auto& page) {
    for (const curriculum::Certificate& certificate : page.certificates()) {
      figures.Add("certificates.total", 1);
      figures.Add("certificates." +
                      FigureName(curriculum::CertificateAwarded::Result_Name(certificate.result())),
                  1);
    }
  });
}

absl::Status ReadJobOffers(Stage& stage, Figures& figures) {
  for (const v1::Employer& employer : stage.story().employers()) {
    partners::GetPositionCountRequest request;
    request.set_name(stage.In("positionCounts", stage.Id(employer.company().name())));
    ASSIGN_OR_RETURN(auto count, stage.Read<partners::PositionCount>(request));
    figures.Add("job_offers.total", 1);
    figures.Add("job_offers.positions", count.positions());
    figures.Add("job_offers.taken", count.taken());
  }
  return absl::OkStatus();
}

// A contract that was signed counts as such also after its term.
absl::Status ReadContracts(Stage& stage, Figures& figures) {
  partners::ListContractsRequest request;
  request.set_parent(stage.School());
  request.set_filter(absl::StrCat("cohort = \"", stage.Cohort(), "\""));
  return stage.ReadPages<partners::ListContractsResponse>(request, [&](const auto& page) {
    for (const partners::Contract& contract : page.contracts()) {
      const bool is_signed = contract.state() == partners::Contract::SIGNED ||
                             contract.state() == partners::Contract::COMPLETED;
      figures.Add("contracts.signed", is_signed ? 1 : 0);
    }
  });
}

// What nothing was counted for has no rate, and is left out.
absl::Status ReadIndicators(Stage& stage, Figures& figures) {
  statistics::ComputeOwnIndicatorsRequest request;
  request.set_parent(stage.School());
  request.add_cohorts(stage.story().cohort_id());
  ASSIGN_OR_RETURN(auto own, stage.Read<statistics::ComputeOwnIndicatorsResponse>(request));
  std::set<std::string> told;  // of two versions of one indicator the older one stands first
  for (const statistics::IndicatorValue& value : own.values()) {
    if (value.denominator() == 0 || !told.insert(value.indicator()).second) continue;
    figures.Add(absl::StrCat("indicators.", value.indicator(), ".numerator"), value.numerator());
    figures.Add(absl::StrCat("indicators.", value.indicator(), ".denominator"),
                value.denominator());
  }
  return absl::OkStatus();
}

// How people fare who were in training is asked so long after its end.
constexpr int kAskedAfterMonths[] = {3, 6, 12};
constexpr char kNotDue[] = "not due yet";
// Groups whose figures are people.
constexpr const char* kOfPeople[] = {"applications.", "learners.", "seats.", "outcomes."};

// "1 234 567"
std::string Grouped(int64_t value) {
  std::string digits = absl::StrCat(value < 0 ? -value : value);
  for (size_t i = digits.size(); i > 3;) digits.insert(i -= 3, " ");
  return absl::StrCat(value < 0 ? "-" : "", digits);
}

// "26 of 83 (31 %)"
std::string ShareText(int64_t part, int64_t whole) {
  return absl::StrFormat("%s of %s (%d %%)", Grouped(part), Grouped(whole),
                         whole == 0 ? 0 : (100 * part + whole / 2) / whole);
}

std::string AmountText(const std::string& name, int64_t value) {
  if (absl::EndsWith(name, "_cents"))
    return absl::StrFormat("%s%s.%02d €", value < 0 ? "-" : "", Grouped(std::abs(value) / 100),
                           std::abs(value) % 100);
  if (absl::StrContains(name, "minutes")) return absl::StrFormat("%s h", Grouped(value / 60));
  const bool people =
      std::any_of(std::begin(kOfPeople), std::end(kOfPeople), [&](const char* group) {
        return absl::StartsWith(name, group) && name != "applications.scores";
      });
  return absl::StrCat(Grouped(value), people ? value == 1 ? " person" : " people" : "");
}

// "minutes_due" is told in hours, "earned_cents" in euros.
std::string Words(const std::string& name) {
  return absl::StrReplaceAll(name, {{"_cents", ""}, {"minutes", "hours"}, {"_", " "}, {".", ": "}});
}

}  // namespace

int64_t Figures::At(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? 0 : found->second;
}

std::string Figures::Text() const {
  std::map<std::string, std::string> amounts;
  std::vector<std::string> open;  // "-3": how the names of indicators end that wait as well
  for (int months : kAskedAfterMonths) {
    const std::string name = absl::StrCat("outcomes.after_", months, "_months");
    if (values_.count(name) > 0) continue;
    amounts[name] = kNotDue;
    open.push_back(absl::StrCat("-", months));
  }
  const auto waits = [&open](absl::string_view name) {
    return std::any_of(open.begin(), open.end(),
                       [name](const std::string& end) { return absl::EndsWith(name, end); });
  };
  for (const auto& [name, value] : values_) {
    absl::string_view whole = name;
    if (absl::ConsumeSuffix(&whole, ".denominator")) continue;
    if (absl::ConsumeSuffix(&whole, ".numerator"))
      amounts[std::string(whole)] =
          waits(whole) ? kNotDue : ShareText(value, At(absl::StrCat(whole, ".denominator")));
    else
      amounts[name] = AmountText(name, value);
  }
  std::string text, before;
  for (const auto& [name, amount] : amounts) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(name, absl::MaxSplits('.', 1));
    absl::StrAppendFormat(&text, "  %-13s %-38s %s\n",
                          parts.first == before ? "" : Words(parts.first), Words(parts.second),
                          amount);
    before = parts.first;
  }
  return text;
}

std::string Figures::Json() const {
  const auto member = [](std::string* out, const auto& value) {
    absl::StrAppend(out, "\"", value.first, "\":", value.second);
  };
  return absl::StrCat("{", absl::StrJoin(values_, ",", member), "}\n");
}

std::string FigureName(const std::string& state) { return absl::AsciiStrToLower(state); }

absl::Status ReadOthers(Stage& stage, Figures& figures) {
  RETURN_IF_ERROR(ReadCertificates(stage, figures));
  RETURN_IF_ERROR(ReadJobOffers(stage, figures));
  RETURN_IF_ERROR(ReadContracts(stage, figures));
  return ReadIndicators(stage, figures);
}

absl::StatusOr<Figures> ReadFigures(Stage& stage) {
  Figures figures;
  RETURN_IF_ERROR(ReadEnrolment(stage, figures));
  RETURN_IF_ERROR(ReadFunding(stage, figures));
  RETURN_IF_ERROR(ReadOthers(stage, figures));
  return figures;
}

absl::StatusOr<Figures> ReadSettledFigures(Stage& stage) {
  Figures figures;
  std::vector<std::string> broken;
  const absl::Status settled = stage.client.Await("every sum", [&]() -> absl::StatusOr<bool> {
    ASSIGN_OR_RETURN(figures, ReadFigures(stage));
    broken = BrokenSums(stage.story(), figures);
    return broken.empty();
  });
  if (settled.ok()) return figures;
  if (broken.empty()) return settled;
  return Error(absl::StatusCode::kFailedPrecondition, "SUM_DOES_NOT_HOLD",
               absl::StrJoin(broken, "; "));
}

}  // namespace vivier::demo
