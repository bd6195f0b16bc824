#include "tests/journey/load.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "shared/service/channel.h"
#include "shared/storage/engines/database.h"
#include "tests/support/ranked_cohorts.h"
#include "vivier/curriculum/v1/curriculum.pb.h"
#include "vivier/funding/v1/funding.pb.h"
#include "vivier/partners/v1/partners.pb.h"

namespace vivier::testing {
namespace {

// Enough that those who wait for a process that is away leave others to go on.
constexpr int kSenders = 16;
// A request that has no answer after this is given up, as a refusal.
constexpr absl::Duration kPatience = absl::Minutes(1);
constexpr absl::Duration kTryTimeout = absl::Seconds(5);
constexpr absl::Duration kPause = absl::Milliseconds(20);

bool HasNoAnswer(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status);
}

// The digit that makes a number valid: every second digit from the right doubled, the sum ends in 0
// (Luhn).
std::string WithCheckDigit(const std::string& digits) {
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    const int value = (digits[digits.size() - 1 - i] - '0') * (i % 2 == 0 ? 2 : 1);
    sum += value / 10 + value % 10;
  }
  return absl::StrCat(digits, (10 - sum % 10) % 10);
}

// An establishment's number: its company's, four digits, and a check digit over both.
std::string Siret(int64_t number) {
  return WithCheckDigit(absl::StrCat(WithCheckDigit(absl::StrCat(10'000'000 + number)), "0001"));
}

template <class Request>
std::unique_ptr<Request> New() {
  auto request = std::make_unique<Request>();
  request->set_parent(kSchool);
  request->set_request_id(TimeOrderedUuid());
  return request;
}

std::unique_ptr<google::protobuf::Message> Candidate(int64_t number) {
  auto request = New<enrolment::v1::CreateCandidateRequest>();
  request->set_candidate_id(absl::StrCat("load-", number));
  request->mutable_candidate()->set_given_name("Zoé");
  request->mutable_candidate()->set_family_name(absl::StrCat("load-", number));
  request->mutable_candidate()->set_email(absl::StrCat("load-", number, "@example.org"));
  return request;
}

std::unique_ptr<google::protobuf::Message> Funder(int64_t number) {
  auto request = New<funding::v1::CreateFunderRequest>();
  request->set_funder_id(absl::StrCat("load-", number));
  request->mutable_funder()->set_title("Conseil régional");
  request->mutable_funder()->set_kind(funding::v1::Funder::REGIONAL_COUNCIL);
  return request;
}

std::unique_ptr<google::protobuf::Message> Company(int64_t number) {
  auto request = New<partners::v1::CreateCompanyRequest>();
  request->set_company_id(Siret(number));
  request->mutable_company()->set_title("Entreprise");
  return request;
}

std::unique_ptr<google::protobuf::Message> Programme(int64_t number) {
  auto request = New<curriculum::v1::CreateProgrammeRequest>();
  request->set_programme_id(absl::StrCat("load-", number));
  request->mutable_programme()->set_title("Programme");
  return request;
}

std::string RequestIdOf(const google::protobuf::Message& request) {
  return request.GetReflection()->GetString(request,
                                            request.GetDescriptor()->FindFieldByName("request_id"));
}

}  // namespace

Load::Load(const std::map<std::string, std::string>& targets, const std::string& authorization,
           int per_second, std::vector<enrolment::v1::AdmitApplicationRequest> admissions,
           AfterFailure after_failure)
    : start_(absl::Now()),
      per_second_(per_second),
      admissions_(std::move(admissions)),
      after_failure_(after_failure) {
  const Dial dial = [targets, authorization] {
    return std::make_unique<Client>(targets, authorization);
  };
  for (int i = 0; i < kSenders; ++i) senders_.emplace_back([this, dial] { Send(dial); });
}

void Load::Stop() {
  stopping_ = true;
  for (std::thread& sender : senders_)
    if (sender.joinable()) sender.join();
}

bool Load::AwaitMore(int64_t writes) {
  absl::MutexLock lock(&mutex_);
  const int64_t enough = tally_.acknowledged + writes;
  const auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return tally_.acknowledged >= enough;
  };
  return mutex_.AwaitWithTimeout(absl::Condition(&there), absl::Minutes(1));
}

Load::Tally Load::tally() const {
  absl::MutexLock lock(&mutex_);
  return tally_;
}

