// Thousands of seeded histories of one cohort between enrolment's rules and a model of funding,
// whose answers come late, in the order of its log. A failure prints its seed; the same seed gives
// the same history.
#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/enrolment/admission/rules.h"
#include "services/enrolment/selection/states.h"

namespace vivier::enrolment {
namespace {

using v1::Application;

struct Message {
  enum Kind { kHeld, kReleased, kFunded, kNoMoney, kNotEligible, kPlanChanged } kind;
  size_t application;
  std::string hold;
};

// One cohort as enrolment's handlers keep it; every message that leaves is in `to_funding`.
class Site {
 public:
  Site(int32_t capacity, size_t applications) {
    cohort_.set_state(v1::Cohort::OPEN);
    cohort_.set_capacity(capacity);
    seats_.set_capacity(capacity);
    for (size_t i = 0; i < applications; ++i) {
      Application application;
      application.set_name(absl::StrCat(i));
      application.set_state(Application::SHORTLISTED);
      application.set_rank(static_cast<int32_t>(i) + 1);
      applications_.push_back(application);
    }
  }

  void Admit(size_t i) {
    Application& application = applications_[i];
    if (enrolment::Admit(cohort_, StandingOf(i), seats_, application, NewHold(), now_).ok())
      Tell(application);
  }

  void Leave(size_t i, Application::State end) {
    Application& application = applications_[i];
    if (HasEnded(application.state())) return;
    const bool awaited = application.state() == Application::AWAITING_FUNDING;
    const std::string hold = application.hold();
    if (End(seats_, application, end)) to_funding.push_back({Message::kReleased, i, hold});
    Advance(awaited);
  }

  void Accept(size_t i) { accepted_ += enrolment::Accept(applications_[i]).ok() ? 1 : 0; }

  void ExpireHold(size_t i) {
    Application& application = applications_[i];
    if (application.state() != Application::FUNDING_PENDING) return;
    to_funding.push_back({Message::kReleased, i, application.hold()});
    Renew(StandingOf(i).better_awaits_funding, application, NewHold(), now_);
    Tell(application);
  }

  void ExpireAcceptance(size_t i) {
    if (applications_[i].state() == Application::ADMITTED) Leave(i, Application::EXPIRED);
  }

  void Resize(int32_t capacity) {
    if (!enrolment::Resize(capacity, seats_).ok()) return;
    cohort_.set_capacity(capacity);
    Advance(false);
  }

  void React(const Message& message) {
    if (message.kind == Message::kPlanChanged) return Advance(true);
    Application& application = applications_[message.application];
    if (!IsCurrent(application, message.hold)) return;
    if (message.kind == Message::kFunded) Fund(seats_, application, now_);
    if (message.kind == Message::kNoMoney) AwaitFunding(application);
    if (message.kind == Message::kNotEligible)
      Leave(message.application, Application::NOT_FUNDABLE);
  }

  void CheckInvariants() const {
    const auto count = [this](bool (*is)(Application::State)) {
      return std::count_if(
          applications_.begin(), applications_.end(),
          [is](const Application& application) { return is(application.state()); });
    };
    ASSERT_EQ(seats_.held(), count(IsHeld));
    ASSERT_EQ(seats_.taken(), count(IsTaken));
    ASSERT_LE(seats_.held() + seats_.taken(), seats_.capacity());
  }

  const std::vector<Application>& applications() const { return applications_; }
  int accepted() const { return accepted_; }

  std::set<size_t> Seated() const {
    std::set<size_t> seated;
    for (size_t i = 0; i < applications_.size(); ++i)
      if (IsHeld(applications_[i].state()) || IsTaken(applications_[i].state())) seated.insert(i);
    return seated;
  }

  std::deque<Message> to_funding;
  bool passed = false;  // somebody asked for money past one who waits for it

 private:
  std::string NewHold() { return absl::StrCat("hold-", ++holds_); }

  Standing StandingOf(size_t i) const {
    Standing standing;
    for (size_t better = 0; better < i; ++better) {
      standing.better_in_play += IsInPlay(applications_[better].state()) ? 1 : 0;
      standing.better_awaits_funding |=
          applications_[better].state() == Application::AWAITING_FUNDING;
    }
    return standing;
  }

  void Advance(bool ask_again) {
    std::vector<Application> ranked;
    for (const Application& application : applications_)
      if (IsInPlay(application.state())) ranked.push_back(application);
    const auto changed = enrolment::Advance(
        cohort_, seats_, absl::MakeSpan(ranked), ask_again, [this] { return NewHold(); }, now_);
    for (const Application* application : changed)
      applications_[IndexOf(*application)] = *application;
    for (const Application* application : changed) Tell(*application);
  }

  void Tell(const Application& application) {
    if (application.state() != Application::FUNDING_PENDING) return;
    passed |= StandingOf(IndexOf(application)).better_awaits_funding;
    to_funding.push_back({Message::kHeld, IndexOf(application), application.hold()});
  }

  static size_t IndexOf(const Application& application) {
    return static_cast<size_t>(application.rank()) - 1;
  }

  v1::Cohort cohort_;
  v1::CohortSeats seats_;
  std::vector<Application> applications_;
  int holds_ = 0, accepted_ = 0;
  const absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
};

// Reserves one unit of money a seat.
class Funding {
 public:
  Funding(int money, std::set<size_t> not_eligible)
      : money_(money), not_eligible_(std::move(not_eligible)) {}

