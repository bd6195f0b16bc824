// Every answer that names a person is counted and audited, whether or not it holds personal data:
// found from the descriptors, compared with shows_persons.txt, and for each list shown on rows of
// two persons with a budget of one, on both engines. The budgets of roles let their largest
// ordinary days pass.
#include "shared/rpc/shown_persons.h"

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "google/api/resource.pb.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/message.h"
#include "shared/service/method.h"
#include "tests/rpc/base_request.h"
#include "tests/rpc/filled_rows.h"
#include "tests/rpc/rows.h"
#include "tests/rpc/services.h"
#include "tests/support/engines.h"
#include "tests/support/state_diagram.h"
#include "tests/support/world.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/funding/v1/funding.pb.h"

namespace vivier::testing {
namespace {

bool IsOfTrade(const pb::MethodDescriptor& method) {
  const std::vector<std::string>& trade = rpc::TradeServices();
  return std::find(trade.begin(), trade.end(), rpc::ServiceOf(method.file())) != trade.end();
}

rpc::Method Described(const pb::MethodDescriptor& method) {
  const auto described = rpc::Describe(&method);
  EXPECT_TRUE(described.ok()) << described.status();
  return *described;
}

// What a List shows; null for other rpcs.
const pb::Descriptor* ListedBy(const pb::MethodDescriptor& method) {
  if (method.input_type()->FindFieldByName("page_token") == nullptr) return nullptr;
  for (int i = 0; i < method.output_type()->field_count(); ++i)
    if (method.output_type()->field(i)->is_repeated())
      return method.output_type()->field(i)->message_type();
  return nullptr;
}

// With this id for the resource itself, and what base_request.h gives for what it lies below.
std::string Named(const std::string& pattern, const std::string& id) {
  return absl::StrCat(BaseRequest::Name(pattern.substr(0, pattern.rfind('/'))), "/", id);
}

std::string ParentOf(const pb::Descriptor& resource) {
  return ParentOfName(BaseRequest::Name(PatternOf(resource)));
}

// A row that has to do with this person.
Row RowOf(const pb::Descriptor& resource, const std::string& person) {
  const auto name_of = [&](const pb::Descriptor& type) {
    return &type == &resource || rpc::IsOfPerson(type) ? Named(PatternOf(type), person)
                                                       : BaseRequest::Name(PatternOf(type));
  };
  return FilledRow::Of(resource, name_of,
                       absl::StrCat("schools/nancy/earnings/x1.2026-10-05-am.", person, ".1.1"));
}

class ShownPersonsTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  explicit ShownPersonsTest(int rows = 1)
      : world_(GetParam(),
               [rows](config::v1::Config& config) { config.add_read_budgets()->set_rows(rows); }) {}

  void Put(const std::string& service, const std::vector<Row>& rows) {
    world_.Stop();
    const absl::Status put = PutRows(world_.DatabaseUrl(service), world_.data(), rows);
    EXPECT_TRUE(put.ok()) << service << ": " << put;
    world_.Start();
  }

  absl::Status Ask(const pb::MethodDescriptor& method, const pb::Message& request,
                   const std::string& subject, const std::string& reason) {
    security::Caller caller = World::Person();
    caller.subject = subject;
    return world_.site()
        .channel()
        ->Call(rpc::PathOf(method), request.SerializeAsString(),
               {absl::Seconds(30), world_.Authorization(caller), "", reason})
        .status();
  }

  int64_t Number(const std::string& service, const std::string& sql) {
    auto database = storage::Database::Open(world_.DatabaseUrl(service));
    auto connection = (*database)->Connect(storage::Access::kRead);
    EXPECT_TRUE((*connection)->Begin(storage::Access::kRead).ok());
    const auto result = (*connection)->Query(sql);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? std::get<int64_t>(result->rows[0][0]) : -1;
  }

