#include "demo/figures.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
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
  for (const statistics::IndicatorValue& value : own.values()) {
    if (value.denominator() == 0) continue;
    figures.Add(absl::StrCat("indicators.", value.indicator(), ".numerator"), value.numerator());
    figures.Add(absl::StrCat("indicators.", value.indicator(), ".denominator"),
                value.denominator());
  }
  return absl::OkStatus();
}

}  // namespace

int64_t Figures::At(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? 0 : found->second;
}

std::string Figures::Text() const {
  return absl::StrCat(absl::StrJoin(values_, "\n", absl::PairFormatter(" ")), "\n");
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
