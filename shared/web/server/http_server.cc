#include "shared/web/server/http_server.h"

#include <microhttpd.h>
#include <netdb.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/web/server/connections.h"
#include "shared/web/server/head.h"
#include "shared/web/server/http_exchange.h"
#include "shared/web/server/listener.h"

namespace vivier::web {
namespace {

using Connection = Connections::Connection;
using Phase = Connections::Phase;

// A body is read in pieces of this size where there is room.
constexpr size_t kReadBytes = 8 * 1024;

// What hangs at a connection of the library's.
struct Socket {
  Connection* connection = nullptr;
  std::string target;  // of the request that comes
  std::string peer;    // its address
};

Socket* SocketOf(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return static_cast<Socket*>(info->socket_context);
}

MHD_Result AddHeader(void* headers, MHD_ValueKind, const char* name, size_t name_size,
                     const char* value, size_t value_size) {
  const absl::string_view text =
      value == nullptr ? absl::string_view() : absl::string_view(value, value_size);
  static_cast<Headers*>(headers)->emplace_back(
      absl::AsciiStrToLower(absl::string_view(name, name_size)), std::string(text));
  return MHD_YES;
}

// "" over a socket of this machine's.
std::string AddressOf(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  char host[NI_MAXHOST] = "";
  if (info == nullptr || info->client_addr == nullptr) return "";
  const bool four = info->client_addr->sa_family == AF_INET;
  if (!four && info->client_addr->sa_family != AF_INET6) return "";
  const socklen_t size = four ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  const int failed =
      getnameinfo(info->client_addr, size, host, sizeof(host), nullptr, 0, NI_NUMERICHOST);
  return failed != 0 ? "" : host;
}

// As many as there are descriptors for; each call takes others besides.
int Fitting(int connections) {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return connections;
  return static_cast<int>(std::min<rlim_t>(static_cast<rlim_t>(connections), limit.rlim_cur / 2));
}

// How many may be open before idle ones are closed.
int MostOf(const HttpServerOptions& options) {
  const int all = Fitting(options.connections_max);
  return std::max(1, all - std::min(options.connections_spare, all / 4));
}

}  // namespace

struct HttpServer::Impl {
  Impl(const HttpServerOptions& given, HttpHandler& asked)
      : options(given),
        handler(asked),
        connections({given.head_time, given.body_time, given.idle_time, given.answer_time,
                     given.stream_time, given.sweep_every},
                    MostOf(given)),
        under_way(handler, connections, given.bodies_bytes_max) {}

  absl::Status Listen();

  // ---- the library's callbacks
  // --------------------------------------------------------------------
  static void Connected(void* self, MHD_Connection* connection, void** context,
                        MHD_ConnectionNotificationCode what);
  static void* Asked(void* self, const char* target, MHD_Connection* connection);
  static MHD_Result Came(void* self, MHD_Connection* connection, const char* target,
                         const char* method, const char* version, const char* data, size_t* size,
                         void** request);
  static void Completed(void* self, MHD_Connection* connection, void** request,
                        MHD_RequestTerminationCode why);
  static size_t AsItIs(void*, MHD_Connection*, char* text) { return std::strlen(text); }

  MHD_Result Begin(MHD_Connection* connection, const char* method, const char* version,
                   void** request);

  const HttpServerOptions options;
  HttpHandler& handler;
  Connections connections;
  UnderWay under_way;
  std::string address;
  MHD_Daemon* daemon = nullptr;
  std::once_flag stopped;
};

void HttpServer::Impl::Connected(void* self, MHD_Connection* connection, void** context,
                                 MHD_ConnectionNotificationCode what) {
  auto& impl = *static_cast<Impl*>(self);
  if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
    auto* socket = static_cast<Socket*>(*context);
    impl.connections.Closed(socket->connection);
    delete socket;
    return;
  }
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  *context = new Socket{impl.connections.Open(info->connect_fd), "", AddressOf(connection)};
}

