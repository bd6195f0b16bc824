// No answer holds a field that no view of its caller lists: every rpc that reads, by every role, on
// rows in which every field is set, on both engines. The judge reads the options by itself, and
// finds what a narrow view leaves out where the same answer is not narrowed.
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "services/command/views.h"
#include "shared/base/message.h"
#include "shared/rpc/views.h"
#include "shared/security/roles.h"
#include "tests/rpc/base_request.h"
#include "tests/rpc/rows.h"
#include "tests/rpc/services.h"
#include "tests/support/engines.h"
#include "tests/support/state_diagram.h"
#include "tests/support/world.h"
#include "tests/views/judge.h"
#include "tests/views/whole_rows.h"

namespace vivier::testing {
namespace {

// The log is for services, which follow it whole; verifying such rows says nothing here.
bool IsAsked(const pb::MethodDescriptor& method) {
  return method.options().idempotency_level() == pb::MethodOptions::NO_SIDE_EFFECTS &&
         !method.server_streaming() && rpc::ServiceOf(method.file()) != "log" &&
         method.name() != "VerifyInvariants";
}

security::Caller Acting(const std::string& role) {
  security::Caller caller = World::Person(role);
  if (!security::ActsForOne(role)) return caller;
  caller.kind = security::Caller::Kind::kPartner;
  caller.acts_for = BaseRequest::Name(role == "partner" ? "schools/{school}/companies/{company}"
                                                        : "schools/{school}/funders/{funder}");
  return caller;
}

security::Caller Service(const std::string& name) {
  return {"spiffe://test/school/nancy/service/" + name,
          security::Caller::Kind::kService,
          {"service"},
          {World::kSchool},
          ""};
}

class AnswersTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  AnswersTest()
      : world_(GetParam(), [](config::v1::Config& config) {
          auto& budget = *config.add_read_budgets();
          budget.set_opened(-1);
          budget.set_rows(-1);
        }) {
    world_.Stop();
    for (const pb::Descriptor* type : StoredTypes()) {
      std::vector<Row> row;
      row.push_back(WholeRow::Of(*type));
      const absl::Status put =
          PutRows(world_.DatabaseUrl(rpc::ServiceOf(type->file())), world_.data(), row);
      EXPECT_TRUE(put.ok()) << type->name() << ": " << put;
    }
    world_.Start();
  }

  // Null where it is refused.
  Row Ask(const pb::MethodDescriptor& method, const std::string& authorization) {
    const auto bytes = world_.CallRaw(
        method, BaseRequest::Of(*method.input_type())->SerializeAsString(), authorization);
    if (!bytes.ok()) return nullptr;
    Row answer = NewMessage(method.output_type());
    EXPECT_TRUE(answer->ParseFromString(*bytes));
    return answer;
  }

  void AskAll(const std::string& holder, const security::Caller& caller) {
    const std::string authorization = world_.Authorization(caller);
    std::set<std::string> viewed;
    int answers = 0;
    for (const pb::MethodDescriptor* method : Methods()) {
      const Row answer = IsAsked(*method) ? Ask(*method, authorization) : nullptr;
      if (answer == nullptr) continue;
      ++answers;
      const std::set<std::string> wrong = NotListed(*answer, holder);
      EXPECT_TRUE(wrong.empty()) << method->full_name() << " shows " << holder << " "
                                 << absl::StrJoin(wrong, ", ");
      viewed.merge(Viewed(*answer));
    }
    answers_ += answers;
    seen_[holder] = viewed;
    std::cout << holder << ": " << answers << " answers, " << viewed.size()
              << " fields of messages with views\n";
  }

  World world_;
  std::map<std::string, std::set<std::string>> seen_;
  int answers_ = 0;
  size_t told_ = 0;
};

TEST_P(AnswersTest, ShowNobodyAFieldThatNoViewOfTheirsLists) {
  for (const security::Grant& grant : security::RoleGrants())
    AskAll(std::string(grant.holder), Acting(std::string(grant.holder)));
  for (const security::Grant& grant : security::ServiceGrants())
    AskAll(absl::StrCat("service:", grant.holder), Service(std::string(grant.holder)));
  EXPECT_GT(answers_, 300);
  // Whoever sees all was shown all, so that the rest was left out and not missing.
  EXPECT_GT(seen_["school_director"].size(), 150U);
  EXPECT_EQ(seen_["trainer"].count("vivier.enrolment.v1.Learner: state"), 1U);
  EXPECT_EQ(seen_["trainer"].count("vivier.enrolment.v1.Learner: exit_cause"), 0U);
  EXPECT_EQ(seen_["school_director"].count("vivier.enrolment.v1.Learner: exit_cause"), 1U);
}

// What is planted here is an answer that nobody narrowed.
TEST_P(AnswersTest, AreJudgedWhereNothingIsNarrowed) {
  std::set<std::string> unfound;
  for (const pb::MethodDescriptor* method : Methods()) {
    if (!IsAsked(*method)) continue;
    const auto described = rpc::Describe(method);
    ASSERT_TRUE(described.ok()) << described.status();
    const rpc::Views views(*described);
    const Row whole = views.empty() ? nullptr : Ask(*method, world_.Authorization(World::Person()));
    for (const auto& [type, by_holder] : views.types())
      for (const auto& [holder, fields] : by_holder) {
        if (whole == nullptr || !IsNarrow(*type, holder)) continue;
        if (NotListed(*whole, holder).empty())
          unfound.insert(absl::StrCat(method->name(), " to ", holder));
        else
          ++told_;
      }
  }
  EXPECT_EQ(absl::StrJoin(unfound, ", "), "");
  EXPECT_GT(told_, 15U);
}

INSTANTIATE_TEST_SUITE_P(Engines, AnswersTest, BothEngines(), EngineName);

TEST(Views, AreThereForAllWhoMayCall) {
  for (const pb::MethodDescriptor* method : Methods()) {
    if (rpc::ServiceOf(method->file()) == "log") continue;
    const auto described = rpc::Describe(method);
    ASSERT_TRUE(described.ok()) << described.status();
    EXPECT_EQ(absl::StrJoin(rpc::Views(*described).wrong(), "\n"), "");
  }
}

// A view of somebody who may call nothing that answers the message says what is not so.
TEST(Views, NoneIsOfWhoIsNeverShownTheMessage) {
  std::map<const pb::Descriptor*, std::set<std::string>> shown;
  for (const pb::MethodDescriptor* method : Methods()) {
    if (rpc::ServiceOf(method->file()) == "log") continue;
    const auto described = rpc::Describe(method);
    ASSERT_TRUE(described.ok()) << described.status();
    const rpc::Views views(*described);
    for (const auto& [type, by_holder] : views.types())
      for (const auto& [holder, fields] : by_holder) shown[type].insert(holder);
  }
  EXPECT_GT(shown.size(), 20U);
  for (const auto& [type, holders] : shown)
    for (int i = 0; i < type->options().ExtensionSize(options::v1::view); ++i)
      for (absl::string_view holder :
           absl::StrSplit(type->options().GetExtension(options::v1::view, i).of(), ' '))
        EXPECT_EQ(holders.count(std::string(holder)), 1U)
            << type->full_name() << " has a view of " << holder;
}

TEST(Views, ArePrintedInTheDocumentation) {
  const auto written = command::ViewsByRole(AllModules());
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_TRUE(absl::EndsWith(ReadSource("docs/views.md"), *written))
      << "write what `build/vivier views` prints behind the heading \"By role\" of docs/views.md";
}

}  // namespace
}  // namespace vivier::testing
