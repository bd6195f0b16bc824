#include "services/curriculum/curriculum.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/curriculum/certificates.h"
#include "services/curriculum/invariants.h"
#include "services/curriculum/lheo.h"
#include "services/curriculum/rules.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"
#include "vivier/curriculum/v1/events.pb.h"

namespace vivier::curriculum {
namespace {

constexpr size_t kProgrammeIdLength = 16;
constexpr int kReportedFindingsMax = 200;  // a formation
constexpr int kExportPageDefault = 50;
constexpr int kMinutesPerHour = 60;

// What the server sets is never taken from a caller; a change makes a draft of what was published.
absl::Status CheckProgramme(rpc::Call&, const v1::Programme* before, v1::Programme& after) {
  const v1::Programme none;
  const v1::Programme& old = before == nullptr ? none : *before;
  after.set_latest_revision(old.latest_revision());
  after.set_revision_count(old.revision_count());
  after.set_lheo_extras(old.lheo_extras());
  Assess(after);
  const bool same = before != nullptr && ContentHash(*before) == ContentHash(after);
  after.set_state(same ? old.state() : v1::Programme::DRAFT);
  return absl::OkStatus();
}

// The same formation of the same training body gets the same programme at every import.
std::string ProgrammeName(const std::string& parent, const std::string& key) {
  return absl::StrCat(parent, "/programmes/lheo-", Hex(Sha256(key)).substr(0, kProgrammeIdLength));
}

// One entry of the report, and its share of the totals.
v1::ImportReport::Formation& Report(const LheoFormation& formation, v1::ImportReport& report) {
  v1::ImportReport::Formation& entry = *report.add_formations();
  entry.set_index(report.formations_size());
  entry.set_line(formation.line);
  entry.set_title(formation.title);
  const int listed = std::min(static_cast<int>(formation.findings.size()), kReportedFindingsMax);
  for (int i = 0; i < listed; ++i)
    *entry.add_findings() = formation.findings[static_cast<size_t>(i)];
  entry.set_more_findings(static_cast<int>(formation.findings.size()) - listed);
  if (!formation.accepted()) {
    entry.set_outcome(v1::ImportReport::REFUSED);
    report.set_refused(report.refused() + 1);
    return entry;
  }
  const bool clean = formation.findings.empty();
  entry.set_outcome(clean ? v1::ImportReport::ACCEPTED : v1::ImportReport::ACCEPTED_WITH_WARNINGS);
  report.set_accepted(report.accepted() + 1);
  report.set_accepted_with_warnings(report.accepted_with_warnings() + (clean ? 0 : 1));
  return entry;
}

v1::ProgrammeRevisionPublished Published(const v1::ProgrammeRevision& revision,
                                         const std::string& programme) {
  v1::ProgrammeRevisionPublished event;
  event.set_programme(programme);
  event.set_programme_revision(revision.name());
  event.set_title(revision.title());
  event.set_hours((revision.taught_minutes() + kMinutesPerHour / 2) / kMinutesPerHour);
  return event;
}

v1::CertificateAwarded Awarded(const v1::Certificate& certificate) {
  v1::CertificateAwarded event;
  event.set_certificate(certificate.name());
  event.set_learner(certificate.learner());
  event.set_cohort(certificate.cohort());
  event.set_result(certificate.result());
  *event.mutable_date() = certificate.date();
  return event;
}

}  // namespace

rpc::Service Curriculum::Rpc() {
  // The revision must exist before a jury is planned on it.
  auto check_jury = [this](Call& call, const v1::JurySession* before,
                           v1::JurySession& after) -> absl::Status {
    RETURN_IF_ERROR(revisions_.Get(call, after.programme_revision()).status());
    if (before != nullptr) return absl::OkStatus();
    after.set_state(v1::JurySession::PLANNED);
    after.clear_decisions();
    return absl::OkStatus();
  };
  rpc::Service service("curriculum");
  service.Standard<v1::Programme>(programmes_, &CheckProgramme)
      .Standard(revisions_)
      .Standard<v1::JurySession>(jury_sessions_, check_jury)
      .Standard(certificates_)
      .On(*this, &Curriculum::PublishProgramme)
      .On(*this, &Curriculum::ImportLheo)
      .On(*this, &Curriculum::ExportLheo)
      .On(*this, &Curriculum::DeliberateJury)
      .On(*this, &Curriculum::AwardCertificates);
  AddJoinedInvariants(service);
  return service;
}

absl::StatusOr<v1::ProgrammeRevision> Curriculum::PublishProgramme(
    Call& call, const v1::PublishProgrammeRequest& request) {
  ASSIGN_OR_RETURN(v1::Programme programme, programmes_.Get(call, request.name(), request.etag()));
  RETURN_IF_ERROR(CheckPublishable(programme));
  v1::ProgrammeRevision revision = NextRevision(programme, call.time());
  if (!programme.latest_revision().empty()) {
    ASSIGN_OR_RETURN(v1::ProgrammeRevision latest,
                     revisions_.Get(call, programme.latest_revision()));
    if (latest.content_hash() == revision.content_hash()) {
      if (programme.state() == v1::Programme::PUBLISHED) return latest;
      programme.set_state(v1::Programme::PUBLISHED);
      RETURN_IF_ERROR(programmes_.Update(call, programme));
      return latest;
    }
  }
  programme.set_state(v1::Programme::PUBLISHED);
  programme.set_latest_revision(revision.name());
  programme.set_revision_count(programme.revision_count() + 1);
  RETURN_IF_ERROR(revisions_.Insert(call, revision));
  RETURN_IF_ERROR(programmes_.Update(call, programme));
  RETURN_IF_ERROR(call.Emit(Published(revision, programme.name())));
  return revision;
}

absl::StatusOr<bool> Curriculum::TakeIn(Call& call, const v1::Programme& imported,
                                        const std::string& name) {
  ASSIGN_OR_RETURN(std::optional<v1::Programme> known, programmes_.Find(call, name));
  if (known.has_value() && known->lheo_extras() == imported.lheo_extras()) return false;
  v1::Programme programme = known.has_value() ? *known : imported;
  if (known.has_value()) TakeOver(ReadExtras(known->lheo_extras()), imported, programme);
  programme.set_name(name);
  programme.set_state(v1::Programme::DRAFT);
  Assess(programme);
  RETURN_IF_ERROR(known.has_value() ? programmes_.Update(call, programme)
                                    : programmes_.Insert(call, programme));
  return true;
}

absl::StatusOr<v1::ImportReport> Curriculum::ImportLheo(Call& call,
                                                        const v1::ImportLheoRequest& request) {
  ASSIGN_OR_RETURN(const LheoDocument document, ReadLheo(request.content()));
  v1::ImportReport report;
  report.set_version(document.version);
  report.mutable_findings()->Assign(document.findings.begin(), document.findings.end());
  for (const LheoFormation& formation : document.formations) {
    v1::ImportReport::Formation& entry = Report(formation, report);
    if (!formation.accepted()) continue;
    entry.set_programme(ProgrammeName(request.parent(), formation.key));
    ASSIGN_OR_RETURN(const bool changed, TakeIn(call, formation.programme, entry.programme()));
    entry.set_changed(changed);
    report.set_changed(report.changed() + (changed ? 1 : 0));
  }
  return report;
}

absl::StatusOr<v1::ExportLheoResponse> Curriculum::ExportLheo(
    Call& call, const v1::ExportLheoRequest& request) {
  const int page_size = request.page_size() == 0 ? kExportPageDefault : request.page_size();
  ASSIGN_OR_RETURN(const storage::Page<v1::Programme> page,
                   programmes_.List(call, request.parent(), page_size, request.page_token(), ""));
  std::vector<std::string> names;
  for (const v1::Programme& programme : page.items)
    if (!programme.latest_revision().empty()) names.push_back(programme.latest_revision());
  RETURN_IF_ERROR(revisions_.Prefetch(call, names));
  std::vector<v1::Programme> published;
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(v1::ProgrammeRevision revision, revisions_.Get(call, name));
    published.push_back(std::move(*revision.mutable_content()));
  }
  v1::ExportLheoResponse response;
  if (!published.empty()) response.set_content(WriteLheo(published));
  response.set_formations(static_cast<int>(published.size()));
  response.set_next_page_token(page.next_page_token);
  return response;
}