// The first line has come.
void* HttpServer::Impl::Asked(void* self, const char* target, MHD_Connection* connection) {
  Socket& socket = *SocketOf(connection);
  socket.target = target;
  static_cast<Impl*>(self)->connections.Enter(*socket.connection, Phase::kHead);
  return nullptr;
}

MHD_Result HttpServer::Impl::Came(void* self, MHD_Connection* connection, const char*,
                                  const char* method, const char* version, const char* data,
                                  size_t* size, void** request) {
  if (*request == nullptr)
    return static_cast<Impl*>(self)->Begin(connection, method, version, request);
  return (*static_cast<std::shared_ptr<HttpExchange>*>(*request))->Continue(data, size);
}

MHD_Result HttpServer::Impl::Begin(MHD_Connection* connection, const char* method,
                                   const char* version, void** request) {
  Socket& socket = *SocketOf(connection);
  HttpRequest head;
  head.method = method;
  head.peer = socket.peer;
  const size_t question = socket.target.find('?');
  head.path = socket.target.substr(0, question);
  if (question != std::string::npos) head.query = socket.target.substr(question + 1);
  MHD_get_connection_values_n(connection, MHD_HEADER_KIND, &AddHeader, &head.headers);
  const absl::Status clear = CheckHead(head, version);
  auto exchange =
      std::make_shared<HttpExchange>(under_way, connection, *socket.connection, std::move(head));
  *request = new std::shared_ptr<HttpExchange>(exchange);
  return exchange->Begin(clear);
}

void HttpServer::Impl::Completed(void* self, MHD_Connection* connection, void** request,
                                 MHD_RequestTerminationCode) {
  auto* exchange = static_cast<std::shared_ptr<HttpExchange>*>(*request);
  if (exchange != nullptr) (*exchange)->Ended();
  delete exchange;
  *request = nullptr;
  if (Socket* socket = SocketOf(connection); socket != nullptr)
    static_cast<Impl*>(self)->connections.Enter(*socket->connection, Phase::kIdle);
}

absl::Status HttpServer::Impl::Listen() {
  ASSIGN_OR_RETURN(const int listener, ListenOn(options.address, address));
  const int threads = std::max(1, options.threads);
  const auto limit = static_cast<unsigned>(Fitting(options.connections_max) * threads);
  daemon = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, nullptr, nullptr, &Came, this,
      MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_THREAD_POOL_SIZE,
      static_cast<unsigned>(threads > 1 ? threads : 0), MHD_OPTION_CONNECTION_LIMIT, limit,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionBytes, MHD_OPTION_CONNECTION_MEMORY_INCREMENT,
      kReadBytes, MHD_OPTION_CONNECTION_TIMEOUT,
      static_cast<unsigned>(absl::ToInt64Seconds(options.idle_time) + 1),
      MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, &Asked, this,
      MHD_OPTION_UNESCAPE_CALLBACK, &AsItIs, nullptr, MHD_OPTION_NOTIFY_COMPLETED, &Completed, this,
      MHD_OPTION_NOTIFY_CONNECTION, &Connected, this, MHD_OPTION_END);
  if (daemon != nullptr) return absl::OkStatus();
  CloseListener(listener, address);
  return Unavailable("cannot serve HTTP on " + address);
}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(HttpServerOptions options,
                                                              HttpHandler& handler) {
  auto impl = std::make_unique<Impl>(options, handler);
  RETURN_IF_ERROR(impl->Listen());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() { Stop(absl::ZeroDuration()); }

const std::string& HttpServer::address() const { return impl_->address; }

int HttpServer::connections() const { return impl_->connections.count(); }

void HttpServer::Stop(absl::Duration patience) {
  std::call_once(impl_->stopped, [&] {
    const MHD_socket listener = MHD_quiesce_daemon(impl_->daemon);
    // The library ends the process over a connection that is suspended at its end.
    impl_->under_way.Drain(patience);
    MHD_stop_daemon(impl_->daemon);
    if (listener != MHD_INVALID_SOCKET) CloseListener(listener, impl_->address);
  });
}

}  // namespace vivier::web