  void Apply(const Message& message, std::deque<Message>& answers) {
    if (message.kind == Message::kReleased) {
      if (reserved_.erase(message.hold) == 0) return;
      ++money_;
      answers.push_back({Message::kPlanChanged, 0, ""});
      return;
    }
    if (not_eligible_.contains(message.application)) {
      answers.push_back({Message::kNotEligible, message.application, message.hold});
    } else if (money_ == 0) {
      answers.push_back({Message::kNoMoney, message.application, message.hold});
    } else {
      --money_;
      reserved_[message.hold] = message.application;
      answers.push_back({Message::kFunded, message.application, message.hold});
    }
  }

  void Raise(std::deque<Message>& answers) {
    ++money_;
    answers.push_back({Message::kPlanChanged, 0, ""});
  }

  int money() const { return money_; }
  const std::map<std::string, size_t>& reserved() const { return reserved_; }

 private:
  int money_;
  const std::set<size_t> not_eligible_;
  std::map<std::string, size_t> reserved_;
};

class World {
 public:
  World(Site site, Funding funding) : site(std::move(site)), funding(std::move(funding)) {}

  bool StepFunding() {
    if (site.to_funding.empty()) return false;
    funding.Apply(site.to_funding.front(), answers);
    site.to_funding.pop_front();
    return true;
  }

  bool StepSite() {
    if (answers.empty()) return false;
    const Message message = answers.front();
    answers.pop_front();
    site.React(message);
    return true;
  }

  // Delivers what is on its way until nothing is; false when it never ends.
  bool Settle() {
    for (int step = 0; step < 100'000; ++step)
      if (!StepFunding() && !StepSite()) return true;
    return false;
  }

  Site site;
  Funding funding;
  std::deque<Message> answers;
};

void Act(std::mt19937_64& random, World& world, size_t applications, int32_t capacity) {
  const size_t i = random() % applications;
  switch (random() % 16) {
    case 0:
      return world.site.Leave(i, Application::WITHDRAWN);
    case 1:
      return world.site.ExpireHold(i);
    case 2:
      return world.site.ExpireAcceptance(i);
    case 3:
      return world.funding.Raise(world.answers);
    case 4:
      return world.site.Resize(capacity + static_cast<int32_t>(random() % 3) - 1);
    case 5:
      return world.site.Accept(i);
    case 6:
    case 7:
    case 8:
      world.StepFunding();
      return;
    case 9:
    case 10:
    case 11:
      world.StepSite();
      return;
    default:
      return world.site.Admit(i);
  }
}

TEST(AdmissionModel, InvariantsHoldInEveryHistory) {
  int accepted = 0, waiting = 0, seated = 0;
  for (uint64_t seed = 1; seed <= 5000; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    std::mt19937_64 random(seed);
    const size_t applications = 2 + random() % 10;
    const auto capacity = static_cast<int32_t>(2 + random() % 5);
    std::set<size_t> not_eligible;
    if (random() % 2 == 0) not_eligible.insert(random() % applications);
    World world(Site(capacity, applications),
                Funding(static_cast<int>(random() % 6), not_eligible));
    for (int step = 0; step < 80; ++step) {
      Act(random, world, applications, capacity);
      world.site.CheckInvariants();
      if (HasFatalFailure()) return;
    }
    ASSERT_TRUE(world.Settle());
    world.site.CheckInvariants();
    ASSERT_FALSE(world.site.passed);

    // I7: at rest, reservations and taken seats are a bijection by hold.
    std::map<std::string, size_t> taken;
    bool awaits = false;
    for (size_t i = 0; i < applications; ++i) {
      const Application& application = world.site.applications()[i];
      ASSERT_NE(application.state(), Application::FUNDING_PENDING);
      if (IsTaken(application.state())) taken[application.hold()] = i;
      awaits |= application.state() == Application::AWAITING_FUNDING;
    }
    ASSERT_EQ(taken, world.funding.reserved());
    // Nobody waits for money that is there.
    if (awaits) {
      ASSERT_EQ(world.funding.money(), 0);
    }
    accepted += world.site.accepted();
    waiting += awaits ? 1 : 0;
    seated += static_cast<int>(world.site.Seated().size());
  }
  // The histories reached what they are about.
  EXPECT_GT(accepted, 100);
  EXPECT_GT(waiting, 100);
  EXPECT_GT(seated, 5000);
}

// The same ranks, the same admissions and withdrawals in any order, any delay of answers: the same
// seats.
TEST(AdmissionModel, TheOrderOfCallsDecidesNothing) {
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    std::mt19937_64 random(seed);
    const size_t applications = 3 + random() % 10;
    const auto capacity = static_cast<int32_t>(1 + random() % 6);
    std::vector<std::pair<bool, size_t>> calls;  // (admit or withdraw, whom)
    std::set<size_t> admitted, withdrawn;
    for (size_t i = 0; i < applications; ++i) {
      if (random() % 4 != 0) calls.push_back({true, i}), admitted.insert(i);
      if (random() % 4 == 0) calls.push_back({false, i}), withdrawn.insert(i);
    }
    std::set<size_t> expected;
    int32_t place = 0;
    for (size_t i = 0; i < applications; ++i) {
      if (withdrawn.contains(i)) continue;
      if (++place <= capacity && admitted.contains(i)) expected.insert(i);
    }
    for (int order = 0; order < 5; ++order) {
      std::shuffle(calls.begin(), calls.end(), random);
      World world(Site(capacity, applications), Funding(static_cast<int>(random() % 6), {}));
      for (const auto& [admit, i] : calls) {
        if (admit) world.site.Admit(i);
        if (!admit) world.site.Leave(i, Application::WITHDRAWN);
        if (random() % 2 == 0) world.StepFunding();
        if (random() % 2 == 0) world.StepSite();
      }
      ASSERT_TRUE(world.Settle());
      ASSERT_EQ(world.site.Seated(), expected);
    }
  }
}

}  // namespace
}  // namespace vivier::enrolment
