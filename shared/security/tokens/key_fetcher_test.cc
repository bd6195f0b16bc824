// The fetcher beside a verifier, with a key file as the issuer: how often it is asked, who waits,
// what is forgotten.
#include "shared/security/tokens/key_fetcher.h"

#include <sys/stat.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/security/tokens/token.h"
#include "tests/support/signer.h"

namespace vivier::security {
namespace {

using testing::Signer;

constexpr char kIssuer[] = "https://id.example";
const absl::Time kTime = absl::FromUnixSeconds(1'795'000'000);

class KeyFetcherTest : public ::testing::Test {
 protected:
  KeyFetcherTest()
      : folder_((std::filesystem::temp_directory_path() / "vivier-fetcher-XXXXXX").string()) {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    file_ = folder_ + "/keys.json";
  }
  ~KeyFetcherTest() override {
    fetcher_ = nullptr;
    std::filesystem::remove_all(folder_);
  }

  // Nothing but what a test asks for makes it fetch a second time, unless `options` say otherwise.
  void Start(KeyFetcher::Options options = {.refresh = absl::Hours(1), .retry = absl::Hours(1)}) {
    fetcher_ = std::make_unique<KeyFetcher>(
        std::vector<KeyFetcher::Source>{{kIssuer, "file:" + file_, ""}}, options);
    verifier_ = std::make_unique<TokenVerifier>(
        std::vector<TrustedIssuer>{{kIssuer, "vivier", {}, true}},
        TokenVerifier::Options{.limits = {}, .fetcher = fetcher_.get()});
    fetcher_->Start([this](const std::string& issuer, KeySet keys) {
      {
        Monitor::Lock lock(monitor_);
        ++fetches_;  // before anybody can have the keys: who was answered by them finds them
                     // counted
      }
      verifier_->SetKeys(issuer, std::move(keys));
    });
  }
  // The first fetch is over: a token that is asked now is the reason for any other.
  void StartAndSettle(KeyFetcher::Options options = {.refresh = absl::Hours(1),
                                                     .retry = absl::Hours(1)}) {
    Start(options);
    Countdown fetched(1);
    fetcher_->AfterFetch([&fetched] { fetched.CountDown(); });
    fetched.Wait();
  }

  void Publish(const std::vector<const Signer*>& signers) {
    std::string keys;
    for (const Signer* signer : signers)
      absl::StrAppend(&keys, keys.empty() ? "" : ",", signer->Jwk());
    const std::string next = file_ + ".next";
    std::ofstream(next) << "{\"keys\":[" << keys << "]}";
    std::rename(next.c_str(), file_.c_str());
  }

  static std::string TokenOf(const Signer& signer) {
    const int64_t now = absl::ToUnixSeconds(kTime);
    return signer.Token(
        absl::StrCat(R"({"alg":"EdDSA","kid":")", signer.id(), R"("})"),
        absl::StrCat(R"({"iss":")", kIssuer, R"(","aud":"vivier","sub":"anna","iat":)", now - 60,
                     ",\"exp\":", now + 7200, "}"));
  }

  // As the adapter does it: again after each fetch.
  absl::Status Ask(const Signer& signer, absl::Time now = kTime) {
    while (true) {
      const absl::Status status = verifier_->Examine(TokenOf(signer), now).status();
      if (!absl::IsUnavailable(status)) return status;
      Countdown fetched(1);
      verifier_->AfterFetch([&fetched] { fetched.CountDown(); });
      fetched.Wait();
    }
  }

  int fetches() {
    Monitor::Lock lock(monitor_);
    return fetches_;
  }
  void AwaitFetches(int count) {
    Monitor::Lock lock(monitor_);
    EXPECT_TRUE(lock.AwaitFor(absl::Seconds(30), [this, count] { return fetches_ >= count; }));
  }

  std::string folder_, file_;
  Monitor monitor_;  // guards what follows
  int fetches_ = 0;
  const Signer first_{"Ed25519", "key-1"}, second_{"Ed25519", "key-2"}, third_{"Ed25519", "key-3"};
  std::unique_ptr<TokenVerifier> verifier_;
  std::unique_ptr<KeyFetcher> fetcher_;
};

TEST_F(KeyFetcherTest, TheFirstTokenWaitsForTheFirstFetch) {
  Publish({&first_});
  Start();
  EXPECT_EQ(Ask(first_), absl::OkStatus());
}

TEST_F(KeyFetcherTest, ANewKeyIsFetchedAtOnceAndAVanishedOneForgotten) {
  Publish({&first_});
  StartAndSettle();
  ASSERT_EQ(Ask(first_), absl::OkStatus());
  Publish({&second_});
  EXPECT_EQ(Ask(first_), absl::OkStatus()) << "nobody has looked since";
  EXPECT_EQ(Ask(second_), absl::OkStatus());
  EXPECT_EQ(fetches(), 2);
  EXPECT_TRUE(absl::IsUnauthenticated(Ask(first_)))
      << "its key is gone, and the token was remembered";
}

TEST_F(KeyFetcherTest, ManyBadTokensMakeOneFetchAMinute) {
  Publish({&first_});
  StartAndSettle();
  ASSERT_EQ(Ask(first_), absl::OkStatus());
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(absl::IsUnauthenticated(Ask(second_)));
  EXPECT_EQ(fetches(), 2);
  Publish({&first_, &second_});
  EXPECT_TRUE(absl::IsUnauthenticated(Ask(second_, kTime + absl::Seconds(59))));
  EXPECT_EQ(Ask(first_), absl::OkStatus()) << "known keys are not asked for";
  EXPECT_EQ(fetches(), 2);
  EXPECT_EQ(Ask(second_, kTime + absl::Seconds(60)), absl::OkStatus());
  EXPECT_EQ(fetches(), 3);
}

TEST_F(KeyFetcherTest, ManyThreadsWithANewKeyMakeOneFetch) {
  Publish({&first_});
  StartAndSettle();
  ASSERT_EQ(Ask(first_), absl::OkStatus());
  Publish({&first_, &second_});
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int j = 0; j < 100; ++j) good += Ask(second_).ok() && Ask(first_).ok();
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 800);
  EXPECT_EQ(fetches(), 2);
}

TEST_F(KeyFetcherTest, AnIssuerThatIsDownKeepsItsKnownKeysAndComesBack) {
  Start({.refresh = absl::Hours(1), .retry = absl::Milliseconds(1)});
  EXPECT_TRUE(absl::IsUnauthenticated(Ask(first_))) << "nothing is known yet";
  Publish({&first_});
  AwaitFetches(1);
  EXPECT_EQ(Ask(first_, kTime + absl::Minutes(1)), absl::OkStatus());
  std::filesystem::remove(file_);
  EXPECT_TRUE(absl::IsUnauthenticated(Ask(second_, kTime + absl::Minutes(2)))) << "asked in vain";
  EXPECT_EQ(Ask(first_), absl::OkStatus());
  std::ofstream(file_) << "<html>503</html>";
  EXPECT_TRUE(absl::IsUnauthenticated(Ask(second_, kTime + absl::Minutes(3))));
  EXPECT_EQ(Ask(first_), absl::OkStatus());
}

TEST_F(KeyFetcherTest, KeysThatCannotBeFetchedAgainAreForgottenAtLast) {
  Publish({&first_});
  StartAndSettle(
      {.refresh = absl::Hours(1), .retry = absl::Hours(1), .age_max = absl::ZeroDuration()});
  ASSERT_EQ(Ask(first_), absl::OkStatus());
  std::filesystem::remove(file_);
  EXPECT_TRUE(absl::IsUnauthenticated(Ask(second_)));
  EXPECT_TRUE(absl::IsUnauthenticated(Ask(first_, kTime + absl::Seconds(1))));
}

TEST_F(KeyFetcherTest, KeysAreFetchedAgainBeforeTheyGrowOld) {
  Publish({&first_});
  Start({.refresh = absl::Milliseconds(1)});
  AwaitFetches(5);
  Publish({&second_});
  AwaitFetches(
      fetches() +
      3);  // one that read the file before, one that read it after, and the end of that one
  EXPECT_TRUE(absl::IsUnauthenticated(Ask(first_)));
  EXPECT_EQ(Ask(second_), absl::OkStatus());
}

// A FIFO without a writer is an issuer that does not answer: the fetch hangs, and nobody else does.
TEST_F(KeyFetcherTest, NobodyButTheOnesWithUnknownKeysWaits) {
  Publish({&first_});
  StartAndSettle({.refresh = absl::Hours(1), .retry = absl::Hours(1), .waiting_max = 2});
  ASSERT_EQ(Ask(first_), absl::OkStatus());
  std::filesystem::remove(file_);
  ASSERT_EQ(mkfifo(file_.c_str(), 0600), 0);
  std::atomic<int> called{0};
  ASSERT_TRUE(absl::IsUnavailable(verifier_->Examine(TokenOf(third_), kTime).status()));
  Countdown both(2);
  for (int i = 0; i < 2; ++i)
    verifier_->AfterFetch([&called, &both] {
      ++called;
      both.CountDown();
    });
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(verifier_->Examine(TokenOf(first_), kTime).ok());
  EXPECT_TRUE(absl::IsUnauthenticated(verifier_->Examine(TokenOf(third_), kTime).status()))
      << "too many wait already";
  EXPECT_EQ(called, 0);
  std::ofstream(file_) << "{\"keys\":[" << first_.Jwk() << "," << third_.Jwk() << "]}";
  both.Wait();
  EXPECT_EQ(Ask(third_), absl::OkStatus());
  fetcher_->Stop();
  EXPECT_EQ(called, 2);
}

}  // namespace
}  // namespace vivier::security
