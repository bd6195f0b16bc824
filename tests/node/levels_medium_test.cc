// Five levels and three hierarchies over forty schools: whatever happens in whatever order, each
// node counts each of its schools once, and its figures are their sums, bit for bit. The model
// beside it knows only which revision of which school each node was brought. On both engines.
//
//   schools ─▶ 6 towns ─▶ 3 regions ─▶ 2 zones ─▶ nation      and: ─▶ 2 funders ─▶ their union
//                                                             and: ─▶ a label
#include <cstdio>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "gtest/gtest.h"
#include "services/statistics/network/sending.h"
#include "shared/service/outside.h"
#include "tests/identity/asking.h"
#include "tests/node/members.h"
#include "tests/node/to_world.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/statistics/v1/statistics.pb.h"

namespace vivier::testing {
namespace {

using statistics::ByYear;
using statistics::Counts;
using namespace statistics::v1;  // NOLINT: the requests of one service

constexpr int kSchools = 40, kEvents = 400;
constexpr uint32_t kSeed = 20261201;
// Of each node, the one above it; -1 at the top of a hierarchy. Towns, regions, zones, the nation;
// funders and their union; the label.
constexpr int kAbove[] = {6, 6, 7, 7, 8, 8, 9, 9, 10, 11, 11, -1, 14, 14, -1, -1};
constexpr int kNodes = std::size(kAbove);

// What a school said: its place in the order of what it said, and its figures.
struct Said {
  std::pair<int64_t, int64_t> epoch_and_revision = {0, 0};
  ByYear years = {};
};

struct School {
  std::string id;
  security::SchoolKey key = security::SchoolKey::Random();
  std::vector<Said> said = {};
  std::map<int, std::string> secrets = {};  // by the node to which it brings its figures
  std::set<int> away = {};                  // the nodes with which it has no agreement now
};

struct Node {
  std::unique_ptr<World> world;
  std::unique_ptr<ToWorld> channel;
  std::string secret = {};          // with the node above
  std::map<int, Said> counts = {};  // the model: by school, the newest that it was brought
};

// A delivery under way: what a school said, or from a node whatever counts there by then.
struct Parcel {
  int school;
  int to;
  int from = -1;    // a node, or the school itself
  size_t said = 0;  // of the school itself
};

ByYear Sum(ByYear years, const ByYear& more) {
  for (const auto& [year, counts] : more)
    for (const auto& [cell, count] : counts) years[year][cell] += count;
  return years;
}

class LevelsTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  LevelsTest() {
    for (int node = 0; node < kNodes; ++node) {
      Node& made = nodes_.emplace_back();
      made.world =
          std::make_unique<World>(GetParam(), std::set<std::string>{"access", "statistics"});
      made.channel = std::make_unique<ToWorld>(*made.world);
    }
    for (int node = 0; node < kNodes; ++node)
      if (kAbove[node] >= 0) {
        Members(At(kAbove[node])).Admit(NodeId(node));
        nodes_[node].secret = SecretOf(kAbove[node], NodeId(node));
      }
    for (int i = 0; i < kSchools; ++i) LetIn(i);
  }

  World& At(int node) { return *nodes_[static_cast<size_t>(node)].world; }
  static std::string NodeId(int node) { return absl::StrCat("node-", node); }

  std::string SecretOf(int node, const std::string& site) {
    const auto code = Must<MemberSecret, IssueJoinCodeRequest>(
        At(node), absl::Substitute("name: '$$N/members/$0'", site));
    const auto secret =
        Ask<MemberSecret, RedeemJoinCodeRequest>(At(node), Bearer(code.secret()), "parent: '$N'");
    EXPECT_TRUE(secret.ok()) << secret.status();
    return secret.value_or(MemberSecret()).secret();
  }

