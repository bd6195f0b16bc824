#include "shared/transport/channel.h"

#include <grpc/support/time.h>
#include <grpcpp/alarm.h>
#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/client_unary_call.h>
#include <grpcpp/impl/rpc_method.h>
#include <grpcpp/server.h>
#include <grpcpp/support/async_stream.h>

#include <mutex>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "shared/base/error.h"
#include "shared/queue/throttle.h"
#include "shared/transport/bytes.h"
#include "shared/transport/call_context.h"
#include "shared/transport/credentials.h"
#include "shared/transport/status.h"

namespace vivier::transport {
namespace {

using grpc::internal::RpcMethod;

constexpr int kAnswerBytesMax = 4 * 1024 * 1024;
constexpr int kMetadataBytesMax = 16 * 1024;
constexpr int kKeepaliveMilliseconds = 30'000;
constexpr int kKeepaliveTimeoutMilliseconds = 10'000;
// A replica that comes back is tried again soon, for the next one may be about to go.
constexpr int kReconnectFirstMilliseconds = 100;
constexpr int kReconnectMilliseconds = 1'000;
// gRPC's own 30 s would have a new replica wait for up to a minute.
constexpr int kLookUpMilliseconds = 10'000;

constexpr char kServiceConfig[] = R"({"loadBalancingConfig": [{"round_robin": {}}]})";
// A retry costs a token, a success gives a tenth back: at half the tokens retries stop.
constexpr char kServiceConfigWithRetry[] = R"({
  "loadBalancingConfig": [{"round_robin": {}}],
  "methodConfig": [{"name": [{}], "retryPolicy": {
      "maxAttempts": 4, "initialBackoff": "0.05s", "maxBackoff": "1s", "backoffMultiplier": 2,
      "retryableStatusCodes": ["UNAVAILABLE"]}}],
  "retryThrottling": {"maxTokens": 100, "tokenRatio": 0.1}})";

grpc::ChannelArguments Arguments() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kAnswerBytesMax);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytesMax);
  return arguments;
}

grpc::ChannelArguments Arguments(const ChannelOptions& options) {
  grpc::ChannelArguments arguments = Arguments();
  arguments.SetServiceConfigJSON(options.retry ? kServiceConfigWithRetry : kServiceConfig);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMilliseconds);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMilliseconds);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectFirstMilliseconds);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMilliseconds);
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, kLookUpMilliseconds);
  return arguments;
}

void SetContext(grpc::ClientContext& context, const rpc::CallOptions& options,
                const std::string& in_process_key) {
  if (options.timeout < absl::InfiniteDuration()) {
    context.set_deadline(absl::ToChronoTime(absl::Now() + options.timeout));
  }
  if (!options.authorization.empty()) context.AddMetadata("authorization", options.authorization);
  if (!options.traceparent.empty()) context.AddMetadata("traceparent", options.traceparent);
  if (!options.reason.empty()) context.AddMetadata(rpc::kReasonHeader, options.reason);
  if (!options.forwarded_for.empty())
    context.AddMetadata(rpc::kForwardedHeader, options.forwarded_for);
  if (!in_process_key.empty()) context.AddMetadata(kInProcessKey, in_process_key);
}

// gRPC breaks off, with a bare CANCELLED, the calls that reach a server in its last moment. When
// nobody here cancelled, that is what UNAVAILABLE means: nothing was done, or it is unknown.
absl::Status StatusOf(const grpc::Status& status, bool cancelled_here) {
  if (status.error_code() == grpc::StatusCode::CANCELLED && status.error_details().empty() &&
      !cancelled_here) {
    return Unavailable("the server broke off the call");
  }
  return FromGrpc(status);
}

absl::StatusOr<std::string> Result(const grpc::Status& status, grpc::ByteBuffer& answer) {
  if (!status.ok()) return StatusOf(status, /*cancelled_here=*/false);
  grpc::Slice slice;
  return std::string(Whole(answer, slice));
}

constexpr char kQueue[] = "client";  // what a refusal by ourselves calls it

// What a channel waits for. Its address is the tag.
class Awaited {
 public:
  virtual ~Awaited() = default;
  virtual void Came(bool ok) = 0;
};

