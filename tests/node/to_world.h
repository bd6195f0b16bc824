// To a world, as a delivery has it: it calls and waits. Thread-safe as World::CallRaw is.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/descriptor.h"
#include "shared/service/channel.h"
#include "tests/support/world.h"

namespace vivier::testing {

class ToWorld : public rpc::Channel {
 public:
  explicit ToWorld(World& world) : world_(world) {}

  absl::StatusOr<std::string> Call(const std::string& path, const std::string& request,
                                   const rpc::CallOptions& options) override {
    const auto* method = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
        absl::StrReplaceAll(path.substr(1), {{"/", "."}}));
    if (method == nullptr) return absl::NotFoundError(path);
    return world_.CallRaw(*method, request, options.authorization);
  }
  void Start(const std::string&, const std::string&, const rpc::CallOptions&, Done) override {}
  std::shared_ptr<rpc::ClientStream> Stream(const std::string&, const std::string&,
                                            const rpc::CallOptions&,
                                            rpc::ClientStream::Listener) override {
    return nullptr;
  }

 private:
  World& world_;
};

}  // namespace vivier::testing