  void ExpectCountedAndAudited(const pb::MethodDescriptor& method) {
    const std::string service = rpc::ServiceOf(method.file());
    Row request = NewMessage(method.input_type());
    request->GetReflection()->SetString(
        request.get(), method.input_type()->FindFieldByName("parent"), ParentOf(*ListedBy(method)));
    const std::string subject = absl::StrCat("reader-of-", method.name());
    const absl::Status refused = Ask(method, *request, subject, "");
    EXPECT_EQ(ReasonOf(refused), "READ_BUDGET_SPENT") << method.name() << ": " << refused;
    EXPECT_TRUE(absl::StrContains(absl::StrJoin(MetadataOf(refused), ";", absl::PairFormatter("=")),
                                  "budget=rows"))
        << method.name();
    EXPECT_EQ(Ask(method, *request, subject, "an inspection"), absl::OkStatus()) << method.name();
    const std::string by = absl::StrCat(" WHERE principal = '", subject, "'");
    // A contract shows the tutor too.
    EXPECT_GE(Number(service, "SELECT COUNT(*) FROM person_reads" + by + " AND opened = 0"), 2)
        << method.name();
    EXPECT_EQ(Number(service, "SELECT COUNT(*) FROM reading_records" + by), 1) << method.name();
  }

  World world_;
};

TEST_P(ShownPersonsTest, EveryListThatNamesPersonsIsCountedAndAudited) {
  std::map<std::string, std::vector<Row>> rows;
  // Its lines are its earnings.
  rows["funding"].push_back(RowOf(*funding::v1::Invoice::descriptor(), "x1"));
  std::vector<const pb::MethodDescriptor*> lists;
  for (const pb::MethodDescriptor* method : Methods()) {
    if (!IsOfTrade(*method) || ListedBy(*method) == nullptr ||
        !rpc::ShowsPersons(Described(*method)))
      continue;
    lists.push_back(method);
    if (ListedBy(*method) == funding::v1::InvoiceLine::descriptor()) continue;
    for (const char* person : {"p1", "p2"}) {
      Row row = RowOf(*ListedBy(*method), person);
      if (auto* reservation = dynamic_cast<funding::v1::Reservation*>(row.get()))
        reservation->set_seat(person[1] - '0');  // each has one
      if (auto* seal = dynamic_cast<enrolment::v1::AttendanceSeal*>(row.get())) {
        seal->set_revision(person[1] - '0');
        seal->set_number(person[1] - '0');
      }
      rows[rpc::ServiceOf(method->file())].push_back(std::move(row));
    }
  }
  for (const auto& [service, put] : rows) Put(service, put);
  for (const pb::MethodDescriptor* method : lists) {
    ExpectCountedAndAudited(*method);
    std::cout << method->name() << ": counted and audited"
              << (rpc::HoldsPersonalData(method->output_type())
                      ? ""
                      : ", and holds no personal data (escaped before)")
              << "\n";
  }
  EXPECT_GE(lists.size(), 14U);
}

INSTANTIATE_TEST_SUITE_P(Engines, ShownPersonsTest, BothEngines(), EngineName);

class OrdinaryDayTest : public ShownPersonsTest {
 protected:
  OrdinaryDayTest() : ShownPersonsTest(0) {}
};

TEST_P(OrdinaryDayTest, AnOfficerListsAndAssesses260Applications) {
  constexpr int kApplications = 260;
  std::vector<Row> rows;
  auto cohort = std::make_unique<enrolment::v1::Cohort>();
  cohort->set_name("schools/nancy/cohorts/ai-1");
  cohort->set_capacity(24);
  cohort->set_state(enrolment::v1::Cohort::OPEN);
  for (auto* date : {cohort->mutable_start_date(), cohort->mutable_end_date()}) {
    date->set_year(2030);
    date->set_month(1);
    date->set_day(7);
  }
  rows.push_back(std::move(cohort));
  for (int i = 0; i < kApplications; ++i) {
    auto candidate = std::make_unique<enrolment::v1::Candidate>();
    candidate->set_name(absl::StrCat("schools/nancy/candidates/c-", i));
    auto application = std::make_unique<enrolment::v1::Application>();
    application->set_name(absl::StrCat("schools/nancy/cohorts/ai-1/applications/a-", i));
    application->set_cohort("schools/nancy/cohorts/ai-1");
    application->set_candidate(candidate->name());
    application->set_state(enrolment::v1::Application::SUBMITTED);
    application->mutable_create_time()->set_seconds(absl::ToUnixSeconds(world_.now()));
    application->add_answers()->set_text("because");
    rows.push_back(std::move(candidate));
    rows.push_back(std::move(application));
  }
  Put("enrolment", rows);
  const security::Caller officer = World::Person("admissions_officer");
  enrolment::v1::ListApplicationsRequest list;
  list.set_parent("schools/nancy/cohorts/ai-1");
  list.set_page_size(500);
  const auto listed = world_.Call<enrolment::v1::ListApplicationsResponse>(list, officer);
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_EQ(listed->applications_size(), kApplications);
  for (const enrolment::v1::Application& application : listed->applications()) {
    enrolment::v1::AssessEligibilityRequest assess;
    assess.set_name(application.name());
    const auto assessed = world_.Write<enrolment::v1::Application>(assess, officer);
    ASSERT_TRUE(assessed.ok()) << application.name() << ": " << assessed.status();
  }
  const std::string shown = "SELECT COUNT(*) FROM person_reads WHERE reads > opened";
  EXPECT_EQ(Number("enrolment", shown), kApplications);
  EXPECT_EQ(Number("enrolment", shown + " AND opened > 0"), kApplications);
}

TEST_P(OrdinaryDayTest, AFinanceOfficerListsTheReservationsOfAYear) {
  constexpr int kReservations = 240;
  std::vector<Row> rows;
  for (int i = 0; i < kReservations; ++i) {
    rows.push_back(RowOf(*funding::v1::Reservation::descriptor(), absl::StrCat("p", i)));
    static_cast<funding::v1::Reservation&>(*rows.back()).set_seat(i + 1);  // each has one
    rows.push_back(RowOf(*funding::v1::Earning::descriptor(), absl::StrCat("p", i)));
  }
  Put("funding", rows);
  const security::Caller officer = World::Person("finance_officer");
  funding::v1::ListReservationsRequest reservations;
  funding::v1::ListEarningsRequest earnings;
  reservations.set_parent("schools/nancy");
  reservations.set_page_size(500);
  earnings.set_parent("schools/nancy");
  earnings.set_page_size(500);
  const auto first = world_.Call<funding::v1::ListReservationsResponse>(reservations, officer);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->reservations_size(), kReservations);
  const auto second = world_.Call<funding::v1::ListEarningsResponse>(earnings, officer);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(Number("funding", "SELECT COUNT(*) FROM person_reads"), 2 * kReservations);
}

