#include "shared/cache/redis.h"

#include <openssl/evp.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/random.h"
#include "shared/base/status.h"
#include "shared/log/log.h"
#include "shared/security/secret_file.h"

namespace vivier::cache {
namespace {

using std::chrono::milliseconds;

constexpr absl::string_view kPrefix = "vivier:";
constexpr absl::string_view kInvalidations = "__redis__:invalidate";
constexpr absl::string_view kAnnouncements = "vivier:changed";
constexpr milliseconds kBackoffMin{100}, kBackoffMax{2000};
constexpr milliseconds kHealthyAfter{
    2000};  // a connection that lasted so long starts the back-off anew

// Compares byte by byte: Lua's < on strings follows the server's locale. A value of another schema
// is replaced.
constexpr absl::string_view kSetIfNewer = R"lua(
local old = redis.pcall('GETRANGE', KEYS[1], 0, 15)
local new = ARGV[1]
if type(old) == 'string' and #old == 16 and string.sub(old, 1, 8) == string.sub(new, 1, 8) then
  local place = 9
  while place <= 16 and string.byte(old, place) == string.byte(new, place) do place = place + 1 end
  if place > 16 or string.byte(old, place) > string.byte(new, place) then return 0 end
end
redis.call('SET', KEYS[1], new, 'PX', ARGV[2])
return 1
)lua";

std::string ScriptHash() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash;
  unsigned size = 0;
  if (EVP_Digest(kSetIfNewer.data(), kSetIfNewer.size(), hash.data(), &size, EVP_sha1(), nullptr) !=
      1)
    std::abort();
  return Hex(absl::string_view(reinterpret_cast<char*>(hash.data()), size));
}

std::string KeyOf(absl::string_view name) { return absl::StrCat(kPrefix, name); }

void Count(std::atomic<uint64_t>& counter) { counter.fetch_add(1, std::memory_order_relaxed); }

absl::string_view TextOf(const redisReply& reply) {
  return absl::string_view(reply.str, reply.str == nullptr ? 0 : reply.len);
}

// Whether Redis says that there is something, though not what we have put there. Other errors (it
// loads, it is full) say nothing of the key.
bool IsOfOtherType(const redisReply& reply) {
  if (reply.type == REDIS_REPLY_NIL) return false;
  return reply.type != REDIS_REPLY_ERROR || absl::StartsWith(TextOf(reply), "WRONGTYPE");
}

// Between 1 − share and 1 times the number.
int64_t Jittered(int64_t number, double share) {
  const double random = static_cast<double>(RandomNumber() >> 11) * 0x1.0p-53;
  return static_cast<int64_t>(static_cast<double>(number) * (1 - share * random));
}

}  // namespace

absl::StatusOr<std::string> ReadRedisPassword(const std::string& path) {
  ASSIGN_OR_RETURN(std::string password, security::ReadSecretFile(path));
  absl::string_view text = absl::StripTrailingAsciiWhitespace(password);
  if (text.empty())
    return Error(absl::StatusCode::kFailedPrecondition, "SECRET_FILE",
                 absl::StrCat("secret file ", path, ": holds no password"));
  return std::string(text);
}

Redis::Redis(Options options, Listener listener)
    : options_(std::move(options)),
      listener_(std::move(listener)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      verifier_(options_.mac_key, options_.now, counters_),
      thread_([this] { Loop(); }) {}

Redis::~Redis() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  eventfd_write(wake_, 1);
  thread_.join();
  close(wake_);
}

void Redis::Get(absl::string_view name, uint64_t fingerprint, GetCallback callback) {
  std::string key = KeyOf(name);
  Submit({"GET", key},
         [this, key, fingerprint, callback = std::move(callback)](const redisReply* reply) {
           OnValue(key, fingerprint, reply, callback);
         });
}

void Redis::OnValue(const std::string& key, uint64_t fingerprint, const redisReply* reply,
                    const GetCallback& callback) {
  using Verdict = Verifier::Verdict;
  std::optional<Versioned> value;
  if (reply != nullptr && (reply->type == REDIS_REPLY_STRING || IsOfOtherType(*reply))) {
    const Verdict verdict = verifier_.Judge(
        key, fingerprint, reply->type == REDIS_REPLY_STRING ? TextOf(*reply) : "", value);
    // What was overtaken here may be good for whoever has asked after the change.
    if (verdict != Verdict::kBelieved && verdict != Verdict::kOvertaken)
      Submit({"DEL", key}, [](const redisReply*) {});
  }
  Count(value ? counters_.hits : counters_.misses);
  callback(std::move(value));
}

