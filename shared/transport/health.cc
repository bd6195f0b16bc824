#include "shared/transport/health.h"

#include <algorithm>

#include "grpc/health/v1/health.pb.h"
#include "shared/base/error.h"

namespace vivier::transport {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

std::vector<rpc::Endpoint> Health::Endpoints() {
  const google::protobuf::ServiceDescriptor* service =
      HealthCheckRequest::descriptor()->file()->service(0);
  rpc::Endpoint check;
  check.method = service->FindMethodByName("Check");
  check.unary = [self = shared_from_this()](absl::string_view request, const rpc::Peer&,
                                            std::shared_ptr<rpc::Responder> responder) {
    self->Check(request, *responder);
  };
  rpc::Endpoint watch;
  watch.method = service->FindMethodByName("Watch");
  watch.streaming = [self = shared_from_this()](absl::string_view request, const rpc::Peer&,
                                                std::shared_ptr<rpc::ServerStream> stream) {
    self->Watch(request, std::move(stream));
  };
  return {check, watch};
}

void Health::SetServing(bool serving) {
  absl::MutexLock lock(&mutex_);
  if (serving_ == serving) return;
  serving_ = serving;
  // A watcher that does not read loses its oldest news, never the connection of the others.
  for (const Watcher& watcher : watchers_) watcher.second->Write(StateOf(watcher.first));
}

void Health::Check(absl::string_view request, rpc::Responder& responder) {
  HealthCheckRequest parsed;
  if (!parsed.ParseFromArray(request.data(), static_cast<int>(request.size()))) {
    return responder.Refuse(InvalidField("service", "the request is not a valid message"));
  }
  if (!services_.contains(parsed.service())) return responder.Refuse(NotFound(parsed.service()));
  absl::MutexLock lock(&mutex_);
  responder.Answer(StateOf(parsed.service()));
}

void Health::Watch(absl::string_view request, std::shared_ptr<rpc::ServerStream> stream) {
  HealthCheckRequest parsed;
  if (!parsed.ParseFromArray(request.data(), static_cast<int>(request.size()))) {
    return stream->Close(InvalidField("service", "the request is not a valid message"));
  }
  {
    absl::MutexLock lock(&mutex_);
    stream->Write(StateOf(parsed.service()));
    watchers_.emplace_back(parsed.service(), stream);
  }
  stream->OnGone([self = shared_from_this(), gone = stream.get()] { self->Forget(gone); });
}

std::shared_ptr<const std::string> Health::StateOf(const std::string& service) const {
  HealthCheckResponse response;
  if (!services_.contains(service)) {
    response.set_status(HealthCheckResponse::SERVICE_UNKNOWN);
  } else {
    response.set_status(serving_ ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING);
  }
  return std::make_shared<const std::string>(response.SerializeAsString());
}

void Health::Forget(const rpc::ServerStream* stream) {
  std::shared_ptr<rpc::ServerStream>
      last;  // let go outside the lock, because its end calls the transport
  absl::MutexLock lock(&mutex_);
  const auto found =
      std::find_if(watchers_.begin(), watchers_.end(),
                   [stream](const Watcher& watcher) { return watcher.second.get() == stream; });
  if (found == watchers_.end()) return;
  last = std::move(found->second);
  watchers_.erase(found);
}

}  // namespace vivier::transport
