#include "services/curriculum/rules.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/curriculum/lheo_check.h"
#include "services/curriculum/lheo_mapping.h"
#include "services/curriculum/transitions.h"
#include "shared/base/canonical.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/formats/codes.h"
#include "shared/formats/text.h"

namespace vivier::curriculum {
namespace {

using formats::CodeCheck;
using v1::Finding;

constexpr size_t kCertificateIdLength = 32;

class Assessment {
 public:
  explicit Assessment(const v1::Programme& programme) : programme_(programme) {}

  std::vector<Finding> Run() {
    Texts();
    Codes();
    Certifications();
    Body(programme_.training_body());
    Delivery(programme_.delivery());
    Modules();
    return std::move(findings_);
  }

 private:
  void Add(Finding::Severity severity, std::string field, Finding::Reason reason,
           absl::string_view value = "") {
    Finding finding;
    finding.set_severity(severity);
    finding.set_reason(reason);
    finding.set_field(std::move(field));
    finding.set_value(formats::Shorten(value, 80));
    findings_.push_back(std::move(finding));
  }

  void Need(bool there, std::string field) {
    if (!there) Add(Finding::ERROR, std::move(field), Finding::MISSING);
  }

  void Need(const std::string& text, std::string field) {
    Need(!formats::IsFiller(text), std::move(field));
  }

  // A wrong letter of a UAI is in official lists and only worth a look; what cannot be a code, or
  // stands for none, is not published.
  void Code(const std::string& code, CodeCheck (*check)(absl::string_view), std::string field) {
    if (code.empty()) return;
    const CodeCheck found = check(code);
    if (found.ok()) return;
    const bool error = found.verdict == CodeCheck::Verdict::kError ||
                       found.reason == CodeCheck::Reason::kPlaceholder;
    Add(error ? Finding::ERROR : Finding::WARNING, std::move(field), ReasonOfCode(found.reason),
        code);
  }

  template <class Codes>
  void CodeList(const Codes& codes, CodeCheck (*check)(absl::string_view),
                absl::string_view field) {
    for (int i = 0; i < codes.size(); ++i) Code(codes[i], check, absl::StrCat(field, "[", i, "]"));
  }

  void NeedAddress(const v1::Address& address, const std::string& field) {
    Need(address.lines_size() > 0, field + ".lines");
    Need(address.postal_code(), field + ".postal_code");
    Need(address.town(), field + ".town");
    Code(address.postal_code(), formats::CheckPostalCode, field + ".postal_code");
    Code(address.commune_code(), formats::CheckInseeCommune, field + ".commune_code");
  }

  void NeedContact(const v1::Contact& contact, const std::string& field) {
    Need(contact.phones_size() > 0 || !contact.email().empty() || contact.has_address(), field);
    if (contact.has_address()) NeedAddress(contact.address(), field + ".address");
  }

  void Texts() {
    Need(programme_.title(), "title");
    Need(programme_.objective(), "objective");
    Need(programme_.expected_results(), "expected_results");
    Need(programme_.content(), "content");
    Need(programme_.pathway() != v1::Programme::PATHWAY_UNSPECIFIED, "pathway");
    NeedContact(programme_.contact(), "contact");
  }

  void Codes() {
    Need(programme_.formacodes_size() + programme_.nsf_codes_size() + programme_.rome_codes_size() >
             0,
         "formacodes");
    CodeList(programme_.formacodes(), formats::CheckFormacode, "formacodes");
    CodeList(programme_.nsf_codes(), formats::CheckNsf, "nsf_codes");
    CodeList(programme_.rome_codes(), formats::CheckRome, "rome_codes");
  }

  void Certifications() {
    Need(!programme_.certifying() || programme_.certifications_size() > 0, "certifications");
    for (int i = 0; i < programme_.certifications_size(); ++i) {
      const v1::Certification& certification = programme_.certifications(i);
      const std::string field = absl::StrCat("certifications[", i, "]");
      Need(certification.ByteSizeLong() > 0, field);
      Code(certification.rncp_code(), formats::CheckRncp, field + ".rncp_code");
      Code(certification.rs_code(), formats::CheckRs, field + ".rs_code");
    }
    std::set<std::string> codes;
    for (int i = 0; i < programme_.blocks_size(); ++i) {
      const v1::CertificationBlock& block = programme_.blocks(i);
      const std::string field = absl::StrCat("blocks[", i, "].code");
      Need(block.code(), field);
      Code(block.code(), formats::CheckBlock, field);
      if (!codes.insert(block.code()).second)
        Add(Finding::ERROR, field, Finding::DUPLICATE, block.code());
    }
  }