  // A member of its town, its funder and the label, and by its key of every node above them.
  void LetIn(int i) {
    School& school = schools_.emplace_back();
    school.id = absl::StrCat("s", i);
    Say(school, RandomFigures(random_, 60), /*epoch=*/1000);
    SubmitCellsRequest signed_by_it = RequestOf(i, 0);
    for (const int first : {i % 6, 12 + i % 2, 15}) {
      for (int node = first; node >= 0; node = kAbove[node]) {
        Members(At(node)).Admit(school.id);
        if (node == first)
          school.secrets[node] = SecretOf(node, school.id);
        else
          Update(node, absl::Substitute("member { name: '$$N/members/$0' public_keys: '$1' } "
                                        "update_mask { paths: 'public_keys' }",
                                        school.id, signed_by_it.public_key()));
      }
      parcels_.push_back({i, first});
    }
  }

  void Update(int node, const std::string& request) {
    Must<Member, UpdateMemberRequest>(At(node), request);
  }

  static void Say(School& school, ByYear years, int64_t epoch) {
    const auto last = school.said.empty() ? std::pair<int64_t, int64_t>{0, 0}
                                          : school.said.back().epoch_and_revision;
    school.said.push_back({{epoch, epoch == last.first ? last.second + 1 : 1}, std::move(years)});
  }
  void SendNewest(int i) {
    const School& school = schools_[static_cast<size_t>(i)];
    for (const auto& [node, secret] : school.secrets)
      parcels_.push_back({i, node, -1, school.said.size() - 1});
  }

  SubmitCellsRequest RequestOf(int i, size_t said) {
    const School& school = schools_[static_cast<size_t>(i)];
    const auto& [epoch, revision] = school.said[said].epoch_and_revision;
    SubmitCellsRequest request =
        Members(At(0)).Request(school.id, revision, school.said[said].years);
    request.set_epoch(epoch);
    request.set_dictionary_version(1);
    Sign(request, school.key);
    return request;
  }

  // Brings it, and says what a node counts by then; a node that counts something new passes it on.
  void Deliver(const Parcel& parcel) {
    const School& school = schools_[static_cast<size_t>(parcel.school)];
    Node& to = nodes_[static_cast<size_t>(parcel.to)];
    const bool away = school.away.contains(parcel.to);
    Said brought;
    std::string outcome;
    if (parcel.from < 0) {
      brought = school.said[parcel.said];
      SubmitCellsRequest request = RequestOf(parcel.school, parcel.said);
      request.set_request_id(RandomUuid());
      outcome =
          ReasonOf(to.world
                       ->CallRaw(*rpc::MethodTaking(*request.GetDescriptor()),
                                 request.SerializeAsString(), Bearer(school.secrets.at(parcel.to)))
                       .status());
    } else {
      brought = nodes_[static_cast<size_t>(parcel.from)].counts.at(parcel.school);
      outcome = PassOn(parcel);
    }
    ++outcomes_[outcome];
    Said& counts = to.counts[parcel.school];
    const bool over = brought.epoch_and_revision.first < counts.epoch_and_revision.first;
    EXPECT_EQ(outcome, away ? "NOT_A_MEMBER" : over ? "EPOCH_OVER" : "") << school.id;
    if (away || brought.epoch_and_revision <= counts.epoch_and_revision) return;
    counts = std::move(brought);
    if (kAbove[parcel.to] >= 0) parcels_.push_back({parcel.school, kAbove[parcel.to], parcel.to});
  }

  std::string PassOn(const Parcel& parcel) {
    Node& from = nodes_[static_cast<size_t>(parcel.from)];
    SubmissionAccepted accepted;
    accepted.set_submission(absl::StrCat("schools/nancy/submissions/",
                                         schools_[static_cast<size_t>(parcel.school)].id));
    const rpc::Outside outside = {
        "nancy",
        "schools/nancy",
        RandomUuid(),
        {from.channel.get(), from.world->Authorization(World::Person())},
        {nodes_[static_cast<size_t>(parcel.to)].channel.get(), Bearer(from.secret)}};
    return ReasonOf(sending_.PassOn(outside, accepted));
  }

  // Any of those under way, not the first.
  void DeliverOne() {
    if (parcels_.empty()) return;
    const size_t place = random_() % parcels_.size();
    const Parcel parcel = parcels_[place];
    if (random_() % 5 > 0) parcels_.erase(parcels_.begin() + static_cast<long>(place));
    Deliver(parcel);
  }