// A call that was started and not yet answered; gone with its answer.
struct StartedCall final : Awaited {
  void Came(bool) override {
    done(Result(status, answer));
    delete this;
  }

  grpc::Alarm refused;  // rings at once, for a call that is not asked
  grpc::ClientContext context;
  grpc::ByteBuffer answer;
  grpc::Status status;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
  rpc::Channel::Done done;
};

// Where all channels hear of their answers: one thread that is kept awake costs a call 8 µs less
// than one a channel that each answer wakes. Lives as long as the process.
class Answers {
 public:
  static grpc::CompletionQueue& Queue() {
    static Answers& answers = *new Answers;
    return answers.queue_;
  }

 private:
  Answers() {
    std::thread([this] { Poll(); }).detach();
  }

  void Poll() {
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) static_cast<Awaited*>(tag)->Came(ok);
  }

  grpc::CompletionQueue queue_;
};

// A stream from its call to its end, at most one operation at a time: it has begun, a message is
// read, or its end is. Holds itself until then.
class GrpcStream final : public rpc::ClientStream {
 public:
  static std::shared_ptr<GrpcStream> Open(std::shared_ptr<grpc::Channel> channel, std::string path,
                                          const std::string& request,
                                          const rpc::CallOptions& options,
                                          const std::string& in_process_key, Listener listener) {
    auto stream =
        std::make_shared<GrpcStream>(std::move(channel), std::move(path), std::move(listener));
    SetContext(stream->context_, options, in_process_key);
    stream->self_ = stream;
    stream->reader_.reset(grpc::internal::ClientAsyncReaderFactory<grpc::ByteBuffer>::Create(
        stream->channel_.get(), &Answers::Queue(), stream->method_, &stream->context_,
        Copied(request), /*start=*/false, nullptr));
    stream->reader_->StartCall(AsTag(stream->begun_));
    return stream;
  }

  GrpcStream(std::shared_ptr<grpc::Channel> channel, std::string path, Listener listener)
      : channel_(std::move(channel)), path_(std::move(path)), listener_(std::move(listener)) {}

  void Next() override {
    const std::lock_guard lock(mutex_);
    Read();
  }
  void Cancel() override {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    context_.TryCancel();
    Read();  // which fails and leads to the end
  }

 private:
  struct Step final : Awaited {
    Step(GrpcStream& of, void (GrpcStream::*then)(bool)) : stream(of), came(then) {}
    void Came(bool ok) override { (stream.*came)(ok); }
    GrpcStream& stream;
    void (GrpcStream::*const came)(bool);
  };
  static void* AsTag(Awaited& step) { return &step; }

  // Under the mutex.
  void Read() {
    if (!std::exchange(resting_, false)) return;
    message_.Clear();
    reader_->Read(&message_, AsTag(read_));
  }
  void Begun(bool ok) {
    const std::lock_guard lock(mutex_);
    resting_ = ok;
    ok ? Read() : reader_->Finish(&status_, AsTag(finished_));
  }
  void HasRead(bool ok) {
    std::string message;
    {
      const std::lock_guard lock(mutex_);
      if (!ok) return reader_->Finish(&status_, AsTag(finished_));
      grpc::Slice slice;
      message = std::string(Whole(message_, slice));
      resting_ = true;
      if (cancelled_) return Read();
    }
    listener_.message(std::move(message));
  }
  void Finished(bool) {
    const std::shared_ptr<GrpcStream> self = std::move(self_);
    const Listener listener = std::exchange(listener_, {});  // which may hold whoever holds this
    const bool cancelled = [this] {
      const std::lock_guard lock(mutex_);
      return cancelled_;
    }();
    listener.end(StatusOf(status_, cancelled));
  }

  const std::shared_ptr<grpc::Channel> channel_;
  const std::string path_;
  const RpcMethod method_{path_.c_str(), RpcMethod::SERVER_STREAMING};
  Step begun_{*this, &GrpcStream::Begun}, read_{*this, &GrpcStream::HasRead},
      finished_{*this, &GrpcStream::Finished};
  grpc::ClientContext context_;
  grpc::ByteBuffer message_;
  grpc::Status status_;
  std::unique_ptr<grpc::ClientAsyncReader<grpc::ByteBuffer>> reader_;
  Listener listener_;
  std::shared_ptr<GrpcStream> self_;
  std::mutex mutex_;      // guards what follows
  bool resting_ = false;  // nothing is on its way
  bool cancelled_ = false;
};

