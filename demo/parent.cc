#include "demo/parent.h"

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/uuid.h"
#include "vivier/statistics/v1/statistics.pb.h"

namespace vivier::demo {
namespace {

namespace statistics = statistics::v1;

void AddValue(const statistics::IndicatorValue& value, Figures& figures) {
  const std::string prefix = absl::StrCat("published.", value.site().empty() ? "all" : value.site(),
                                          ".", value.indicator());
  if (value.has_numerator()) figures.Add(prefix + ".numerator", value.numerator());
  if (value.has_denominator()) figures.Add(prefix + ".denominator", value.denominator());
  if (value.suppressed_reason() == statistics::IndicatorValue::SUPPRESSED_REASON_UNSPECIFIED ||
      value.suppressed_reason() == statistics::IndicatorValue::NOTHING_COUNTED ||
      value.suppressed_reason() == statistics::IndicatorValue::NOT_YET_DUE ||
      value.suppressed_reason() == statistics::IndicatorValue::NOT_YET_MEASURED)
    return;
  figures.Add(
      absl::StrCat(
          prefix, ".withheld_",
          FigureName(statistics::IndicatorValue::SuppressedReason_Name(value.suppressed_reason()))),
      1);
}

// Where nobody reads half of it, and nobody else all.
absl::Status PutCode(const std::string& path, const std::string& code) {
  const std::string fresh = path + ".new";
  std::ofstream(fresh) << code << '\n';
  std::error_code error;
  std::filesystem::permissions(
      fresh, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, error);
  if (!error) std::filesystem::rename(fresh, path, error);
  return error ? InvalidField("join_codes", absl::StrCat(path, ": ", error.message()))
               : absl::OkStatus();
}

security::Caller HeadOf(const std::string& parent) {
  return {"demo-parent", security::Caller::Kind::kPerson, {"school_director"}, {parent}, ""};
}

}  // namespace

absl::Status JoinAgain(const Stage& stage, command::Client& client, const std::string& parent,
                       const std::string& codes) {
  statistics::IssueJoinCodeRequest request;
  request.set_name(absl::StrCat("schools/", parent, "/members/", stage.school));
  request.set_request_id(TimeOrderedUuid());
  ASSIGN_OR_RETURN(const auto code, client.Call<statistics::MemberSecret>(request, HeadOf(parent)));
  return PutCode(absl::StrCat(codes, "/", stage.school), code.secret());
}

absl::StatusOr<int64_t> RequestSubmission(Stage& stage) {
  statistics::RequestSubmissionRequest request;
  request.set_parent(stage.School());
  request.set_request_id(TimeOrderedUuid());  // each telling submits what is counted by then
  ASSIGN_OR_RETURN(auto response, stage.client.Call<statistics::RequestSubmissionResponse>(
                                      request, stage.As("school_director")));
  return response.revision();
}

absl::StatusOr<Figures> ReadParent(const Stage& stage, command::Client& client,
                                   const std::string& parent, int64_t revision) {
  const security::Caller director = HeadOf(parent);
  RETURN_IF_ERROR(client.Await("the submission at " + parent, [&]() -> absl::StatusOr<bool> {
    statistics::GetSubmissionRequest request;
    request.set_name(absl::StrCat("schools/", parent, "/submissions/", stage.school));
    auto submission = client.Call<statistics::Submission>(request, director);
    if (absl::IsNotFound(submission.status())) return false;
    if (!submission.ok()) return submission.status();
    return submission->revision() >= revision;
  }));
  statistics::ComputeIndicatorsRequest request;
  request.set_parent("schools/" + parent);
  request.set_year(stage.story().start_date().year());
  ASSIGN_OR_RETURN(auto published,
                   client.Call<statistics::ComputeIndicatorsResponse>(request, director));
  Figures figures;
  figures.Add("published.members", published.member_count());
  figures.Add("published.submitted", published.submitted_count());
  std::set<std::string> told;  // of two versions of one indicator the older one stands first
  for (const statistics::IndicatorValue& value : published.values())
    if (told.insert(absl::StrCat(value.site(), " ", value.indicator())).second)
      AddValue(value, figures);
  return figures;
}

}  // namespace vivier::demo
