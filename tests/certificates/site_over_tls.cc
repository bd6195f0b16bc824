#include "tests/certificates/site_over_tls.h"

#include <unistd.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "shared/base/uuid.h"
#include "shared/service/method.h"
#include "shared/site/certificates.h"
#include "shared/transport/channel.h"
#include "vivier/curriculum/v1/curriculum.pb.h"
#include "vivier/partners/v1/partners.pb.h"

namespace vivier::testing {
namespace {

namespace v1 = curriculum::v1;

// A write is given more than its five seconds on a busy machine.
constexpr absl::Duration kTimeout = absl::Seconds(20);

std::string FreshSocket() {
  static int number = 0;
  const std::string name = absl::StrCat("vivier-tls-", getpid(), "-", ++number);
  return absl::StrCat("unix:", (std::filesystem::temp_directory_path() / name).string());
}

absl::StatusOr<std::string> Ask(rpc::Channel& channel, const google::protobuf::Message& request,
                                const std::string& authorization) {
  const auto* method = rpc::MethodTaking(*request.GetDescriptor());
  return channel.Call(rpc::PathOf(*method), request.SerializeAsString(),
                      {kTimeout, authorization, ""});
}

}  // namespace

SiteOverTls::SiteOverTls(absl::Duration life)
    : certificates_("test", "nancy", life),
      address_(FreshSocket()),
      world_(storage::Engine::kSqlite, [this](config::v1::Config& config) {
        config.set_listen_address(address_);
        config.set_certificates(certificates_.folder());
      }) {}

std::shared_ptr<rpc::Channel> SiteOverTls::Dial(const std::string& service) const {
  config::v1::Config config;
  config.set_network("test");
  config.add_schools("nancy");
  config.set_certificates(certificates_.folder());
  return Dial(site::DiallingTls(config, service, "curriculum"));
}

std::shared_ptr<rpc::Channel> SiteOverTls::Dial(std::optional<transport::Tls> tls) const {
  return transport::Connect({.target = address_, .tls = std::move(tls), .retry = false});
}

absl::StatusOr<std::string> SiteOverTls::Read(rpc::Channel& channel,
                                              const std::string& authorization) {
  partners::v1::GetContractRequest request;
  request.set_name("schools/nancy/contracts/none");
  return Ask(channel, request, authorization);
}

absl::StatusOr<std::string> SiteOverTls::Write(rpc::Channel& channel,
                                               const std::string& authorization) {
  v1::CreateProgrammeRequest request;
  request.set_parent("schools/nancy");
  request.set_request_id(RandomUuid());
  request.set_programme_id("p-" + request.request_id());
  request.mutable_programme()->set_title("A programme");
  return Ask(channel, request, authorization);
}

int SiteOverTls::Written() {
  v1::ListProgrammesRequest request;
  request.set_parent("schools/nancy");
  request.set_page_size(100);
  const auto response = world_.Call<v1::ListProgrammesResponse>(request);
  return response.ok() ? response->programmes_size() : -1;
}

}  // namespace vivier::testing
