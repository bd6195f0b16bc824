// A client of HTTP/1.1 that sends what it is told, be it right or wrong, and reads one answer after
// the other. Not thread-safe.
#pragma once

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace vivier::testing {

struct HttpReply {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

class HttpClient {
 public:
  // 127.0.0.1:PORT or unix:PATH
  explicit HttpClient(const std::string& address) {
    if (absl::StartsWith(address, "unix:")) {
      sockaddr_un name{};
      name.sun_family = AF_UNIX;
      address.copy(name.sun_path, sizeof(name.sun_path) - 1, 5);
      socket_ = socket(AF_UNIX, SOCK_STREAM, 0);
      connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&name), sizeof(name)) == 0;
      return;
    }
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int port = 0;
    if (absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port))
      name.sin_port = htons(static_cast<uint16_t>(port));
    socket_ = socket(AF_INET, SOCK_STREAM, 0);
    connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&name), sizeof(name)) == 0;
  }
  ~HttpClient() { Close(); }
  HttpClient(const HttpClient&) = delete;

  bool connected() const { return connected_; }
  void Close() {
    if (socket_ >= 0) close(std::exchange(socket_, -1));
  }

  bool Send(const std::string& bytes) {
    size_t sent = 0;
    while (sent < bytes.size()) {
      const ssize_t n = send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return false;
      sent += static_cast<size_t>(n);
    }
    return true;
  }

  // A whole request, with its length.
  bool Post(const std::string& path, const std::string& type, const std::string& body,
            const std::vector<std::string>& headers = {}) {
    std::string head = absl::StrCat("POST ", path, " HTTP/1.1\r\nhost: x\r\ncontent-type: ", type,
                                    "\r\ncontent-length: ", body.size(), "\r\n");
    for (const std::string& header : headers) absl::StrAppend(&head, header, "\r\n");
    return Send(head + "\r\n" + body);
  }
  bool Get(const std::string& target, const std::vector<std::string>& headers = {}) {
    std::string head = absl::StrCat("GET ", target, " HTTP/1.1\r\nhost: x\r\n");
    for (const std::string& header : headers) absl::StrAppend(&head, header, "\r\n");
    return Send(head + "\r\n");
  }

  // The next answer; nullopt where the connection ends before it, or nothing comes for 20 s.
  std::optional<HttpReply> Read() {
    HttpReply reply;
    size_t end = 0;
    while ((end = bytes_.find("\r\n\r\n")) == std::string::npos)
      if (!More()) return std::nullopt;
    const std::vector<std::string> lines = absl::StrSplit(Taken(end + 4), "\r\n");
    if (lines[0].size() < 12 || !absl::SimpleAtoi(lines[0].substr(9, 3), &reply.status))
      return std::nullopt;
    for (size_t i = 1; i < lines.size(); ++i) {
      const std::pair<std::string, std::string> header =
          absl::StrSplit(lines[i], absl::MaxSplits(": ", 1));
      reply.headers[absl::AsciiStrToLower(header.first)] = header.second;
    }
    if (reply.status == 100) return Read();
    if (!ReadBody(reply)) return std::nullopt;
    return reply;
  }

  // Whether the peer ends the connection, within 20 s; what it still says is dropped.
  bool ReadsEnd() {
    while (More()) bytes_.clear();
    return ended_;
  }

 private:
  bool More() {
    pollfd ready{socket_, POLLIN, 0};
    if (poll(&ready, 1, 20'000) != 1) return false;
    char piece[16 * 1024];
    const ssize_t n = recv(socket_, piece, sizeof(piece), 0);
    if (n > 0) bytes_.append(piece, static_cast<size_t>(n));
    ended_ = n <= 0;
    return n > 0;
  }
  std::string Taken(size_t size) {
    std::string taken = bytes_.substr(0, size);
    bytes_.erase(0, size);
    return taken;
  }
  bool Await(size_t size) {
    while (bytes_.size() < size)
      if (!More()) return false;
    return true;
  }
  bool ReadBody(HttpReply& reply) {
    size_t length = 0;
    if (reply.headers["transfer-encoding"] != "chunked") {
      if (!absl::SimpleAtoi(reply.headers["content-length"], &length)) return true;
      if (!Await(length)) return false;
      reply.body = Taken(length);
      return true;
    }
    while (true) {
      size_t line = 0;
      while ((line = bytes_.find("\r\n")) == std::string::npos)
        if (!More()) return false;
      length = std::stoul(Taken(line + 2), nullptr, 16);
      if (!Await(length + 2)) return false;
      reply.body += Taken(length + 2).substr(0, length);
      if (length == 0) return true;
    }
  }

  int socket_ = -1;
  bool connected_ = false, ended_ = false;
  std::string bytes_;
};

}  // namespace vivier::testing
