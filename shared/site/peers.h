// How this process reaches the other services of its school: a channel to each, a token of its own,
// and their resources through the cache. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "shared/cache/layered.h"
#include "shared/service/channel.h"
#include "shared/service/references.h"
#include "shared/storage/log/unit.h"

namespace vivier::site {

class Peers : public rpc::References {
 public:
  // `authorization` gives the value of the header of that name for this process's own calls to a
  // service.
  Peers(cache::Layered& cache, std::function<std::string(const std::string& service)> authorization)
      : cache_(cache), authorization_(std::move(authorization)) {}

  void Set(const std::string& service, std::shared_ptr<rpc::Channel> channel) {
    channels_[service] = std::move(channel);
  }

  // Null where no peer is configured.
  rpc::Channel* Find(const std::string& service) const;

  absl::StatusOr<std::shared_ptr<const google::protobuf::Message>> Fetch(
      const std::string& service, const std::string& type, const std::string& name) override;

  // Tells the caches of everybody that rows of this process changed, as far as others may hold
  // them.
  void Changed(const std::vector<storage::RowKey>& rows);

 private:
  cache::Layered& cache_;
  const std::function<std::string(const std::string& service)> authorization_;
  std::map<std::string, std::shared_ptr<rpc::Channel>> channels_;
};

}  // namespace vivier::site