INSTANTIATE_TEST_SUITE_P(Engines, OrdinaryDayTest, BothEngines(), EngineName);

// Reviewed line by line: which rpcs open a file, and which list persons.
TEST(ShowsPersons, IsWhatTheListSays) {
  std::set<std::string> lines;
  for (const pb::MethodDescriptor* method : Methods()) {
    if (!IsOfTrade(*method) || rpc::BatchShapeOf(*method).has_value()) continue;
    if (!rpc::ShowsPersons(Described(*method))) continue;
    const bool lists = ListedBy(*method) != nullptr;
    lines.insert(absl::StrCat(method->service()->name(), ".", method->name(), " ",
                              lists ? "rows" : "opens"));
  }
  std::set<std::string> listed;
  for (absl::string_view line :
       absl::StrSplit(ReadSource("tests/rpc/shows_persons.txt"), '\n', absl::SkipEmpty()))
    listed.insert(std::string(line));
  EXPECT_EQ(absl::StrJoin(lines, "\n"), absl::StrJoin(listed, "\n"));
}

// Two names of one person would count twice: a message that refers to a person and to what has to
// do with one says by `person` whom it is about.
TEST(ShowsPersons, CountsNobodyTwice) {
  for (const std::string& service : rpc::TradeServices())
    for (const pb::FileDescriptor* file : rpc::FilesOf(service))
      for (int m = 0; m < file->message_type_count(); ++m) {
        const pb::Descriptor& type = *file->message_type(m);
        int persons = 0, of_persons = 0;
        for (int i = 0; i < type.field_count(); ++i) {
          const pb::Descriptor* referred = rpc::ResourceType(
              type.field(i)->options().GetExtension(google::api::resource_reference).type());
          if (referred == nullptr || !rpc::IsOfPerson(*referred)) continue;
          const bool is_person = referred->options().GetExtension(options::v1::person) == "name";
          ++(is_person ? persons : of_persons);
        }
        EXPECT_TRUE(persons == 0 || of_persons == 0 ||
                    type.options().HasExtension(options::v1::person) ||
                    absl::EndsWith(type.name(), "Request"))
            << type.full_name() << " names a person and has no `person` option";
      }
}

}  // namespace
}  // namespace vivier::testing