void Redis::SetIfNewer(absl::string_view name, uint64_t fingerprint, const Versioned& value,
                       DoneCallback callback) {
  const absl::Duration life = std::min(value.loaded_at + kAgeMax - options_.now(), kAgeMax);
  const int64_t life_ms = std::max<int64_t>(1, Jittered(absl::ToInt64Milliseconds(life), 0.2));
  const std::string key = KeyOf(name);
  RunScript(
      std::make_shared<const std::vector<std::string>>(std::vector<std::string>{
          "1", key, EncodeValue(options_.mac_key, key, fingerprint, value), absl::StrCat(life_ms)}),
      true, std::move(callback));
}

void Redis::RunScript(std::shared_ptr<const std::vector<std::string>> arguments, bool by_hash,
                      DoneCallback callback) {
  static const std::string& hash = *new std::string(ScriptHash());
  std::vector<std::string> words = {by_hash ? "EVALSHA" : "EVAL",
                                    by_hash ? hash : std::string(kSetIfNewer)};
  words.insert(words.end(), arguments->begin(), arguments->end());
  Submit(std::move(words),
         [this, arguments, by_hash, callback = std::move(callback)](const redisReply* reply) {
           if (by_hash && reply != nullptr && reply->type == REDIS_REPLY_ERROR &&
               absl::StartsWith(TextOf(*reply), "NOSCRIPT"))
             return RunScript(arguments, false, callback);
           const bool is_stored =
               reply != nullptr && reply->type == REDIS_REPLY_INTEGER && reply->integer == 1;
           Count(is_stored ? counters_.sets : counters_.refused_sets);
           if (callback) callback(is_stored);
         });
}

void Redis::Announce(absl::string_view name) {
  const std::string key = KeyOf(name);
  verifier_.Changed(key);
  // First, so that it is known when the deletion is heard.
  Submit({"PUBLISH", std::string(kAnnouncements), key}, [](const redisReply*) {});
  Submit({"DEL", key}, [](const redisReply*) {});
}

void Redis::Submit(std::vector<std::string> words, RedisLink::Callback callback) {
  // Under many threads a few more than the maximum may slip through: it bounds memory, it is no
  // exact limit.
  if (!is_ready() || waiting_.load(std::memory_order_relaxed) >= options_.waiting_max) {
    Count(counters_.skipped);
    return callback(nullptr);
  }
  waiting_.fetch_add(1, std::memory_order_relaxed);
  bool was_empty;
  {
    const std::lock_guard lock(mutex_);
    was_empty = queue_.empty();
    queue_.push_back({std::move(words), std::move(callback)});
  }
  if (was_empty) eventfd_write(wake_, 1);
}

void Redis::Loop() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const auto is_stopped = [this] {
    const std::lock_guard lock(mutex_);
    return is_stopped_;
  };
  while (!is_stopped()) {
    if (!commands_.is_open() && Clock::now() >= attempt_at_) Connect();
    SendQueued();
    Wait();
    const bool is_late = std::min(commands_.Deadline(), changes_.Deadline()) <= Clock::now();
    if (is_late) Count(counters_.timeouts);
    if (is_late || is_failed_ || commands_.is_open() != changes_.is_open()) Lose();
  }
  is_ready_.store(false, std::memory_order_release);
  commands_.Close();
  changes_.Close();
  SendQueued();
}

void Redis::SendQueued() {
  std::vector<Command> queue;
  {
    const std::lock_guard lock(mutex_);
    queue.swap(queue_);
  }
  const Clock::time_point deadline =
      Clock::now() + absl::ToChronoNanoseconds(options_.command_timeout);
  for (Command& command : queue) {
    auto callback = [this, callback = std::move(command.callback)](const redisReply* reply) {
      waiting_.fetch_sub(1, std::memory_order_relaxed);
      callback(reply);
    };
    if (is_ready()) {
      commands_.Send(command.words, deadline, std::move(callback));
    } else {
      callback(nullptr);
    }
  }
}

Redis::Clock::time_point Redis::NextDeadline() const {
  if (!commands_.is_open()) return attempt_at_;
  return std::min(commands_.Deadline(), changes_.Deadline());
}