absl::StatusOr<v1::JurySession> Curriculum::DeliberateJury(
    Call& call, const v1::DeliberateJuryRequest& request) {
  ASSIGN_OR_RETURN(v1::JurySession session,
                   jury_sessions_.Get(call, request.name(), request.etag()));
  ASSIGN_OR_RETURN(const v1::ProgrammeRevision revision,
                   revisions_.Get(call, session.programme_revision()));
  RETURN_IF_ERROR(Deliberate(revision, request.decisions(), session));
  RETURN_IF_ERROR(jury_sessions_.Update(call, session));
  return session;
}

// Asked by learner, since a cohort may have any number of certificates from earlier juries.
absl::StatusOr<std::vector<std::string>> Curriculum::Certified(Call& call,
                                                               const v1::JurySession& session) {
  std::vector<std::string> places, certified;
  std::vector<storage::Value> learners;
  for (const v1::JuryDecision& decision : session.decisions()) {
    learners.push_back(decision.learner());
    places.push_back(absl::StrCat("$", learners.size() + 1));
  }
  if (learners.empty()) return certified;
  ASSIGN_OR_RETURN(
      const std::vector<v1::Certificate> full,
      certificates_.Select(
          call, absl::StrCat("result = 'FULL' AND learner IN (", absl::StrJoin(places, ", "), ")"),
          learners));
  for (const v1::Certificate& certificate : full)
    if (certificate.cohort() == session.cohort()) certified.push_back(certificate.learner());
  return certified;
}

absl::StatusOr<v1::AwardCertificatesResponse> Curriculum::AwardCertificates(
    Call& call, const v1::AwardCertificatesRequest& request) {
  ASSIGN_OR_RETURN(v1::JurySession session,
                   jury_sessions_.Get(call, request.name(), request.etag()));
  ASSIGN_OR_RETURN(const std::vector<std::string> certified, Certified(call, session));
  ASSIGN_OR_RETURN(std::vector<v1::Certificate> certificates, Award(session, certified));
  ASSIGN_OR_RETURN(const v1::ProgrammeRevision revision,
                   revisions_.Get(call, session.programme_revision()));
  session.set_state(v1::JurySession::AWARDED);
  RETURN_IF_ERROR(jury_sessions_.Update(call, session));
  v1::AwardCertificatesResponse response;
  for (v1::Certificate& certificate : certificates) {
    RETURN_IF_ERROR(SignCertificate(call.unit().transaction().school_key(), revision, call.time(),
                                    certificate));
    RETURN_IF_ERROR(certificates_.Insert(call, certificate));
    RETURN_IF_ERROR(call.Emit(Awarded(certificate)));
    *response.add_certificates() = std::move(certificate);
  }
  return response;
}

}  // namespace vivier::curriculum
