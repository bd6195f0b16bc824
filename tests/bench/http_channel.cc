#include "tests/bench/http_channel.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "shared/base/error.h"

namespace vivier::bench {
namespace {

constexpr size_t kPieceBytes = 64 * 1024;
constexpr int kEvents = 64;

struct Connection {
  int socket = -1;
  std::string received;
  rpc::Channel::Done done;  // of the call that waits
};

int Connected(int port) {
  const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  name.sin_port = htons(static_cast<uint16_t>(port));
  const int yes = 1;
  setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
  if (connect(made, reinterpret_cast<sockaddr*>(&name), sizeof(name)) == 0) return made;
  close(made);
  return -1;
}

// The whole answer at the beginning of `received`, taken from it; false while it is not whole.
bool TakeAnswer(std::string& received, absl::StatusOr<std::string>& answer) {
  const size_t head = received.find("\r\n\r\n");
  if (head == std::string::npos) return false;
  const size_t at = received.find("Content-Length: ");
  size_t length = 0;
  const size_t digits = at + 16;
  if (at < head &&
      !absl::SimpleAtoi(received.substr(digits, received.find('\r', digits) - digits), &length))
    length = 0;
  if (received.size() < head + 4 + length) return false;
  const int status = std::atoi(received.c_str() + 9);
  answer = received.substr(head + 4, length);
  if (status == 429 || status == 503)
    answer = absl::ResourceExhaustedError(*answer);
  else if (status != 200)
    answer = absl::InternalError(*answer);
  received.erase(0, head + 4 + length);
  return true;
}

class HttpChannel final : public rpc::Channel {
 public:
  explicit HttpChannel(std::vector<std::unique_ptr<Connection>> connections)
      : connections_(std::move(connections)) {
    for (const auto& connection : connections_) {
      free_.push_back(connection.get());
      Watch(connection->socket, connection.get());
    }
    Watch(stop_, nullptr);
    thread_ = std::thread([this] { Poll(); });
  }
  ~HttpChannel() override {
    eventfd_write(stop_, 1);
    thread_.join();
    for (const auto& connection : connections_) close(connection->socket);
    close(stop_);
    close(epoll_);
  }

  void Start(const std::string& path, const std::string& request, const rpc::CallOptions& options,
             Done done) override {
    Connection* connection = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        connection = free_.back();
        free_.pop_back();
      }
    }
    if (connection == nullptr) return done(Internal("more callers than connections"));
    connection->done = std::move(done);
    const std::string bytes = absl::StrCat(
        "POST ", path, " HTTP/1.1\r\nHost: localhost\r\nAuthorization: ", options.authorization,
        "\r\nContent-Type: application/proto\r\nContent-Length: ", request.size(), "\r\n\r\n",
        request);
    if (send(connection->socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0)
      shutdown(connection->socket, SHUT_RDWR);
  }

  absl::StatusOr<std::string> Call(const std::string&, const std::string&,
                                   const rpc::CallOptions&) override {
    return Internal("this channel is asked by Start");
  }
  std::shared_ptr<rpc::ClientStream> Stream(const std::string&, const std::string&,
                                            const rpc::CallOptions&,
                                            rpc::ClientStream::Listener) override {
    return nullptr;
  }

 private:
  void Watch(int descriptor, Connection* connection) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = connection;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
  }

  void Poll() {
    epoll_event events[kEvents];
    while (true) {
      const int count = epoll_wait(epoll_, events, kEvents, -1);
      for (int i = 0; i < count; ++i) {
        if (events[i].data.ptr == nullptr) return;
        Read(*static_cast<Connection*>(events[i].data.ptr));
      }
    }
  }

  void Read(Connection& connection) {
    char piece[kPieceBytes];
    const ssize_t got = recv(connection.socket, piece, sizeof(piece), 0);
    absl::StatusOr<std::string> answer = Unavailable("the gateway ended a connection");
    if (got > 0) {
      connection.received.append(piece, static_cast<size_t>(got));
      if (!TakeAnswer(connection.received, answer)) return;
    } else {
      epoll_ctl(epoll_, EPOLL_CTL_DEL, connection.socket, nullptr);
    }
    const Done done = std::exchange(connection.done, nullptr);
    if (got > 0) {
      const std::lock_guard lock(mutex_);
      free_.push_back(&connection);
    }
    if (done != nullptr) done(std::move(answer));
  }

  const std::vector<std::unique_ptr<Connection>> connections_;
  const int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  const int stop_ = eventfd(0, EFD_CLOEXEC);
  std::mutex mutex_;  // guards what follows
  std::vector<Connection*> free_;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<rpc::Channel>> DialHttp(const std::string& address,
                                                       int connections) {
  int port = 0;
  if (!absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port))
    return InvalidField("address", "has a port");
  std::vector<std::unique_ptr<Connection>> made;
  for (int i = 0; i < connections; ++i) {
    made.push_back(std::make_unique<Connection>());
    made.back()->socket = Connected(port);
    if (made.back()->socket < 0) return Unavailable("the gateway accepts no connection");
  }
  return std::make_shared<HttpChannel>(std::move(made));
}

}  // namespace vivier::bench