  void LeaveOrComeBack(int i, int node) {
    School& school = schools_[static_cast<size_t>(i)];
    const bool back = school.away.erase(node) > 0;
    if (!back) school.away.insert(node);
    Update(node, absl::Substitute("member { name: '$$N/members/$0' $1 } "
                                  "update_mask { paths: 'agreement_end_date' }",
                                  school.id,
                                  back ? "" : "agreement_end_date { year: 2021 month: 1 day: 1 }"));
    if (back) SendNewest(i);
  }

  void Happen() {
    const int i = static_cast<int>(random_() % kSchools);
    School& school = schools_[static_cast<size_t>(i)];
    const int64_t epoch = school.said.back().epoch_and_revision.first;
    switch (random_() % 20) {
      case 0:  // restored from a copy of before
        Say(school, school.said[school.said.size() / 2].years, epoch + 1);
        return SendNewest(i);
      case 1:
        return At(static_cast<int>(random_() % kNodes)).Restart();
      case 2:
      case 3:
        return LeaveOrComeBack(
            i, std::next(school.secrets.begin(), static_cast<long>(random_() % 3))->first);
      case 4:
      case 5:
      case 6:
      case 7:
      case 8:
        Say(school, Sum(school.said.back().years, RandomFigures(random_, 3)), epoch);
        return SendNewest(i);
      case 9:
        return ExpectSums(static_cast<int>(random_() % kNodes));
      default:
        DeliverOne();
    }
  }

  // What the node counts is the sum of what it was brought, and of each school what it was brought.
  void ExpectSums(int node) {
    Members members(At(node));
    ByYear sum;
    for (const auto& [school, said] : nodes_[static_cast<size_t>(node)].counts)
      sum = Sum(std::move(sum), said.years);
    for (int year = 2024; year < 2028; ++year)
      EXPECT_EQ(members.Counted(year), NotZero(sum[year])) << NodeId(node) << " " << year;
  }
  static Counts NotZero(Counts counts) {
    std::erase_if(counts, [](const auto& cell) { return cell.second == 0; });
    return counts;
  }

  std::mt19937_64 random_{kSeed};
  std::vector<Node> nodes_;
  std::vector<School> schools_;
  std::vector<Parcel> parcels_;
  std::map<std::string, int> outcomes_;
  statistics::Sending sending_;
};

TEST_P(LevelsTest, EveryFigureIsTheSumOfItsSchoolsEachOnce) {
  for (int event = 0; event < kEvents && !HasFailure(); ++event) Happen();
  for (int i = 0; i < kSchools; ++i) {
    for (const int node : std::set<int>(schools_[static_cast<size_t>(i)].away))
      LeaveOrComeBack(i, node);
    SendNewest(i);
  }
  while (!parcels_.empty() && !HasFailure()) DeliverOne();
  size_t figures = 0;
  for (int node = 0; node < kNodes; ++node) {
    ExpectSums(node);
    for (const auto& [i, said] : nodes_[static_cast<size_t>(node)].counts) {
      const School& school = schools_[static_cast<size_t>(i)];
      EXPECT_EQ(said.epoch_and_revision, school.said.back().epoch_and_revision) << school.id;
      for (const auto& [year, counts] : said.years) {
        EXPECT_EQ(Members(At(node)).Counted(year, school.id), NotZero(counts)) << school.id;
        figures += counts.size();
      }
    }
    At(node).ExpectInvariants();
  }
  EXPECT_EQ(nodes_[11].counts.size(), 40u) << "the nation has them all";
  EXPECT_EQ(nodes_[14].counts.size(), 40u) << "so have the funders";
  std::printf("seed %u: %zu figures of schools at %d nodes;", kSeed, figures, kNodes);
  for (const auto& [outcome, times] : outcomes_)
    std::printf(" %s %d", outcome.empty() ? "brought" : outcome.c_str(), times);
  std::printf("\n");
}

INSTANTIATE_TEST_SUITE_P(Engines, LevelsTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
