// Who gets in over mutual TLS and as whom: certificates good and bad, at a site that serves a
// director's token to whoever may bring it. Each connection is tried twice, as a service and with
// that token, and the bad ones leave nothing behind.
#include <unistd.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/security/certificate.h"
#include "shared/service/method.h"
#include "shared/site/certificates.h"
#include "shared/site/tokens.h"
#include "shared/transport/channel.h"
#include "shared/transport/server.h"
#include "tests/certificates/site_over_tls.h"
#include "tests/support/client.h"
#include "vivier/log/v1/log.pb.h"

namespace vivier::testing {
namespace {

constexpr char kHealthPath[] = "/grpc.health.v1.Health/Check";

class CertificatesTest : public ::testing::Test {
 protected:
  std::string Director() { return site_.world().Authorization(World::Person()); }
  // The status of a service's read and of a director's write over such a connection.
  void ExpectBoth(rpc::Channel& channel, absl::StatusCode read, absl::StatusCode write) {
    const absl::Status as_service = SiteOverTls::Read(channel).status();
    EXPECT_EQ(as_service.code(), read) << as_service;
    const absl::Status with_token = SiteOverTls::Write(channel, Director()).status();
    EXPECT_EQ(with_token.code(), write) << with_token;
  }

  SiteOverTls site_;
};

TEST_F(CertificatesTest, BadOnesAreRefusedAndLeaveNothing) {
  const struct {
    const char* what;
    const char* names;
    absl::Duration begin = -absl::Minutes(1);
    absl::Duration end = absl::Hours(1);
  } rows[] = {
      {"expired", "URI:spiffe://test/school/nancy/service/enrolment", -absl::Hours(1),
       -absl::Seconds(5)},
      {"not yet valid", "URI:spiffe://test/school/nancy/service/enrolment", absl::Minutes(5),
       absl::Hours(1)},
      {"a foreign school", "URI:spiffe://test/school/metz/service/enrolment"},
      {"a foreign network", "URI:spiffe://elsewhere/school/nancy/service/enrolment"},
      {"a longer school", "URI:spiffe://test/school/nancy2/service/enrolment"},
      {"common name alone", ""},
      {"a host name alone", "DNS:localhost"},
      {"two names",
       "URI:spiffe://test/school/nancy/service/enrolment,URI:spiffe://test/school/nancy/service/"
       "funding"},
      {"the same name twice",
       "URI:spiffe://test/school/nancy/service/enrolment,URI:spiffe://test/school/nancy/service/"
       "enrolment"},
      {"no service", "URI:spiffe://test/school/nancy/service/"},
      {"below a service", "URI:spiffe://test/school/nancy/service/enrolment/x"},
      {"another scheme", "URI:https://test/school/nancy/service/enrolment"},
      {"a larger letter", "URI:spiffe://test/school/Nancy/service/enrolment"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.what);
    ExpectBoth(*site_.Dial(site_.certificates().Sign(row.names, row.begin, row.end)),
               absl::StatusCode::kUnavailable, absl::StatusCode::kUnavailable);
  }
  EXPECT_EQ(site_.Written(), 0);
}

TEST_F(CertificatesTest, NoCertificateAndAnotherAuthoritysAreRefused) {
  Certificates other("test", "nancy");
  transport::Tls theirs = other.Sign("URI:spiffe://test/school/nancy/service/enrolment");
  theirs.authorities = site_.certificates().folder() + "/authorities.pem";
  transport::Tls none =
      site_.certificates().Sign("URI:spiffe://test/school/nancy/service/enrolment");
  none.certificate = none.key = "";
  for (const std::optional<transport::Tls>& tls :
       {std::optional(theirs), std::optional(none), std::optional<transport::Tls>()})
    ExpectBoth(*site_.Dial(tls), absl::StatusCode::kUnavailable, absl::StatusCode::kUnavailable);
  EXPECT_EQ(site_.Written(), 0);
}

// One that the site takes once it takes the other authority too, without a restart.
TEST_F(CertificatesTest, ANewAuthorityIsTakenUp) {
  Certificates other("test", "nancy");
  transport::Tls theirs = other.Sign("URI:spiffe://test/school/nancy/service/enrolment");
  theirs.authorities = site_.certificates().folder() + "/authorities.pem";
  site_.certificates().Trust(other);
  EXPECT_LT(TimeUntil(absl::StatusCode::kNotFound,
                      [&] { return SiteOverTls::Read(*site_.Dial(theirs)); }),
            absl::Seconds(5));
}

TEST_F(CertificatesTest, WhoMayCallIsTheListsMatterAndATokenNeedsACertificate) {
  constexpr auto kNotAllowed = absl::StatusCode::kPermissionDenied;
  // Only enrolment may read a contract; and every process of the site may bring a person's call, as
  // the edge does.
  for (const auto& [service, read] :
       std::map<std::string, absl::StatusCode>{{"enrolment", absl::StatusCode::kNotFound},
                                               {"funding", kNotAllowed},
                                               {"edge", kNotAllowed},
                                               {"operator", kNotAllowed},
                                               {"all", kNotAllowed},
                                               {"member", kNotAllowed}}) {
    SCOPED_TRACE(service);
    ExpectBoth(*site_.Dial(service), read, absl::StatusCode::kOk);
  }
  EXPECT_EQ(site_.Written(), 6);
}

// The token that enrolment shows inside its process is worth nothing outside, whoever brings it.
TEST_F(CertificatesTest, AServicesTokenIsWorthNothingOverTls) {
  const std::string stolen =
      site_.world().Authorization({absl::StrCat(SiteOverTls::kSite, "enrolment"),
                                   security::Caller::Kind::kService,
                                   {"service"},
                                   {"nancy"},
                                   ""});
  for (const char* service : {"enrolment", "edge"}) {
    const std::shared_ptr<rpc::Channel> channel = site_.Dial(service);
    EXPECT_EQ(ReasonOf(SiteOverTls::Read(*channel, stolen).status()), "TOKEN_INVALID") << service;
  }
}

TEST_F(CertificatesTest, ARevokedOneIsRefusedOnConnectionsOldAndNew) {
  const std::shared_ptr<rpc::Channel> before = site_.Dial("enrolment");
  const std::shared_ptr<rpc::Channel> another = site_.Dial("funding");
  ExpectBoth(*before, absl::StatusCode::kNotFound, absl::StatusCode::kOk);
  site_.certificates().Revoke("enrolment");
  EXPECT_LT(
      TimeUntil(absl::StatusCode::kUnauthenticated, [&] { return SiteOverTls::Read(*before); }),
      absl::Seconds(3));
  ExpectBoth(*before, absl::StatusCode::kUnauthenticated, absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(ReasonOf(SiteOverTls::Read(*before).status()), "CERTIFICATE_REFUSED");
  ExpectBoth(*site_.Dial("enrolment"), absl::StatusCode::kUnavailable,
             absl::StatusCode::kUnavailable);
  ExpectBoth(*another, absl::StatusCode::kPermissionDenied, absl::StatusCode::kOk);
  EXPECT_EQ(site_.Written(), 2);
  // A new certificate of the same name is as good as any.
  site_.certificates().Renew(absl::Hours(1), {"enrolment"});
  ExpectBoth(*site_.Dial("enrolment"), absl::StatusCode::kNotFound, absl::StatusCode::kOk);
}

TEST_F(CertificatesTest, WhoFollowsALogIsCutOffWhenRevoked) {
  log::v1::FollowEventsRequest request;
  request.set_parent("schools/nancy");
  request.set_service("curriculum");
  const std::shared_ptr<rpc::Channel> channel = site_.Dial("enrolment");
  ASSERT_EQ(SiteOverTls::Read(*channel).status().code(), absl::StatusCode::kNotFound);  // connected
  const std::string path = rpc::PathOf(*rpc::MethodTaking(*request.GetDescriptor()));
  BlockingStream stream(*channel, path, request.SerializeAsString(), {absl::Seconds(20), "", ""});
  site_.certificates().Revoke("enrolment");
  const absl::Time start = absl::Now();
  absl::StatusOr<std::optional<std::string>> page = stream.Read();
  while (page.ok() && page->has_value()) page = stream.Read();  // it was open
  EXPECT_EQ(page.status().code(), absl::StatusCode::kCancelled);
  EXPECT_LT(absl::Now() - start, absl::Seconds(3));
}

// A spoiled list keeps nobody in who was out.
TEST_F(CertificatesTest, AListThatCannotBeReadStaysAsItWas) {
  site_.certificates().Revoke("enrolment");
  const std::shared_ptr<rpc::Channel> funding = site_.Dial("funding");
  EXPECT_EQ(SiteOverTls::Read(*funding).status().code(), absl::StatusCode::kPermissionDenied);
  const std::string list = site_.certificates().folder() + "/revocations.pem";
  EXPECT_LT(TimeUntil(absl::StatusCode::kUnavailable,
                      [&] { return SiteOverTls::Read(*site_.Dial("enrolment")); }),
            absl::Seconds(3));
  std::filesystem::resize_file(list, std::filesystem::file_size(list) / 2);
  EXPECT_FALSE(security::ReadRevocations(list).ok());
  const absl::Time start = absl::Now();
  while (absl::Now() - start < 2 * security::PeerCheck::kReadAgain) {
    EXPECT_EQ(SiteOverTls::Read(*funding).status().code(), absl::StatusCode::kPermissionDenied);
    EXPECT_EQ(SiteOverTls::Read(*site_.Dial("enrolment")).status().code(),
              absl::StatusCode::kUnavailable);
  }
}

class ServerNameTest : public ::testing::Test {
 protected:
  // The health of a server that shows `shown`, asked by who expects `expected` ("" for its host
  // name).
  absl::Status Ask(transport::Tls shown, const std::string& expected) {
    transport::ServerOptions options;
    options.address = "localhost:0";
    options.tls = std::move(shown);
    auto server = transport::Server::Start(options, {});
    EXPECT_TRUE(server.ok()) << server.status();
    transport::Tls tls = certificates_.Sign("URI:spiffe://test/school/nancy/service/funding");
    tls.peers.clear();
    if (!expected.empty()) tls.peers = {expected};
    const auto channel = transport::Connect(
        {absl::StrCat("localhost:", (*server)->port()), std::move(tls), /*retry=*/false});
    return channel->Call(kHealthPath, "", {}).status();
  }

  Certificates certificates_{"test", "nancy"};
};

TEST_F(ServerNameTest, WhoDialsLooksWhoIsThere) {
  const std::string enrolment = "spiffe://test/school/nancy/service/enrolment";
  const struct {
    std::string shown;
    std::string expected;
    absl::StatusCode code;
  } rows[] = {
      {"URI:" + enrolment, enrolment, absl::StatusCode::kOk},
      {"URI:" + enrolment, "spiffe://test/school/nancy/service/partners",
       absl::StatusCode::kUnavailable},
      {"URI:" + enrolment, "spiffe://test/school/metz/service/enrolment",
       absl::StatusCode::kUnavailable},
      {"URI:" + enrolment + ",URI:spiffe://test/x", enrolment, absl::StatusCode::kUnavailable},
      {"DNS:localhost", enrolment, absl::StatusCode::kUnavailable},
      // A parent is known by its host name and by no other.
      {"DNS:localhost", "", absl::StatusCode::kOk},
      {"DNS:elsewhere.example", "", absl::StatusCode::kUnavailable},
      {"URI:" + enrolment, "", absl::StatusCode::kUnavailable},
  };
  for (const auto& row : rows)
    EXPECT_EQ(Ask(certificates_.Sign(row.shown), row.expected).code(), row.code)
        << row.shown << " " << row.expected;
}

TEST(CheckCertificates, AProcessDoesNotStartWithAnothersOrWithPartsMissing) {
  const Certificates certificates("test", "nancy");
  config::v1::Config config;
  config.set_network("test");
  config.add_schools("nancy");
  EXPECT_TRUE(site::CheckCertificates(config, "enrolment").ok());  // no TLS
  config.set_certificates(certificates.folder());
  EXPECT_TRUE(site::CheckCertificates(config, "enrolment").ok());
  EXPECT_EQ(ReasonOf(site::CheckCertificates(config, "library")), "CERTIFICATE_FILE");
  config.set_schools(0, "metz");
  EXPECT_EQ(ReasonOf(site::CheckCertificates(config, "enrolment")), "CERTIFICATE_FILE");
  config.set_schools(0, "nancy");
  std::filesystem::permissions(certificates.folder() + "/enrolment.key",
                               std::filesystem::perms(0640));
  EXPECT_EQ(ReasonOf(site::CheckCertificates(config, "enrolment")), "SECRET_FILE");
  std::filesystem::remove(certificates.folder() + "/revocations.pem");
  EXPECT_EQ(ReasonOf(site::CheckCertificates(config, "funding")), "CERTIFICATE_FILE");
}

}  // namespace
}  // namespace vivier::testing
