#include "shared/rpc/adapter.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "shared/base/canonical.h"
#include "shared/base/error.h"
#include "shared/base/message.h"
#include "shared/base/status.h"
#include "shared/log/log.h"
#include "shared/rpc/with_reason.h"
#include "shared/rpc/write.h"
#include "shared/service/rights.h"

namespace vivier::rpc {
namespace {

namespace pb = google::protobuf;

// The caller's trace goes on; what is no trace context is not carried any further.
Traceparent TraceOf(const Peer& peer) {
  const std::optional<Traceparent> from_caller = Traceparent::Parse(peer.traceparent);
  return from_caller.has_value() ? from_caller->Child() : Traceparent::New();
}

// The queue that was full, or the reason.
void CountRefusal(const absl::Status& status) {
  if (!absl::IsResourceExhausted(status) && !absl::IsDeadlineExceeded(status)) return;
  std::string cause = ReasonOf(WithReason(status));
  for (const auto& [key, value] : MetadataOf(status))
    if (key == "queue") cause = value;
  metrics::Refusals(cause).Increment();
}

// Where a message of a stream goes; a stream without a deadline gives each the server's own.
class MessageResponder final : public Responder {
 public:
  using Sent = std::function<void(const std::string& answer)>;
  MessageResponder(std::shared_ptr<ServerStream> stream, Sent sent)
      : stream_(std::move(stream)), sent_(std::move(sent)) {}

  void Answer(std::shared_ptr<const std::string> bytes) override {
    if (!stream_->Write(bytes)) return stream_->Close(absl::CancelledError("the caller has gone"));
    sent_(*bytes);
  }
  void Refuse(const absl::Status& status) override { stream_->Close(status); }
  absl::Time deadline() const override { return deadline_; }
  bool cancelled() const override { return stream_->gone(); }

 private:
  const std::shared_ptr<ServerStream> stream_;
  const Sent sent_;
  const absl::Time deadline_ = absl::Now() + kMessageTimeout;
};

// Whose judgement is made in which snapshot.
struct Ahead {
  std::string school;
  const security::Caller& caller;
  absl::Time time;
};

// The handler with what was seen; null where it could not be, and then the transaction judges: what
// is refused is refused there, where an answer of before is replayed first.
Handler Foreseen(const Foresight& foresee, Readers& readers, const pb::Message& request,
                 const Ahead& ahead) {
  Handler handler;
  const Fetched none;
  const absl::Status read = readers.Read(
      ahead.school,
      [&](storage::Transaction& transaction) -> absl::Status {
        storage::Unit unit(transaction);
        Call call(ahead.caller, ahead.time, unit, none);
        ASSIGN_OR_RETURN(handler, foresee(call, request));
        return absl::OkStatus();
      },
      storage::Access::kLongRead);
  return read.ok() ? handler : nullptr;
}

}  // namespace

// One request between the transport and its answer.
struct Adapter::Incoming {
  const Rpc* rpc = nullptr;
  std::shared_ptr<Responder> responder;
  std::shared_ptr<const security::VerifiedToken> token;
  std::unique_ptr<pb::Message> request;
  Handler prepared;  // where the rpc's handler is made for each request
  std::string target;
  Traceparent trace;           // of what is audited
  std::string reason;          // the caller's, for the audit
  ShownPersons shown;          // whom the answer to a read shows
  PublicCallers::Place place;  // of a caller whom nobody knows
  absl::Time start;
  bool of_batch = false;
  Part part = Part::kFirst;

  // A batch bounds itself by its rounds: once it is taken, no item is refused for load.
  absl::string_view Share() const { return of_batch ? "" : security::ShareOf(token->caller); }

  // An answer would reach nobody.
  bool Late() const { return responder->cancelled() || responder->deadline() <= absl::Now(); }

  // Whoever shows nothing takes a place of those that are left for them.
  absl::Status EnterPublic(PublicCallers& callers, const std::string& address, size_t bytes,
                           absl::Time now) {
    ASSIGN_OR_RETURN(place, callers.Enter(address, now));
    if (bytes <= PublicCallers::kRequestBytes) return absl::OkStatus();
    return Error(absl::StatusCode::kResourceExhausted, "REQUEST_TOO_LARGE",
                 absl::StrCat("without a token a request has at most ",
                              PublicCallers::kRequestBytes, " bytes"));
  }