class GrpcChannel final : public rpc::Channel {
 public:
  GrpcChannel(std::shared_ptr<grpc::Channel> channel, std::string in_process_key,
              std::shared_ptr<Throttles> throttles)
      : channel_(std::move(channel)),
        in_process_key_(std::move(in_process_key)),
        throttles_(std::move(throttles)),
        stub_(channel_) {}
  absl::StatusOr<std::string> Call(const std::string& path, const std::string& request,
                                   const rpc::CallOptions& options) override {
    if (!MayAsk(path, options)) return Overloaded(kQueue);
    const RpcMethod method(path.c_str(), RpcMethod::NORMAL_RPC);
    grpc::ClientContext context;
    SetContext(context, options, in_process_key_);
    grpc::ByteBuffer answer;
    const grpc::Status status =
        grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>(
            channel_.get(), method, &context, Copied(request), &answer);
    absl::StatusOr<std::string> result = Result(status, answer);
    if (throttles_ != nullptr)
      throttles_->Learn(options.authorization, path, result.status(), absl::Now());
    return result;
  }

  void Start(const std::string& path, const std::string& request, const rpc::CallOptions& options,
             Done done) override {
    auto* call = new StartedCall;
    if (!MayAsk(path, options)) {
      call->done = [done = std::move(done)](const absl::StatusOr<std::string>&) {
        done(Overloaded(kQueue));
      };
      return call->refused.Set(&Answers::Queue(), gpr_inf_past(GPR_CLOCK_MONOTONIC),
                               static_cast<Awaited*>(call));
    }
    call->done = throttles_ == nullptr ? std::move(done) : Learning(path, options, std::move(done));
    SetContext(call->context, options, in_process_key_);
    call->reader = stub_.PrepareUnaryCall(&call->context, path, Copied(request), &Answers::Queue());
    call->reader->StartCall();
    call->reader->Finish(&call->answer, &call->status, static_cast<Awaited*>(call));
  }

  std::shared_ptr<rpc::ClientStream> Stream(const std::string& path, const std::string& request,
                                            const rpc::CallOptions& options,
                                            rpc::ClientStream::Listener listener) override {
    return GrpcStream::Open(channel_, path, request, options, in_process_key_, std::move(listener));
  }

 private:
  bool MayAsk(const std::string& path, const rpc::CallOptions& options) const {
    return throttles_ == nullptr || throttles_->MayAsk(options.authorization, path, absl::Now());
  }
  Done Learning(const std::string& path, const rpc::CallOptions& options, Done done) const {
    return [throttles = throttles_, caller = options.authorization, path,
            done = std::move(done)](absl::StatusOr<std::string> answer) {
      throttles->Learn(caller, path, answer.status(), absl::Now());
      done(std::move(answer));
    };
  }

  const std::shared_ptr<grpc::Channel> channel_;
  const std::string in_process_key_;
  // Null where it does not hold itself back: inside a process, for a server does not refuse its own
  // for load.
  const std::shared_ptr<Throttles> throttles_;
  grpc::GenericStub stub_;
};

}  // namespace

std::shared_ptr<rpc::Channel> Connect(const ChannelOptions& options) {
  PrepareLibrary();
  return std::make_shared<GrpcChannel>(
      grpc::CreateCustomChannel(options.target, ChannelCredentialsOf(options.tls),
                                Arguments(options)),
      "", options.holds_back ? Throttles::Of(options.target) : nullptr);
}

absl::Status TryConnect(const ChannelOptions& options, absl::Duration timeout) {
  PrepareLibrary();
  const std::shared_ptr<grpc::Channel> channel = grpc::CreateCustomChannel(
      options.target, ChannelCredentialsOf(options.tls), Arguments(options));
  if (channel->WaitForConnected(absl::ToChronoTime(absl::Now() + timeout))) return absl::OkStatus();
  return Unavailable("no connection to " + options.target);
}

std::shared_ptr<rpc::Channel> InProcess(grpc::Server& server, const std::string& key) {
  return std::make_shared<GrpcChannel>(server.InProcessChannel(Arguments()), key, nullptr);
}

}  // namespace vivier::transport
