// gRPC's reflection: which services a site has for outsiders, and the .proto files of each, for
// tools that ask instead of being given the files. In both versions of its protocol, which are the
// same on the wire. Every process of a site tells the same, so the edge asks the one that runs
// everywhere. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/descriptor.h"
#include "grpc/reflection/v1/reflection.pb.h"
#include "shared/rpc/endpoint.h"
#include "shared/rpc/entry.h"
#include "shared/rpc/workers.h"
#include "shared/security/tokens/token.h"

namespace vivier::site {

// What outsiders may call at a site of these services, and where their operations are asked for.
std::vector<const google::protobuf::ServiceDescriptor*> OutsidersServices(
    const std::set<std::string>& services);

class Reflection : public std::enable_shared_from_this<Reflection> {
 public:
  // Says, on this or another thread, whether the peer may know.
  using May = std::function<void(const rpc::Peer& peer,
                                 std::function<void(const absl::Status& status)> then)>;

  // Whoever an issuer vouches for, and the bearer of a secret from which a right follows at one of
  // the schools. A certificate alone is not enough: the edge shows its own for everybody. All that
  // it is given outlives it.
  static May WhoeverMayCall(const rpc::Entry& entry, security::TokenVerifier& verifier,
                            rpc::Workers& workers, std::vector<std::string> schools,
                            std::function<absl::Time()> now);

  Reflection(std::vector<const google::protobuf::ServiceDescriptor*> services, May may)
      : services_(std::move(services)), may_(std::move(may)) {}

  std::vector<rpc::Endpoint> Endpoints();

  grpc::reflection::v1::ServerReflectionResponse Answer(
      const grpc::reflection::v1::ServerReflectionRequest& request) const;

 private:
  void Answer(absl::string_view request, const rpc::Peer& peer,
              std::shared_ptr<rpc::Responder> responder);

  const std::vector<const google::protobuf::ServiceDescriptor*> services_;
  const May may_;
};

}  // namespace vivier::site
