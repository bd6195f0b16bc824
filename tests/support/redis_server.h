// A real redis-server for a test, on a unix socket in a folder of its own. Not thread-safe.
#pragma once

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace vivier::cache {

// Whether the condition comes true within the time; for states that nothing announces.
inline bool Eventually(const std::function<bool()>& condition,
                       std::chrono::milliseconds limit = std::chrono::seconds(10)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

class RedisServer {
 public:
  // With a password it answers nobody who does not show it.
  explicit RedisServer(std::string password = "") : password_(std::move(password)) {
    std::string pattern = (std::filesystem::temp_directory_path() / "redis-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    Start();
  }
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;
  ~RedisServer() {
    Kill();
    std::filesystem::remove_all(folder_);
  }

  std::string socket() const { return folder_ + "/redis.sock"; }
  std::string address() const { return "unix:" + socket(); }

  void Start() {
    int output[2];
    ASSERT_EQ(pipe2(output, O_CLOEXEC), 0);
    process_ = fork();
    ASSERT_GE(process_, 0);
    if (process_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      dup2(output[1], STDOUT_FILENO);
      execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket().c_str(),
             "--save", "", "--appendonly", "no", "--dir", folder_.c_str(), "--requirepass",
             password_.c_str(), static_cast<char*>(nullptr));
      _exit(127);
    }
    close(output[1]);
    const bool is_ready = ReadUntil(output[0], "ready to accept connections");
    output_ = output[0];  // kept open, so that the server can go on printing
    ASSERT_TRUE(is_ready)
        << "redis-server does not start; is Debian's package redis-server installed?";
  }

  void Kill() {
    if (process_ <= 0) return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    process_ = 0;
    close(output_);
    output_ = -1;
  }
  void Stop() {
    kill(process_, SIGSTOP);
    waitpid(process_, nullptr, WUNTRACED);  // returns once it has really stopped
  }
  void Continue() { kill(process_, SIGCONT); }

  // From now on it takes another password, and nobody is connected who has shown the one before.
  void ChangePassword(const std::string& password) {
    EXPECT_EQ(Do({"CONFIG", "SET", "requirepass", password}), "OK");
    password_ = password;
    for (const char* type : {"pubsub", "normal"}) Do({"CLIENT", "KILL", "TYPE", type});
  }

  // Runs a command on a connection of its own; the answer's text, or its integer as text.
  std::string Do(const std::vector<std::string>& words) {
    const std::unique_ptr<redisContext, decltype(&redisFree)> context(
        redisConnectUnix(socket().c_str()), &redisFree);
    if (!password_.empty())
      freeReplyObject(redisCommand(context.get(), "AUTH %s", password_.c_str()));
    std::vector<const char*> arguments;
    std::vector<size_t> lengths;
    for (const std::string& word : words) {
      arguments.push_back(word.data());
      lengths.push_back(word.size());
    }
    const std::unique_ptr<redisReply, decltype(&freeReplyObject)> reply(
        static_cast<redisReply*>(redisCommandArgv(context.get(), static_cast<int>(words.size()),
                                                  arguments.data(), lengths.data())),
        &freeReplyObject);
    if (reply == nullptr) return "(no answer)";
    if (reply->type == REDIS_REPLY_INTEGER) return std::to_string(reply->integer);
    return reply->str == nullptr ? "" : std::string(reply->str, reply->len);
  }

 private:
  static bool ReadUntil(int file, const std::string& text) {
    std::string seen;
    char bytes[4096];
    pollfd polled = {file, POLLIN, 0};
    while (seen.find(text) == std::string::npos) {
      if (poll(&polled, 1, 10'000) != 1) return false;
      const ssize_t got = read(file, bytes, sizeof(bytes));
      if (got <= 0) return false;
      seen.append(bytes, static_cast<size_t>(got));
    }
    return true;
  }

  std::string password_, folder_;
  pid_t process_ = 0;
  int output_ = -1;
};

}  // namespace vivier::cache