  void Body(const v1::TrainingBody& body) {
    Need(body.activity_number(), "training_body.activity_number");
    Need(body.siret(), "training_body.siret");
    Need(body.title(), "training_body.title");
    Need(body.legal_name(), "training_body.legal_name");
    Code(body.activity_number(), formats::CheckNda, "training_body.activity_number");
    Code(body.siret(), formats::CheckSiret, "training_body.siret");
    Code(body.uai(), formats::CheckUai, "training_body.uai");
    NeedContact(body.seat(), "training_body.seat");
    NeedContact(body.contact(), "training_body.contact");
  }

  void Delivery(const v1::Delivery& delivery) {
    Need(delivery.rhythm(), "delivery.rhythm");
    Need(delivery.public_codes_size() > 0, "delivery.public_codes");
    CodeList(delivery.public_codes(), formats::CheckFormacode, "delivery.public_codes");
    Need(delivery.mode() != v1::Delivery::MODE_UNSPECIFIED, "delivery.mode");
    if (delivery.mode() != v1::Delivery::DISTANCE) NeedContact(delivery.place(), "delivery.place");
    Need(delivery.taught_minutes() > 0, "delivery.taught_minutes");
    for (int i = 0; i < delivery.sessions_size(); ++i)
      Session(delivery.sessions(i), absl::StrCat("delivery.sessions[", i, "]"));
  }

  void Session(const v1::Session& session, const std::string& field) {
    Need(session.has_start_date() || programme_.delivery().permanent_entry(),
         field + ".start_date");
    NeedAddress(session.enrolment_address(), field + ".enrolment_address");
    auto number = [](const google::type::Date& date) {
      return date.year() * 10000 + date.month() * 100 + date.day();
    };
    if (session.has_start_date() && session.has_end_date() &&
        number(session.end_date()) < number(session.start_date())) {
      Add(Finding::ERROR, field + ".end_date", Finding::END_BEFORE_START);
    }
  }

  void Modules() {
    int64_t minutes = 0;
    std::set<std::string> ids, blocks;
    for (const v1::CertificationBlock& block : programme_.blocks()) blocks.insert(block.code());
    for (int i = 0; i < programme_.modules_size(); ++i) {
      const v1::Module& module = programme_.modules(i);
      const std::string field = absl::StrCat("modules[", i, "]");
      Need(module.minutes() > 0, field + ".minutes");
      minutes += module.minutes();
      if (!ids.insert(module.module_id()).second) {
        Add(Finding::ERROR, field + ".module_id", Finding::DUPLICATE, module.module_id());
      }
      for (const std::string& code : module.block_codes()) {
        if (!blocks.contains(code))
          Add(Finding::ERROR, field + ".block_codes", Finding::UNKNOWN_BLOCK, code);
      }
    }
    if (programme_.modules_size() > 0 && minutes != programme_.delivery().taught_minutes()) {
      Add(Finding::ERROR, "delivery.taught_minutes", Finding::SUM_DIFFERS, absl::StrCat(minutes));
    }
  }