  void Answer(absl::StatusOr<std::shared_ptr<const std::string>> answer, absl::Time now) {
    if (part == Part::kFirst) rpc->metrics->Record(answer.status().code(), now - start);
    if (rpc->method.writes && !trace.trace_id.empty())
      LogOutcome(trace, rpc->method.descriptor->full_name(), target, WithReason(answer.status()));
    if (answer.ok()) return responder->Answer(*std::move(answer));
    CountRefusal(answer.status());
    if (absl::IsInternal(answer.status())) {
      const TraceScope scope(trace);
      Log(LogLevel::kError, "a request met a defect",
          {{"method", rpc->method.descriptor->full_name()}, {"error", answer.status().message()}});
    }
    responder->Refuse(WithReason(token == nullptr
                                     ? answer.status()
                                     : AsTold(answer.status(), token->caller, SchoolOf(target))));
  }
};

Adapter::Adapter(Surroundings surroundings)
    : surroundings_(std::move(surroundings)),
      entry_({surroundings_.verifier, surroundings_.readers, surroundings_.schools,
              surroundings_.tls, surroundings_.now, surroundings_.call_time}),
      batches_(entry_, *surroundings_.workers) {}

absl::StatusOr<std::unique_ptr<Adapter>> Adapter::Make(const Service& service,
                                                       Surroundings surroundings) {
  ASSIGN_OR_RETURN(std::vector<Service::Method> methods, service.Build());
  std::unique_ptr<Adapter> adapter(new Adapter(std::move(surroundings)));
  std::vector<std::string> wrong;
  for (Service::Method& declared : methods) {
    absl::StatusOr<Method> method = Describe(declared.descriptor);
    if (!method.ok()) {
      wrong.push_back(std::string(method.status().message()));
      continue;
    }
    auto rpc = std::make_unique<Rpc>();
    rpc->metrics = std::make_unique<metrics::Rpc>(declared.descriptor->service()->full_name(),
                                                  declared.descriptor->name());
    rpc->method = *std::move(method);
    rpc->shows_persons = ShowsPersons(rpc->method);
    rpc->views = std::make_unique<const Views>(rpc->method);
    wrong.insert(wrong.end(), rpc->views->wrong().begin(), rpc->views->wrong().end());
    rpc->handler = std::move(declared.handler);
    rpc->prepare = std::move(declared.prepare);
    rpc->foresee = std::move(declared.foresee);
    rpc->go_on = std::move(declared.go_on);
    adapter->rpcs_.push_back(std::move(rpc));
  }
  for (const std::unique_ptr<Rpc>& rpc : adapter->rpcs_) {
    if (!rpc->method.batch.has_value()) continue;
    rpc->single = adapter->Find(*rpc->method.batch->single);
    if (rpc->single == nullptr)
      wrong.push_back(absl::StrCat(rpc->method.descriptor->full_name(),
                                   " is a batch of what is not served here"));
  }
  if (!wrong.empty())
    return Error(absl::StatusCode::kFailedPrecondition, "SCHEMA_DRIFT", absl::StrJoin(wrong, "; "));
  return adapter;
}

const Adapter::Rpc* Adapter::Find(const pb::MethodDescriptor& method) const {
  for (const std::unique_ptr<Rpc>& rpc : rpcs_)
    if (rpc->method.descriptor == &method) return rpc.get();
  return nullptr;
}

std::vector<Endpoint> Adapter::Endpoints() {
  std::vector<Endpoint> endpoints;
  for (const std::unique_ptr<Rpc>& rpc : rpcs_) {
    Endpoint endpoint;
    endpoint.method = rpc->method.descriptor;
    endpoint.request_bytes_max = rpc->method.request_bytes_max;
    if (rpc->go_on)
      endpoint.streaming = [this, &rpc = *rpc](absl::string_view bytes, const Peer& peer,
                                               const std::shared_ptr<ServerStream>& stream) {
        Stream(rpc, std::string(bytes), peer, stream, Part::kFirst);
      };
    else
      endpoint.unary = [this, &rpc = *rpc](absl::string_view bytes, const Peer& peer,
                                           std::shared_ptr<Responder> responder) {
        Handle(rpc, bytes, peer, std::move(responder), Part::kFirst);
      };
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

// Each message is a read of its own, authenticated and authorised as any; whom it shows is
// remembered once.
void Adapter::Stream(const Rpc& rpc, const std::string& bytes, const Peer& peer,
                     const std::shared_ptr<ServerStream>& stream, Part part) {
  const auto sent = [this, &rpc, bytes, peer, stream](const std::string& answer) {
    const std::unique_ptr<pb::Message> request = NewMessage(rpc.method.descriptor->input_type()),
                                       message = NewMessage(rpc.method.descriptor->output_type());
    if (!request->ParseFromString(bytes) || !message->ParseFromString(answer) ||
        !rpc.go_on(*message, *request))
      return stream->Close(absl::OkStatus());
    stream->OnDrained([this, &rpc, next = request->SerializeAsString(), peer, stream] {
      if (stream->gone()) return stream->Close(absl::CancelledError("the caller has gone"));
      Stream(rpc, next, peer, stream, Part::kNext);
    });
  };
  Handle(rpc, bytes, peer, std::make_shared<MessageResponder>(stream, sent), part);
}

void Adapter::Handle(const Rpc& rpc, absl::string_view bytes, const Peer& peer,
                     std::shared_ptr<Responder> responder, Part part) {
  auto incoming = std::make_shared<Incoming>();
  incoming->part = part;
  incoming->rpc = &rpc;
  incoming->responder = std::move(responder);
  incoming->start = surroundings_.now();
  Begin(std::move(incoming), bytes, peer);
}

void Adapter::Begin(std::shared_ptr<Incoming> incoming, absl::string_view bytes, const Peer& peer) {
  absl::StatusOr<Entry::Token> token = entry_.Authenticate(incoming->rpc->method, peer);
  // Only keys that are being fetched are a reason so early; the call goes on when they are there.
  if (absl::IsUnavailable(token.status()))
    return surroundings_.verifier->AfterFetch([this, incoming = std::move(incoming),
                                               bytes = std::string(bytes),
                                               peer] { Begin(incoming, bytes, peer); });
  if (!token.ok()) return incoming->Answer(token.status(), surroundings_.now());
  incoming->token = *std::move(token);
  if (entry_.IsPublic(incoming->token)) {
    const absl::Time now = surroundings_.now();
    const absl::Status entered =
        incoming->EnterPublic(public_callers_, peer.address, bytes.size(), now);
    if (!entered.ok()) return incoming->Answer(entered, now);
  }
  const bool quick =
      incoming->rpc->single == nullptr &&
      (!NeedsRights(incoming->token->caller) || surroundings_.engine == storage::Engine::kSqlite);
  if (quick) return Dispatch(std::move(incoming), bytes, peer);
  OnWorker(incoming,
           [this, incoming, bytes = std::string(bytes), peer] { Dispatch(incoming, bytes, peer); });
}

void Adapter::Dispatch(std::shared_ptr<Incoming> incoming, absl::string_view bytes,
                       const Peer& peer) {
  if (incoming->rpc->single != nullptr) return TakeBatch(std::move(incoming), bytes, peer);
  const absl::Status received = Receive(bytes, peer, *incoming);
  if (!received.ok()) return incoming->Answer(received, surroundings_.now());
  if (incoming->rpc->method.writes) {
    Write(std::move(incoming));
  } else {
    Read(std::move(incoming));
  }
}

absl::Status Adapter::Receive(absl::string_view bytes, const Peer& peer, Incoming& incoming) const {
  const Method& method = incoming.rpc->method;
  incoming.request = NewMessage(method.descriptor->input_type());
  ASSIGN_OR_RETURN(incoming.token,
                   entry_.ReceiveFrom(std::move(incoming.token), method, bytes, *incoming.request));
  RETURN_IF_ERROR(incoming.rpc->views->MayAsk(incoming.token->caller, *incoming.request));
  incoming.target = TextAt(*incoming.request, method.target);
  if (method.writes || incoming.rpc->shows_persons) incoming.trace = TraceOf(peer);
  incoming.reason = peer.reason;
  return absl::OkStatus();
}

void Adapter::OnWorker(const std::shared_ptr<Incoming>& incoming, std::function<void()> step) {
  surroundings_.workers->Submit(std::string(SchoolOf(incoming->target)), incoming->Share(),
                                {std::move(step), [this, incoming](const absl::Status& refused) {
                                   incoming->Answer(refused, surroundings_.now());
                                 }});
}

// Whoever acts for one company or funder is shown what the data's transaction finds to be its own,
// and nothing else.
bool Adapter::Cacheable(const Incoming& incoming) const {
  return surroundings_.near != nullptr && incoming.rpc->method.standard_get &&
         !incoming.rpc->shows_persons && incoming.rpc->views->empty() &&
         incoming.token->caller.kind != security::Caller::Kind::kPartner;
}

void Adapter::Read(std::shared_ptr<Incoming> incoming) {
  if (Cacheable(*incoming)) {
    if (std::shared_ptr<const std::string> cached = surroundings_.near->Get(incoming->target))
      return incoming->Answer(std::move(cached), surroundings_.now());
  }
  // SQLite finds one row in microseconds, less than handing over to another thread would cost;
  // whatever reads more than a row may take long, and others wait for this thread.
  if (surroundings_.engine == storage::Engine::kSqlite && incoming->rpc->method.standard_get)
    return ReadAndAnswer(std::move(incoming));
  OnWorker(incoming, [this, incoming] { ReadAndAnswer(incoming); });
}

void Adapter::ReadAndAnswer(std::shared_ptr<Incoming> incoming) {
  if (incoming->Late())
    return incoming->Answer(
        Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_PASSED", "dropped before any work"),
        surroundings_.now());
  absl::StatusOr<std::shared_ptr<const std::string>> answer = ReadNow(*incoming);
  if (!answer.ok())
    answer = WithoutOthers(answer.status(), incoming->token->caller, *incoming->request);
  if (!answer.ok() || incoming->shown.empty())
    return incoming->Answer(std::move(answer), surroundings_.now());
  RememberAndAnswer(std::move(incoming), *std::move(answer));
}

void Adapter::RememberAndAnswer(std::shared_ptr<Incoming> incoming,
                                std::shared_ptr<const std::string> answer) {
  storage::Origin origin{incoming->token->caller.subject,
                         incoming->rpc->method.descriptor->full_name(),
                         incoming->target,
                         "",
                         CanonicalHash(*incoming->request),
                         incoming->trace.ToString(),
                         incoming->reason};
  auto work = std::make_unique<ReadWork>(
      std::string(SchoolOf(incoming->target)), incoming->token->caller, surroundings_.read_budgets,
      incoming->shown, std::move(origin),
      [this, incoming, answer = std::move(answer)](const absl::Status& remembered) {
        if (!remembered.ok()) return incoming->Answer(remembered, surroundings_.now());
        incoming->Answer(answer, surroundings_.now());
      });
  const absl::Status taken = surroundings_.writer->Submit(std::move(work));
  if (!taken.ok()) incoming->Answer(taken, surroundings_.now());
}

absl::StatusOr<std::shared_ptr<const std::string>> Adapter::ReadNow(Incoming& incoming) const {
  const Rpc& rpc = *incoming.rpc;
  const bool cacheable = Cacheable(incoming);
  // Taken before the snapshot: a change that commits in between makes the cache refuse what is read
  // here.
  const cache::NearCache::Ticket ticket =
      cacheable ? surroundings_.near->TicketFor(incoming.target) : cache::NearCache::Ticket{};
  std::unique_ptr<pb::Message> response = NewMessage(rpc.method.descriptor->output_type());
  const Fetched none;
  RETURN_IF_ERROR(surroundings_.readers->Read(
      std::string(SchoolOf(incoming.target)), [&](storage::Transaction& transaction) {
        storage::Unit unit(transaction);
        Call call(incoming.token->caller, surroundings_.call_time(), unit, none, incoming.reason);
        return rpc.handler(call, *incoming.request, *response);
      }));
  rpc.views->Apply(incoming.token->caller, *response);
  if (rpc.shows_persons && incoming.part == Part::kFirst && IsWatched(incoming.token->caller))
    incoming.shown =
        PersonsShown(rpc.method, *incoming.request, *response, incoming.token->caller.subject);
  auto bytes = std::make_shared<const std::string>(response->SerializeAsString());
  if (cacheable) {
    const int64_t version = rpc.method.target_schema->Version(*response);
    surroundings_.near->Put(ticket, incoming.target, static_cast<uint64_t>(version), bytes);
  }
  return bytes;
}

void Adapter::Write(std::shared_ptr<Incoming> incoming) {
  if (incoming->rpc->method.references.empty() && !incoming->rpc->prepare &&
      !incoming->rpc->foresee)
    return SubmitWrite(std::move(incoming), {});
  OnWorker(incoming, [this, incoming] { PrepareThenWrite(incoming); });
}

void Adapter::PrepareThenWrite(std::shared_ptr<Incoming> incoming) {
  const TraceScope scope(incoming->trace);
  absl::StatusOr<Fetched> fetched = FetchReferences(*incoming);
  if (!fetched.ok()) return incoming->Answer(fetched.status(), surroundings_.now());
  if (incoming->rpc->prepare) {
    absl::StatusOr<Handler> prepared = incoming->rpc->prepare(*incoming->request);
    if (!prepared.ok()) return incoming->Answer(prepared.status(), surroundings_.now());
    incoming->prepared = *std::move(prepared);
  }
  if (incoming->rpc->foresee && !incoming->Late())
    incoming->prepared =
        Foreseen(incoming->rpc->foresee, *surroundings_.readers, *incoming->request,
                 {std::string(SchoolOf(incoming->target)), incoming->token->caller,
                  surroundings_.call_time()});
  SubmitWrite(std::move(incoming), *std::move(fetched));
}

absl::StatusOr<Fetched> Adapter::FetchReferences(const Incoming& incoming) const {
  Fetched fetched;
  for (const Reference& reference : incoming.rpc->method.references) {
    for (const FoundText& named : TextsAt(*incoming.request, reference.path)) {
      if (fetched.count(named.text) > 0) continue;
      absl::StatusOr<std::shared_ptr<const pb::Message>> found =
          surroundings_.references->Fetch(reference.service, reference.type, named.text);
      if (absl::IsNotFound(found.status()) || absl::IsPermissionDenied(found.status()))
        return Error(absl::StatusCode::kFailedPrecondition, "REFERENCE_NOT_FOUND",
                     absl::StrCat(named.field, ": ", named.text, " does not exist"),
                     {{"field", named.field}, {"resource", named.text}});
      RETURN_IF_ERROR(found.status());
      fetched[named.text] = *std::move(found);
    }
  }
  return fetched;
}

void Adapter::SubmitWrite(std::shared_ptr<Incoming> incoming, Fetched fetched) {
  const Rpc& rpc = *incoming->rpc;
  const Handler& handler =
      incoming->prepared ? incoming->prepared : rpc.handler;  // the callback below keeps it
  const WriteWork::Served served{rpc.method, handler, rpc.shows_persons, surroundings_.read_budgets,
                                 *rpc.views};
  auto work = std::make_unique<WriteWork>(
      served, incoming->token->caller, std::string(incoming->Share()), incoming->trace,
      incoming->reason, std::move(incoming->request), std::move(fetched),
      [incoming] { return incoming->Late(); },
      [this, incoming](absl::StatusOr<std::shared_ptr<const std::string>> answer) {
        incoming->Answer(std::move(answer), surroundings_.now());
      });
  const absl::Status taken = surroundings_.writer->Submit(std::move(work));
  if (!taken.ok()) incoming->Answer(taken, surroundings_.now());
}

void Adapter::TakeBatch(std::shared_ptr<Incoming> incoming, absl::string_view bytes,
                        const Peer& peer) {
  const Rpc& rpc = *incoming->rpc;
  incoming->request = NewMessage(rpc.method.descriptor->input_type());
  incoming->trace = TraceOf(peer);
  incoming->reason = peer.reason;
  // Two bytes an item on the wire, and a hundred in memory.
  if (CountOnWire(bytes, rpc.method.batch->requests->number()) > kBatchItemsMax)
    return incoming->Answer(
        InvalidField(rpc.method.batch->requests->name(),
                     absl::StrCat("has more than ", kBatchItemsMax, " elements")),
        surroundings_.now());
  const absl::Status parsed = Parse(bytes, *incoming->request);
  if (!parsed.ok()) return incoming->Answer(parsed, surroundings_.now());
  incoming->target = TextAt(*incoming->request, rpc.method.target);
  Batches::Asked asked;
  asked.method = &rpc.method;
  asked.single = &rpc.single->method;
  asked.token = incoming->token;
  asked.responder = incoming->responder;
  asked.serve = [this, incoming](Entry::Token token, std::unique_ptr<pb::Message> request,
                                 std::shared_ptr<Responder> responder) {
    auto item = std::make_shared<Incoming>();
    item->rpc = incoming->rpc->single;
    item->responder = std::move(responder);
    item->token = std::move(token);
    item->target = TextAt(*request, item->rpc->method.target);
    item->request = std::move(request);
    item->trace = incoming->trace;
    item->reason = incoming->reason;
    item->start = surroundings_.now();
    item->of_batch = true;
    Write(std::move(item));
  };
  asked.answered = [this, incoming](ItemResult answer) {
    incoming->Answer(std::move(answer), surroundings_.now());
  };
  batches_.Take(*incoming->request, std::move(asked));
}

}  // namespace vivier::rpc
