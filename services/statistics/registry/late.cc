// Who has not been heard from. Contact is apart from change: a member that changes nothing renews
// its credential, which is a sign of life.
#include <algorithm>

#include "services/statistics/registry/registry.h"
#include "shared/base/date.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"

namespace vivier::statistics {

using rpc::Call;
using v1::LateSchool;

namespace {

void Hear(const google::protobuf::Timestamp& time, LateSchool& school) {
  if (!school.has_last_contact_time() || ToTime(school.last_contact_time()) < ToTime(time))
    *school.mutable_last_contact_time() = time;
}

}  // namespace

absl::StatusOr<v1::ListLateSchoolsResponse> Registry::ListLateSchools(
    Call& call, const v1::ListLateSchoolsRequest& request) {
  ASSIGN_OR_RETURN(const storage::Page<v1::Member> page,
                   members_.List(call, request.parent(), request.page_size(), request.page_token(),
                                 request.filter()));
  ASSIGN_OR_RETURN(const absl::CivilDay today, call.Today());
  std::vector<std::string> submissions, quarantined, credentials;
  for (const v1::Member& member : page.items) {
    const std::string site = IdInSchool(member.name());
    submissions.push_back(NameIn(call.school(), "submissions", site));
    quarantined.push_back(NameIn(call.school(), "quarantinedSubmissions", site));
    credentials.push_back(NameIn(call.school(), "memberCredentials", site));
  }
  RETURN_IF_ERROR(submissions_.Prefetch(call, submissions));
  RETURN_IF_ERROR(quarantined_.Prefetch(call, quarantined));
  RETURN_IF_ERROR(credentials_.Prefetch(call, credentials));
  v1::ListLateSchoolsResponse response;
  response.set_next_page_token(page.next_page_token);
  for (const v1::Member& member : page.items) {
    const absl::CivilDay first = ToCivil(member.agreement_start_date());
    if (first > today) continue;
    if (member.has_agreement_end_date() && ToCivil(member.agreement_end_date()) < today) continue;
    ASSIGN_OR_RETURN(LateSchool school, ContactOf(call, member));
    absl::CivilDay heard = first;
    if (school.has_last_contact_time()) {
      ASSIGN_OR_RETURN(const absl::CivilDay contact,
                       call.DayOf(ToTime(school.last_contact_time())));
      heard = std::max(heard, contact);
    }
    school.set_silent_days(static_cast<int32_t>(today - heard));
    if (school.silent_days() >= request.silent_days()) *response.add_late_schools() = school;
  }
  return response;
}

absl::StatusOr<LateSchool> Registry::ContactOf(Call& call, const v1::Member& member) {
  const std::string site = IdInSchool(member.name());
  LateSchool school;
  school.set_member(member.name());
  school.set_title(member.title());
  ASSIGN_OR_RETURN(const std::optional<v1::Submission> submission,
                   submissions_.Find(call, NameIn(call.school(), "submissions", site)));
  if (submission.has_value()) {
    *school.mutable_last_change_time() = submission->accept_time();
    Hear(submission->accept_time(), school);
  }
  ASSIGN_OR_RETURN(const std::optional<v1::QuarantinedSubmission> aside,
                   quarantined_.Find(call, NameIn(call.school(), "quarantinedSubmissions", site)));
  if (aside.has_value()) Hear(aside->receive_time(), school);
  ASSIGN_OR_RETURN(const std::optional<v1::MemberCredential> credential,
                   credentials_.Find(call, NameIn(call.school(), "memberCredentials", site)));
  if (credential.has_value() && credential->has_renew_time())
    Hear(credential->renew_time(), school);
  return school;
}

}  // namespace vivier::statistics