  const v1::Programme& programme_;
  std::vector<Finding> findings_;
};

// The blocks of a decision, in the order of the revision; an error where they do not fit the
// result.
absl::StatusOr<std::vector<std::string>> BlocksOf(const v1::JuryDecision& decision,
                                                  const std::vector<std::string>& taught) {
  std::set<std::string> named;
  for (const std::string& code : decision.block_codes()) {
    if (std::find(taught.begin(), taught.end(), code) == taught.end() ||
        !named.insert(code).second) {
      return Refused(v1::BLOCK_NOT_TAUGHT,
                     "a block that the programme revision does not have, or one twice",
                     {{"learner", decision.learner()}, {"block", code}});
    }
  }
  const bool full = decision.result() == v1::CertificateAwarded::FULL;
  const bool fits = full ? named.empty() || named.size() == taught.size()
                    : decision.result() == v1::CertificateAwarded::NONE
                        ? named.empty()
                        : !named.empty() && named.size() < taught.size();
  if (!fits || decision.result() == v1::CertificateAwarded::RESULT_UNSPECIFIED) {
    return Refused(v1::RESULT_NEEDS_OTHER_BLOCKS,
                   "FULL takes every block, PARTIAL some but not all, NONE none",
                   {{"learner", decision.learner()}});
  }
  std::vector<std::string> blocks;
  for (const std::string& code : taught) {
    if (full || named.contains(code)) blocks.push_back(code);
  }
  return blocks;
}

}  // namespace

std::vector<Finding> Shortcomings(const v1::Programme& programme) {
  return Assessment(programme).Run();
}

void Assess(v1::Programme& programme) {
  for (std::string* text : {programme.mutable_title(), programme.mutable_objective(),
                            programme.mutable_expected_results(), programme.mutable_content()}) {
    *text = PlainText(*text);
  }
  programme.clear_findings();
  for (Finding& finding : Shortcomings(programme)) *programme.add_findings() = std::move(finding);
}

absl::Status CheckPublishable(const v1::Programme& programme) {
  Metadata errors;
  for (const Finding& finding : Shortcomings(programme)) {
    if (finding.severity() == Finding::ERROR)
      errors.emplace_back(finding.field(), Finding::Reason_Name(finding.reason()));
  }
  if (errors.empty()) return absl::OkStatus();
  return Refused(v1::PROGRAMME_INCOMPLETE,
                 absl::StrCat(errors.size(), " fields are missing or wrong"), errors);
}

v1::Programme ContentOf(const v1::Programme& programme) {
  v1::Programme content = programme;
  content.clear_name();
  content.clear_etag();
  content.clear_state();
  content.clear_latest_revision();
  content.clear_revision_count();
  content.clear_findings();
  return content;
}

std::string ContentHash(const v1::Programme& programme) {
  return Hex(CanonicalHash(ContentOf(programme)));
}

v1::ProgrammeRevision NextRevision(const v1::Programme& programme, absl::Time time) {
  v1::ProgrammeRevision revision;
  revision.set_name(absl::StrCat(programme.name(), "/revisions/", programme.revision_count() + 1));
  revision.set_title(programme.title());
  revision.set_taught_minutes(programme.delivery().taught_minutes());
  revision.set_company_minutes(programme.delivery().company_minutes());
  *revision.mutable_modules() = programme.modules();
  *revision.mutable_certifications() = programme.certifications();
  *revision.mutable_blocks() = programme.blocks();
  *revision.mutable_content() = ContentOf(programme);
  revision.set_content_hash(ContentHash(programme));
  *revision.mutable_publish_time() = ToTimestamp(time);
  return revision;
}

absl::Status Deliberate(const v1::ProgrammeRevision& revision,
                        const google::protobuf::RepeatedPtrField<v1::JuryDecision>& decisions,
                        v1::JurySession& session) {
  if (!MayDo(kJurySessionTransitions, session.state(), "DeliberateJury")) {
    return Refused(v1::ALREADY_AWARDED, "the certificates were awarded",
                   {{"jury_session", session.name()}});
  }
  std::vector<std::string> taught;
  for (const v1::CertificationBlock& block : revision.blocks()) taught.push_back(block.code());
  std::set<std::string> learners;
  google::protobuf::RepeatedPtrField<v1::JuryDecision> accepted;
  for (const v1::JuryDecision& decision : decisions) {
    if (!absl::StartsWith(decision.learner(), session.cohort() + "/")) {
      return Refused(v1::LEARNER_OF_OTHER_COHORT, "the jury certifies its own cohort",
                     {{"learner", decision.learner()}});
    }
    if (!learners.insert(decision.learner()).second) {
      return Refused(v1::LEARNER_TWICE, "one decision for each learner",
                     {{"learner", decision.learner()}});
    }
    ASSIGN_OR_RETURN(const std::vector<std::string> blocks, BlocksOf(decision, taught));
    v1::JuryDecision& kept = *accepted.Add();
    kept.set_learner(decision.learner());
    kept.set_result(decision.result());
    kept.mutable_block_codes()->Assign(blocks.begin(), blocks.end());
  }
  *session.mutable_decisions() = std::move(accepted);
  session.set_state(v1::JurySession::DELIBERATED);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::Certificate>> Award(const v1::JurySession& session,
                                                   const std::vector<std::string>& certified) {
  if (session.state() == v1::JurySession::AWARDED) {
    return Refused(v1::ALREADY_AWARDED, "the certificates were awarded",
                   {{"jury_session", session.name()}});
  }
  if (session.state() != v1::JurySession::DELIBERATED) {
    return Refused(v1::NOT_DELIBERATED, "the jury has not deliberated",
                   {{"jury_session", session.name()}});
  }
  std::vector<v1::Certificate> certificates;
  for (const v1::JuryDecision& decision : session.decisions()) {
    if (std::find(certified.begin(), certified.end(), decision.learner()) != certified.end()) {
      return Refused(v1::ALREADY_CERTIFIED, "holds the full title already",
                     {{"learner", decision.learner()}});
    }
    v1::Certificate& certificate = certificates.emplace_back();
    const std::string id = Hex(Sha256(absl::StrCat(session.name(), "\n", decision.learner())));
    certificate.set_name(absl::StrCat(SchoolNameOf(session.name()), "/certificates/",
                                      id.substr(0, kCertificateIdLength)));
    certificate.set_learner(decision.learner());
    certificate.set_cohort(session.cohort());
    certificate.set_programme_revision(session.programme_revision());
    certificate.set_jury_session(session.name());
    certificate.set_result(decision.result());
    *certificate.mutable_block_codes() = decision.block_codes();
    *certificate.mutable_date() = session.date();
  }
  return certificates;
}

}  // namespace vivier::curriculum
