#include "shared/site/peers.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/message.h"
#include "shared/base/status.h"
#include "shared/cache/value.h"
#include "shared/log/log.h"
#include "shared/rpc/shown_persons.h"
#include "shared/service/method.h"

namespace vivier::site {
namespace {

namespace pb = google::protobuf;

// A caller waits 5 s at most; the write that follows needs its share.
constexpr absl::Duration kFetchTimeout = absl::Seconds(2);

std::string GetRequest(const pb::MethodDescriptor& method, const std::string& name) {
  const std::unique_ptr<pb::Message> request = NewMessage(method.input_type());
  request->GetReflection()->SetString(request.get(),
                                      request->GetDescriptor()->FindFieldByName("name"), name);
  return request->SerializeAsString();
}

}  // namespace

rpc::Channel* Peers::Find(const std::string& service) const {
  auto channel = channels_.find(service);
  return channel == channels_.end() ? nullptr : channel->second.get();
}

absl::StatusOr<std::shared_ptr<const pb::Message>> Peers::Fetch(const std::string& service,
                                                                const std::string& type,
                                                                const std::string& name) {
  const pb::Descriptor* resource = rpc::ResourceType(type);
  rpc::Channel* channel = Find(service);
  if (resource == nullptr || channel == nullptr)
    return Unavailable(absl::StrCat("no ", service, " is configured"));
  const pb::MethodDescriptor* method = rpc::MethodGetting(*resource);
  if (method == nullptr) return Internal(absl::StrCat("no rpc gets a ", type));
  std::shared_ptr<pb::Message> message = NewMessage(resource);
  const storage::Schema& schema = storage::Schema::Of(resource);
  const auto load = [&]() -> absl::StatusOr<cache::Versioned> {
    ASSIGN_OR_RETURN(std::string bytes,
                     channel->Call(rpc::PathOf(*method), GetRequest(*method, name),
                                   {kFetchTimeout, authorization_(service), TraceparentToSend()}));
    if (!message->ParseFromString(bytes))
      return Internal(absl::StrCat(service, " answered no ", type));
    return cache::Versioned{static_cast<uint64_t>(schema.Version(*message)), std::move(bytes)};
  };
  if (rpc::ShowsPersons(*resource)) {  // never in a cache
    RETURN_IF_ERROR(load().status());
    return message;
  }
  ASSIGN_OR_RETURN(cache::Bytes bytes,
                   cache_.FetchBlocking(name, cache::SchemaFingerprint(*resource), load,
                                        absl::Now() + kFetchTimeout));
  if (message->ParseFromString(*bytes)) return message;
  Log(LogLevel::kWarning, "what the cache holds does not parse, and its owner is asked",
      {{"resource", name}, {"type", type}});
  cache_.Drop(name);
  RETURN_IF_ERROR(load().status());
  return message;
}

void Peers::Changed(const std::vector<storage::RowKey>& rows) {
  for (const auto& [schema, name] : rows) {
    const pb::Descriptor& resource = *schema->descriptor();
    if (!rpc::IsReferencedByOthers(resource) || rpc::ShowsPersons(resource)) continue;
    cache_.Drop(name);
    if (cache_.redis() != nullptr) cache_.redis()->Announce(name);
  }
}

}  // namespace vivier::site