// Each write has its moment; who comes late goes on at once.
void Load::Send(const Dial& dial) {
  std::unique_ptr<Client> client = dial();
  while (!stopping_) {
    const int64_t number = begun_++;
    absl::SleepFor(start_ + absl::Seconds(1) * number / per_second_ - absl::Now());
    const Request request = Next(number);
    const std::string what = rpc::MethodTaking(*request->GetDescriptor())->name();
    SendUntilAnswered(client, dial, *request, what);
  }
}

// Every fourth is an admission while there are any; the others are spread over the services.
Load::Request Load::Next(int64_t number) {
  const auto round = static_cast<size_t>(number / 4);
  if (number % 4 == 0 && round < admissions_.size())
    return std::make_unique<enrolment::v1::AdmitApplicationRequest>(admissions_[round]);
  switch (number % 4 + static_cast<int64_t>(round % 2)) {
    case 1:
      return Funder(number);
    case 2:
      return Company(number);
    case 3:
      return Programme(number);
    default:
      return Candidate(number);
  }
}

void Load::SendUntilAnswered(std::unique_ptr<Client>& client, const Dial& dial,
                             const google::protobuf::Message& request, const std::string& what) {
  const std::string id = RequestIdOf(request);
  for (const absl::Time begin = absl::Now();; absl::SleepFor(kPause)) {
    const absl::Status status = client->Send(request, kTryTimeout).status();
    if (!status.ok() && after_failure_ == AfterFailure::kNewChannel) client = dial();
    absl::MutexLock lock(&mutex_);
    if (status.ok()) {
      const auto second = static_cast<size_t>(absl::ToInt64Seconds(absl::Now() - start_));
      if (tally_.by_second.size() <= second) tally_.by_second.resize(second + 1);
      ++tally_.by_second[second];
      ++tally_.acknowledged;
      tally_.request_ids[what].insert(id);
      return;
    }
    const std::string key = absl::StrCat(what, " ", id);
    if (!HasNoAnswer(status) || absl::Now() - begin > kPatience) {
      tally_.refused[key] = status.ToString();
      return;
    }
    Unknown& unknown = tally_.unknown[key];
    ++unknown.times;
    unknown.last_error = std::string(status.message());
  }
}

int64_t NumberIn(const std::string& database_url, const std::string& sql) {
  auto database = storage::Database::Open(database_url);
  EXPECT_TRUE(database.ok()) << database.status();
  auto connection = (*database)->Connect(storage::Access::kRead);
  EXPECT_TRUE(connection.ok()) << connection.status();
  EXPECT_EQ((*connection)->Begin(storage::Access::kRead), absl::OkStatus());
  const auto result = (*connection)->Query(sql);
  EXPECT_TRUE(result.ok()) << sql << ": " << result.status();
  return result.ok() ? std::get<int64_t>(result->rows[0][0]) : -1;
}

void ExpectEachOnce(const Load::Tally& tally,
                    const std::function<std::string(const std::string& service)>& url_of,
                    const std::map<std::string, int64_t>& before) {
  EXPECT_THAT(tally.refused, ::testing::IsEmpty());
  const struct {
    const char *rpc, *service, *rows;
  } kinds[] = {
      {"CreateCandidate", "enrolment",
       "candidates WHERE name LIKE 'schools/nancy/candidates/load-%'"},
      {"CreateFunder", "funding", "funders WHERE name LIKE 'schools/nancy/funders/load-%'"},
      {"CreateCompany", "partners", "companies WHERE school = 'nancy'"},
      {"CreateProgramme", "curriculum",
       "programmes WHERE name LIKE 'schools/nancy/programmes/load-%'"}};
  for (const auto& kind : kinds) {
    const auto acknowledged = static_cast<int64_t>(tally.request_ids.at(kind.rpc).size());
    const std::string url = url_of(kind.service);
    EXPECT_EQ(NumberIn(url, absl::StrCat("SELECT COUNT(*) FROM ", kind.rows)), acknowledged)
        << kind.rpc;
    const auto others = before.find(kind.rpc);
    for (const char* count : {"COUNT(*)", "COUNT(DISTINCT request_id)"})
      EXPECT_EQ(NumberIn(url, absl::StrCat("SELECT ", count,
                                           " FROM audit_records WHERE school = 'nancy' AND method "
                                           "LIKE '%.",
                                           kind.rpc, "'")),
                acknowledged + (others == before.end() ? 0 : others->second))
          << kind.rpc;
  }
}

}  // namespace vivier::testing
