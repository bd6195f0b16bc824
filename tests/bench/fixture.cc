#include "tests/bench/fixture.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "shared/base/status.h"
#include "shared/security/school_key.h"
#include "shared/site/tokens.h"
#include "shared/storage/engines/migrate.h"
#include "shared/storage/log/table.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier::bench {
namespace {

using enrolment::v1::Application;
using enrolment::v1::Candidate;
using enrolment::v1::Cohort;
using enrolment::v1::CohortSeats;

// Keeps the rows of one transaction in memory at a few thousand.
constexpr int kCohortsPerCommit = 40;
constexpr int kLargeRules = 25;

std::string CohortName(const std::string& kind, int i, const std::string& school = kSchool) {
  return absl::StrCat("schools/", school, "/cohorts/", kind, "-", i);
}

std::string ApplicationName(int cohort, int rank) {
  return absl::StrCat(CohortName("admit", cohort), "/applications/a-", rank);
}

std::vector<std::string> CohortNames(const std::string& kind, const std::string& school) {
  std::vector<std::string> names;
  for (int i = 0; i < kReadNames; ++i) names.push_back(CohortName(kind, i, school));
  return names;
}

google::type::Date Day(int year, int month, int day) {
  google::type::Date date;
  date.set_year(year);
  date.set_month(month);
  date.set_day(day);
  return date;
}

Cohort MakeCohort(const std::string& name, int rules) {
  Cohort cohort;
  cohort.set_name(name);
  cohort.set_title("Artificial intelligence, first year");
  cohort.set_programme_revision(absl::StrCat("schools/", kSchool, "/programmes/ai/revisions/1"));
  cohort.set_capacity(kSeats);
  *cohort.mutable_start_date() = Day(2027, 1, 11);
  *cohort.mutable_end_date() = Day(2027, 7, 30);
  cohort.set_host_site("Campus of the city, 2 rue de la Craffe, 54000 Nancy");
  cohort.set_training_body("Association for free digital schools of the region");
  cohort.set_training_body_siret("13002526500013");
  cohort.set_state(Cohort::OPEN);
  for (int i = 0; i < rules; ++i) {
    auto& rule = *cohort.add_eligibility_rules();
    rule.set_rule(absl::StrCat("age-", i));
    rule.set_fact(enrolment::v1::EligibilityRule::AGE);
    rule.set_min(18);
    rule.set_source("Agreement of the region for the years 2026 to 2028, article 4.");
  }
  return cohort;
}

Candidate MakeCandidate(int cohort, int rank) {
  Candidate candidate;
  candidate.set_name(absl::StrCat("schools/", kSchool, "/candidates/c-", cohort, "-", rank));
  candidate.set_given_name("Camille");
  candidate.set_family_name("Dupont");
  candidate.set_email(absl::StrCat("camille.dupont.", cohort, ".", rank, "@example.org"));
  *candidate.mutable_birth_date() = Day(1980 + rank, 1 + cohort % 12, 1 + cohort % 28);
  candidate.set_postal_code("54000");
  candidate.set_gender(rank % 2 == 0 ? enrolment::v1::PersonClasses::WOMAN
                                     : enrolment::v1::PersonClasses::MAN);
  candidate.set_jobseeker(true);
  candidate.set_region_code("44");
  candidate.set_education_level(1 + rank % 8);
  return candidate;
}

Application MakeApplication(const Cohort& cohort, const Candidate& candidate, int cohort_number,
                            int rank) {
  Application application;
  application.set_name(ApplicationName(cohort_number, rank));
  application.set_cohort(cohort.name());
  application.set_candidate(candidate.name());
  application.set_channel("france-travail");
  application.set_state(Application::SHORTLISTED);
  application.set_rank(rank);
  auto& answer = *application.add_answers();
  answer.set_question("motivation");
  answer.set_text("I want to build things that people use.");
  auto& score = *application.add_scores();
  score.set_assessor("trainer-1");
  score.set_criterion("motivation");
  score.set_points(100 - rank);
  application.mutable_create_time()->set_seconds(1'790'000'000);
  return application;
}

class Filler {
 public:
  explicit Filler(storage::Transaction& transaction) : transaction_(transaction) {}

  absl::Status Admittable(int number) {
    storage::Unit unit(transaction_);
    Cohort cohort = MakeCohort(CohortName("admit", number), 1);
    CohortSeats seats;
    seats.set_name(cohort.name() + "/seats");
    seats.set_capacity(kSeats);
    RETURN_IF_ERROR(cohorts_.Insert(unit, cohort));
    RETURN_IF_ERROR(seats_.Insert(unit, seats));
    for (int rank = 1; rank <= kSeats; ++rank) {
      Candidate candidate = MakeCandidate(number, rank);
      Application application = MakeApplication(cohort, candidate, number, rank);
      RETURN_IF_ERROR(candidates_.Insert(unit, candidate));
      RETURN_IF_ERROR(applications_.Insert(unit, application));
    }
    return Store(unit);
  }

  absl::Status Readable(const std::string& school) {
    storage::Unit unit(transaction_);
    for (int i = 0; i < kReadNames; ++i) {
      Cohort small = MakeCohort(CohortName("small", i, school), 0),
             large = MakeCohort(CohortName("large", i, school), kLargeRules);
      RETURN_IF_ERROR(cohorts_.Insert(unit, small));
      RETURN_IF_ERROR(cohorts_.Insert(unit, large));
    }
    return Store(unit);
  }

 private:
  static absl::Status Store(storage::Unit& unit) {
    return unit.Apply({"bench", "bench", "schools/nancy", "", "", ""},
                      absl::FromUnixSeconds(1'790'000'000));
  }

  storage::Transaction& transaction_;
  storage::Table<Cohort> cohorts_;
  storage::Table<CohortSeats> seats_;
  storage::Table<Candidate> candidates_;
  storage::Table<Application> applications_;
};

// Cohorts to read when there are none to admit into.
absl::Status FillSome(storage::Connection& connection, const security::SchoolKey& key,
                      const std::string& school, int first, int last) {
  RETURN_IF_ERROR(connection.Begin(storage::Access::kWrite));
  storage::Transaction transaction(connection, school, &key);
  RETURN_IF_ERROR(transaction.LockHead());
  Filler filler(transaction);
  if (first == last) RETURN_IF_ERROR(filler.Readable(school));
  for (int cohort = first; cohort < last; ++cohort) RETURN_IF_ERROR(filler.Admittable(cohort));
  RETURN_IF_ERROR(transaction.StoreHead());
  RETURN_IF_ERROR(connection.Commit());
  return connection.Maintain(true);
}

absl::Status FillDatabase(const std::string& url, const std::string& folder, int cohorts) {
  RETURN_IF_ERROR(site::CreateKeys(folder));
  ASSIGN_OR_RETURN(security::SchoolKey key, security::SchoolKey::Load(folder + "/keys/school.key"));
  ASSIGN_OR_RETURN(std::unique_ptr<storage::Database> database, storage::Database::Open(url));
  RETURN_IF_ERROR(storage::Migrate(*database, "enrolment"));
  ASSIGN_OR_RETURN(std::unique_ptr<storage::Connection> connection,
                   database->Connect(storage::Access::kWrite));
  for (const char* school : {kSchool, kOtherSchool})
    RETURN_IF_ERROR(FillSome(*connection, key, school, 0, 0));
  for (int first = 0; first < cohorts; first += kCohortsPerCommit)
    RETURN_IF_ERROR(
        FillSome(*connection, key, kSchool, first, std::min(first + kCohortsPerCommit, cohorts)));
  return absl::OkStatus();
}

}  // namespace

absl::Status Fill(const std::string& folder, int cohorts) {
  std::filesystem::create_directories(folder + "/db");
  return FillDatabase("sqlite:" + folder + "/db/enrolment.db", folder, cohorts);
}

absl::Status FillPostgres(const std::string& folder, const std::string& postgres, int cohorts) {
  return FillDatabase("postgres:enrolment:" + postgres, folder, cohorts);
}

std::vector<std::string> ApplicationNames(int cohorts) {
  std::vector<std::string> names;
  for (int cohort = 0; cohort < cohorts; ++cohort)
    for (int rank = 1; rank <= kSeats; ++rank) names.push_back(ApplicationName(cohort, rank));
  return names;
}

std::vector<std::string> SmallCohorts(const std::string& school) {
  return CohortNames("small", school);
}
std::vector<std::string> LargeCohorts() { return CohortNames("large", kSchool); }

}  // namespace vivier::bench
