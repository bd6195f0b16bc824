// What a whole request asks of an rpc: its bytes as the service takes them, and what goes with
// them. Binary messages are passed on without being parsed. Pure.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "shared/log/log.h"
#include "shared/service/channel.h"
#include "shared/web/form.h"
#include "shared/web/route.h"
#include "shared/web/server/http.h"

namespace vivier::web {

// What is sent on where nobody says who they are. Never nothing: over TLS a call without a token
// would be the gateway's own, by its certificate (shared/rpc/entry.h).
inline constexpr char kAnonymous[] = "anonymous";

struct Asked {
  std::string request;
  rpc::CallOptions options;
  Traceparent trace;
};

// The form of a request that names it; nullopt where it has none that the rpc is asked in.
std::optional<Form> FormOf(const HttpRequest& head, const Route& route);

// How long the message may be as it is written: JSON holds bytes in base64. The service bounds what
// it says by the rpc's own limit.
size_t MessageBytesMax(const Route& route, const Form& form);

// INVALID_ARGUMENT or RESOURCE_EXHAUSTED where it cannot be asked; the services say all else.
absl::StatusOr<Asked> Read(HttpRequest request, const Form& form, const Route& route);

// Whether nobody says who they are: no token is shown.
bool IsStrangers(const HttpRequest& request);

// The address of whoever asks: what the edge says of it where the edge is who is connected, that
// is, whoever is on this machine, or in this pod; else that of the connection. "" where neither is
// an address.
std::string AddressOfCaller(const HttpRequest& request);

// Whether the client takes an answer that is compressed by gzip.
bool TakesGzip(const HttpRequest& head);

}  // namespace vivier::web
