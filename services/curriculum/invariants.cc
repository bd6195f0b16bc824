#include "services/curriculum/invariants.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/curriculum/certificates.h"
#include "services/curriculum/rules.h"
#include "shared/base/date.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/relations/each.h"
#include "shared/rotation/school_keys.h"
#include "vivier/curriculum/v1/events.pb.h"
#include "vivier/curriculum/v1/resources.pb.h"

namespace vivier::curriculum {
namespace {

using google::protobuf::util::MessageDifferencer;
using relations::Each;
using relations::EachEvent;
using rpc::Breaches;
using rpc::Claims;
using rpc::Knows;
using storage::Transaction;
using v1::Certificate;
using v1::CertificateAwarded;
using v1::JurySession;
using v1::Programme;
using v1::ProgrammeRevision;

// A revision says what its content says, and its hash proves the content.
bool IsWhole(const ProgrammeRevision& revision) {
  ProgrammeRevision due = NextRevision(revision.content(), absl::UnixEpoch());
  due.set_name(revision.name());
  due.set_etag(revision.etag());
  *due.mutable_publish_time() = revision.publish_time();
  return MessageDifferencer::Equals(due, revision);
}

std::string Unlike(const Programme& programme, const std::map<std::string, std::string>& hashes,
                   int published) {
  if (programme.revision_count() != published) return "counts other revisions than there are";
  const std::string latest =
      published == 0 ? "" : absl::StrCat(programme.name(), "/revisions/", published);
  if (programme.latest_revision() != latest) return "names another revision as its latest";
  if (programme.state() != Programme::PUBLISHED) return "";
  const auto hash = hashes.find(latest);
  return hash != hashes.end() && hash->second == ContentHash(programme)
             ? ""
             : "is not what its latest revision says";
}

// How many revisions of each programme the log tells of.
absl::StatusOr<std::map<std::string, int>> PublishedIn(Transaction& transaction) {
  std::map<std::string, int> published;
  RETURN_IF_ERROR(EachEvent<v1::ProgrammeRevisionPublished>(
      transaction, [&published](const auto& event) { ++published[event.programme()]; }));
  return published;
}

absl::StatusOr<Breaches> CheckProgrammes(Transaction& transaction) {
  ASSIGN_OR_RETURN(auto published, PublishedIn(transaction));
  std::set<std::string> due;
  for (const auto& [programme, count] : published)
    for (int i = 1; i <= count; ++i) due.insert(absl::StrCat(programme, "/revisions/", i));
  std::map<std::string, std::string> hashes;  // by revision
  Breaches breaches;
  RETURN_IF_ERROR(Each<ProgrammeRevision>(transaction, [&](const ProgrammeRevision& revision) {
    ++breaches.checked;
    hashes[revision.name()] = revision.content_hash();
    if (!IsWhole(revision)) breaches.Add(revision.name(), "is not what its content says");
    if (due.erase(revision.name()) == 0) breaches.Add(revision.name(), "was never published");
  }));
  for (const std::string& name : due) breaches.Add(name, "was published and is gone");
  RETURN_IF_ERROR(Each<Programme>(transaction, [&](const Programme& programme) {
    ++breaches.checked;
    if (const std::string wrong = Unlike(programme, hashes, published[programme.name()]);
        !wrong.empty())
      breaches.Add(programme.name(), wrong);
    published.erase(programme.name());
  }));
  for (const auto& [name, count] : published) breaches.Add(name, "was published and is gone");
  return breaches;
}

// What a jury awards is its decisions; it awards once.
absl::StatusOr<std::map<std::string, Certificate>> CertificatesDue(Transaction& transaction,
                                                                   Breaches& breaches) {
  std::map<std::string, Certificate> due;
  RETURN_IF_ERROR(Each<JurySession>(transaction, [&](const JurySession& session) {
    ++breaches.checked;
    if (session.state() != JurySession::AWARDED) return;
    JurySession deliberated = session;
    deliberated.set_state(JurySession::DELIBERATED);
    absl::StatusOr<std::vector<Certificate>> awarded = Award(deliberated, {});
    if (!awarded.ok()) return breaches.Add(session.name(), "cannot have awarded");
    for (Certificate& certificate : *awarded) due[certificate.name()] = std::move(certificate);
  }));
  return due;
}

absl::StatusOr<Breaches> CheckCertificates(Transaction& transaction) {
  Breaches breaches;
  ASSIGN_OR_RETURN(auto due, CertificatesDue(transaction, breaches));
  std::map<std::string, CertificateAwarded> told;
  RETURN_IF_ERROR(EachEvent<CertificateAwarded>(
      transaction, [&told](const auto& event) { told[event.certificate()] = event; }));
  ASSIGN_OR_RETURN(const std::set<std::string> keys, rotation::PublicKeys(transaction));
  RETURN_IF_ERROR(Each<Certificate>(transaction, [&](Certificate certificate) {
    ++breaches.checked;
    certificate.clear_etag();
    const auto decided = due.extract(certificate.name());
    if (decided.empty() || !MessageDifferencer::Equals(decided.mapped(), DecisionOf(certificate)))
      breaches.Add(certificate.name(), "is not what its jury decided");
    if (!IsSigned(certificate) || keys.count(certificate.public_key()) == 0)
      breaches.Add(certificate.name(), "is not signed by a key of the school");
    const auto event = told.extract(certificate.name());
    if (event.empty() || event.mapped().learner() != certificate.learner() ||
        event.mapped().result() != certificate.result() ||
        ToCivil(event.mapped().date()) != ToCivil(certificate.date()))
      breaches.Add(certificate.name(), "is not what was awarded");
  }));
  for (const auto& [name, certificate] : due) breaches.Add(name, "was decided and is gone");
  for (const auto& [name, event] : told) breaches.Add(name, "was awarded and is gone");
  return breaches;
}

// The newest decision on each learner, as the log tells it.
absl::StatusOr<Claims> CertificationsIn(Transaction& transaction) {
  Claims claims;
  RETURN_IF_ERROR(EachEvent<CertificateAwarded>(transaction, [&claims](const auto& event) {
    claims[IdInSchool(event.learner())] = CertificateAwarded::Result_Name(event.result());
  }));
  return claims;
}

absl::StatusOr<Claims> LearnersIn(Transaction& transaction) {
  Claims claims;
  RETURN_IF_ERROR(Each<JurySession>(transaction, [&claims](const JurySession& session) {
    for (const v1::JuryDecision& decision : session.decisions())
      claims[decision.learner()] = session.cohort();
  }));
  return claims;
}

}  // namespace

void AddJoinedInvariants(rpc::Service& service) {
  service
      .Follows(
          "I16",
          "programme_revisions: name, title, taught_minutes, company_minutes, modules, "
          "certifications, blocks, content, content_hash; "
          "programmes: name, latest_revision, revision_count, title, objective, expected_results, "
          "content, formacodes, nsf_codes, rome_codes, certifying, certifications, blocks, "
          "pathway, entry_level, exit_level, urls, contact, training_body, delivery, modules, "
          "lheo_extras",
          &CheckProgrammes)
      .Follows("I16",
               "certificates: name, learner, cohort, programme_revision, jury_session, result, "
               "block_codes, date; jury_sessions: cohort, programme_revision, date, state, "
               "decisions",
               &CheckCertificates)
      .Claim("I17", "programme revisions", Knows::kAll, "programme_revisions: name",
             "SELECT name, 'known' FROM programme_revisions WHERE school = $1")
      .Claim("I17", "cohorts", Knows::kSome, "jury_sessions: cohort",
             "SELECT cohort, 'known' FROM jury_sessions WHERE school = $1")
      .Claim("I17", "learners", Knows::kSome, "jury_sessions: decisions", &LearnersIn)
      .Claim("I17", "certifications", Knows::kAll, "certificates: learner, result",
             &CertificationsIn);
}

}  // namespace vivier::curriculum