void Redis::Wait() {
  std::array<pollfd, 3> polled = {pollfd{wake_, POLLIN, 0}, commands_.Interest(),
                                  changes_.Interest()};
  const auto left = std::chrono::ceil<milliseconds>(NextDeadline() - Clock::now()).count();
  poll(polled.data(), polled.size(), static_cast<int>(std::clamp<int64_t>(left, 0, 1000)));
  eventfd_t woken;
  if (polled[0].revents != 0) eventfd_read(wake_, &woken);
  // Changes first: an answer that was read before a change must not be kept after it.
  changes_.Handle(polled[2].revents);
  commands_.Handle(polled[1].revents);
}

void Redis::Connect() {
  is_failed_ =
      !commands_.Open(options_.address) || !changes_.Open(options_.address) || !Authenticate();
  if (is_failed_) return Lose();
  Count(counters_.connects);
  Handshake(changes_, {"CLIENT", "ID"}, [this](const redisReply& reply) {
    if (reply.type == REDIS_REPLY_INTEGER) return Listen(reply.integer);
    is_failed_ = true;
  });
}

// Before anything else on either connection; a refusal is seen by the handshake.
bool Redis::Authenticate() {
  if (options_.password_file.empty()) return true;
  const absl::StatusOr<std::string> password = ReadRedisPassword(options_.password_file);
  if (!password.ok()) {
    refusal_ = std::string(password.status().message());
    return false;
  }
  for (RedisLink* link : {&commands_, &changes_})
    Handshake(*link, {"AUTH", *password}, [](const redisReply&) {});
  return true;
}

void Redis::Handshake(RedisLink& link, std::vector<std::string> words,
                      std::function<void(const redisReply&)> next) {
  const auto deadline = Clock::now() + absl::ToChronoNanoseconds(options_.command_timeout);
  link.Send(words, deadline, [this, next = std::move(next)](const redisReply* reply) {
    if (reply == nullptr || reply->type == REDIS_REPLY_ERROR) {
      is_failed_ = true;
      // The first one is the cause of those that follow.
      if (reply != nullptr && refusal_.empty()) refusal_ = std::string(TextOf(*reply));
    } else {
      next(*reply);
    }
  });
}

// Our own changes come back as well: NOLOOP does not see through scripts (Redis 7.0). It costs the
// near cache one more answer of Redis after a load, and nothing else.
void Redis::Listen(long long client_id) {
  changes_.Subscribe({std::string(kInvalidations), std::string(kAnnouncements)},
                     [this](const redisReply* reply) { OnMessage(reply); });
  Handshake(commands_,
            {"CLIENT", "TRACKING", "ON", "REDIRECT", absl::StrCat(client_id), "BCAST", "PREFIX",
             std::string(kPrefix)},
            [this](const redisReply&) {
              ready_since_ = Clock::now();
              if (listener_.on_ready) listener_.on_ready();
              is_ready_.store(true, std::memory_order_release);
            });
}

void Redis::OnMessage(const redisReply* reply) {
  if (reply == nullptr || reply->type != REDIS_REPLY_ARRAY || reply->elements != 3) {
    is_failed_ = true;
    return;
  }
  if (TextOf(*reply->element[0]) != "message") return;
  const auto drop = [this](absl::string_view key) {
    if (absl::ConsumePrefix(&key, kPrefix) && listener_.on_changed) listener_.on_changed(key);
  };
  const redisReply& keys = *reply->element[2];
  if (TextOf(*reply->element[1]) == kAnnouncements) {
    verifier_.Changed(TextOf(keys));
    return drop(TextOf(keys));
  }
  if (keys.type != REDIS_REPLY_ARRAY)
    return listener_.on_lost ? listener_.on_lost() : void();  // nil: FLUSHALL
  for (size_t i = 0; i < keys.elements; ++i) {
    Count(counters_.invalidations);
    drop(TextOf(*keys.element[i]));
  }
}

void Redis::Lose() {
  const bool was_ready = is_ready_.exchange(false, std::memory_order_acq_rel);
  commands_.Close();
  changes_.Close();
  is_failed_ = false;
  if (const std::string why = std::exchange(refusal_, "");
      !why.empty() && told_.Enter(options_.now()))
    Log(LogLevel::kWarning, "Redis does not take this process, which goes on without it",
        {{"address", options_.address}, {"error", why}});
  if (was_ready) {
    Count(counters_.disconnects);
    if (listener_.on_lost) listener_.on_lost();
  }
  if (was_ready && Clock::now() - ready_since_ >= kHealthyAfter) failures_ = 0;
  const milliseconds backoff = std::min(kBackoffMax, kBackoffMin * (1 << std::min(failures_, 10)));
  ++failures_;
  attempt_at_ = Clock::now() + milliseconds(Jittered(backoff.count(), 0.5));
}

}  // namespace vivier::cache
