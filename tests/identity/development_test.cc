// Development tokens, at a site that says development and at the same site when it does not.
#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/modules.h"
#include "shared/base/error.h"
#include "shared/site/site.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class DevelopmentTest : public ::testing::Test {
 protected:
  DevelopmentTest()
      : data_((std::filesystem::temp_directory_path() / "vivier-development-XXXXXX").string()) {
    EXPECT_NE(mkdtemp(data_.data()), nullptr);
  }
  ~DevelopmentTest() override { std::filesystem::remove_all(data_); }

  // A site on the test's data folder, and what it logs at its start.
  std::unique_ptr<site::Site> Serve(bool development, std::string& log) {
    site::Site::Options options;
    options.config.add_schools("nancy");
    options.config.set_network("test");
    options.config.set_listen_address(absl::StrCat("unix:", data_, "/socket"));
    options.config.set_engine(config::v1::SQLITE);
    options.config.set_development(development);
    options.data = data_;
    options.modules = AllModules();
    ::testing::internal::CaptureStderr();
    auto site = site::Site::Start(std::move(options));
    log = ::testing::internal::GetCapturedStderr();
    EXPECT_TRUE(site.ok()) << site.status();
    return *std::move(site);
  }

  static absl::Status Ask(site::Site& site, const std::string& authorization) {
    enrolment::v1::ListCohortsRequest list;
    list.set_parent("schools/nancy");
    return rpc::Invoke<enrolment::v1::ListCohortsResponse>(
               *site.channel(), *rpc::MethodTaking(*list.descriptor()), list,
               {absl::Seconds(30), authorization, ""})
        .status();
  }

  std::string data_;
};

TEST_F(DevelopmentTest, ATokenIsGoodAndLoudWhereTheConfigurationSaysSoOnly) {
  const security::Caller director{
      "director", security::Caller::Kind::kPerson, {"school_director"}, {"nancy"}, ""};
  std::string log;
  std::unique_ptr<site::Site> site = Serve(true, log);
  EXPECT_THAT(log, HasSubstr("DEVELOPMENT"));
  const auto token = site->Authorization(director);
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_EQ(Ask(*site, *token), absl::OkStatus());

  site = nullptr;
  site = Serve(false, log);  // with the same keys
  EXPECT_THAT(log, Not(HasSubstr("DEVELOPMENT")));
  EXPECT_EQ(ReasonOf(Ask(*site, *token)), "TOKEN_INVALID");
  EXPECT_EQ(ReasonOf(site->Authorization(director).status()), "NOT_ALLOWED");
}

}  // namespace
}  // namespace vivier
