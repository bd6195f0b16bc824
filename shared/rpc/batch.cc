#include "shared/rpc/batch.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/base/uuid.h"
#include "shared/rpc/validate.h"
#include "shared/rpc/with_reason.h"

namespace vivier::rpc {
namespace {

namespace pb = google::protobuf;

// "3f2b8c1e-7d54": the 48 bits of a UUID of version 7 that are its time.
constexpr size_t kTimeLength = 13;

bool IsBelow(absl::string_view name, absl::string_view parent) {
  return name == parent || absl::StartsWith(name, absl::StrCat(parent, "/"));
}

absl::Status CheckSize(const pb::Message& item, const Method& single) {
  const size_t size = item.ByteSizeLong();
  if (size <= static_cast<size_t>(single.request_bytes_max)) return absl::OkStatus();
  return Error(absl::StatusCode::kResourceExhausted, "REQUEST_TOO_LARGE",
               absl::StrCat("an item of ", size, " bytes, at most ", single.request_bytes_max,
                            " are accepted"),
               {{"method", single.descriptor->full_name()}});
}

bool IsTrue(const pb::Message& request, const pb::FieldDescriptor* flag) {
  return flag != nullptr && request.GetReflection()->GetBool(request, flag);
}

}  // namespace

std::string ItemRequestId(const std::string& batch_request_id, size_t index) {
  const std::string id = absl::AsciiStrToLower(batch_request_id);
  return id.substr(0, kTimeLength) + UuidOf(absl::StrCat(id, "/", index)).substr(kTimeLength);
}

// A batch from its check to its answer. Between two turns nobody but `results` of the items that
// are being done is written; each result by one thread.
struct Batches::Batch {
  Asked asked;
  std::string parent;
  std::string request_id;
  bool validate_only = false;
  absl::Time begin_until;  // no item is begun later
  std::vector<std::unique_ptr<pb::Message>> items;
  std::vector<ItemResult> results;
  std::atomic<size_t> bytes{0};  // of the results
  size_t next = 0;               // the first item that is not begun
  std::atomic<int> open{0};      // what the round still waits for

  bool done() const { return next == items.size(); }

  void Settle(size_t index, ItemResult result) {
    if (!result.ok()) result = AsItem(WithReason(result.status()), index);
    bytes += AnswerBytes(result);
    results[index] = std::move(result);
  }

  // Why no further item is begun, if so.
  absl::Status MayBegin() const {
    if (asked.responder->cancelled() || absl::Now() > begin_until)
      return Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_PASSED",
                   "not begun before the deadline; the same batch again goes on from here");
    if (bytes > kAnswerBytesMax)
      return Error(absl::StatusCode::kResourceExhausted, "ANSWER_FULL",
                   "not begun, for the answers of the items before it fill the response; ask for "
                   "it in another batch");
    return absl::OkStatus();
  }

  void RefuseRest(const absl::Status& status) {
    for (; !done(); ++next) Settle(next, status);
  }
};

// What the path of the single rpc answers to instead of a call.
class Batches::Item final : public Responder {
 public:
  Item(Batches& batches, std::shared_ptr<Batch> batch, size_t index)
      : batches_(batches), batch_(std::move(batch)), index_(index) {}
  ~Item() override { Settle(Internal("the item was dropped without an answer")); }

  void Answer(std::shared_ptr<const std::string> bytes) override { Settle(std::move(bytes)); }
  void Refuse(const absl::Status& status) override { Settle(status); }
  absl::Time deadline() const override { return batch_->asked.responder->deadline(); }
  bool cancelled() const override { return batch_->asked.responder->cancelled(); }

 private:
  void Settle(ItemResult result) {
    if (settled_.exchange(true)) return;
    batch_->Settle(index_, std::move(result));
    batches_.Leave(batch_);
  }

  Batches& batches_;
  const std::shared_ptr<Batch> batch_;
  const size_t index_;
  std::atomic<bool> settled_{false};
};

Batches::~Batches() {
  Monitor::Lock lock(monitor_);
  lock.Await([this] { return under_way_ == 0; });
}

void Batches::Take(pb::Message& request, Asked asked) {
  auto batch = std::make_shared<Batch>();
  batch->asked = std::move(asked);
  absl::Status checked = Check(request, *batch);
  if (checked.ok()) {
    Monitor::Lock lock(monitor_);
    if (under_way_ == kBatchesMax) {
      checked = Error(absl::StatusCode::kResourceExhausted, "QUEUE_FULL",
                      "too many batches are under way; come back later");
    } else {
      ++under_way_;
      line_.push_back(batch);
    }
  }
  if (!checked.ok()) return batch->asked.answered(checked);
  GiveTurn();
}

// What concerns the batch as a whole; takes the items out of the request.
absl::Status Batches::Check(pb::Message& request, Batch& batch) const {
  const Method& method = *batch.asked.method;
  const pb::Reflection& reflection = *request.GetReflection();
  batch.parent = TextAt(request, method.target);
  RETURN_IF_ERROR(AuthoriseSome(request, batch));
  RETURN_IF_ERROR(Validate(request, method.batch->requests));
  if (SchoolOf(batch.parent).empty())
    return InvalidField(PathText(method.target), "names no school");
  batch.request_id = reflection.GetString(request, method.request_id);
  batch.validate_only = IsTrue(request, method.validate_only);
  const absl::Time now = absl::Now();
  const absl::Duration left = batch.asked.responder->deadline() - now;
  batch.begin_until = now + left - std::min(kTimeToAnswer, left / 4);
  batch.items.resize(static_cast<size_t>(reflection.FieldSize(request, method.batch->requests)));
  batch.results.resize(batch.items.size(), absl::UnknownError("not begun"));
  for (size_t i = batch.items.size(); i-- > 0;)
    batch.items[i].reset(reflection.ReleaseLast(&request, method.batch->requests));
  return absl::OkStatus();
}

// OK for who may do the whole, or one item of it; to anybody else the batch is as unknown as its
// parent.
absl::Status Batches::AuthoriseSome(const pb::Message& request, const Batch& batch) const {
  const Method& method = *batch.asked.method;
  const Entry::Token& token = batch.asked.token;
  ASSIGN_OR_RETURN(const Rights rights, entry_.RightsAt(token->caller, batch.parent));
  std::vector<std::string> only;
  ASSIGN_OR_RETURN(const Entry::Token entitled,
                   entry_.Entitle(token, method, batch.parent, rights, only));
  const absl::Status whole = entry_.Authorise(entitled->caller, method.permission, batch.parent);
  if (whole.ok()) return whole;
  const pb::Reflection& reflection = *request.GetReflection();
  const int count = std::min(kBatchItemsMax, reflection.FieldSize(request, method.batch->requests));
  for (int i = 0; i < count; ++i) {
    const pb::Message& item = reflection.GetRepeatedMessage(request, method.batch->requests, i);
    const std::string target = TextAt(item, batch.asked.single->target);
    if (IsBelow(target, batch.parent) && Permit(batch, item, rights).ok()) return absl::OkStatus();
  }
  return whole;
}

absl::StatusOr<Entry::Token> Batches::Permit(const Batch& batch, const pb::Message& item,
                                             const Rights& rights) const {
  const Method& single = *batch.asked.single;
  const std::string target = TextAt(item, single.target);
  std::vector<std::string> only;
  ASSIGN_OR_RETURN(Entry::Token token,
                   entry_.Entitle(batch.asked.token, single, target, rights, only));
  RETURN_IF_ERROR(entry_.Authorise(token->caller, single.permission, target));
  return token;
}

// Makes the item what a request of its own would be, and checks it as one.
absl::StatusOr<Entry::Token> Batches::Prepare(const Batch& batch, size_t index,
                                              const absl::StatusOr<Rights>& rights) const {
  RETURN_IF_ERROR(batch.MayBegin());
  RETURN_IF_ERROR(rights.status());
  const Method& single = *batch.asked.single;
  pb::Message& item = *batch.items[index];
  const pb::Reflection& reflection = *item.GetReflection();
  const std::string target = TextAt(item, single.target);
  // The rights were read at the parent's school.
  if (!target.empty() && !IsBelow(target, batch.parent))
    return InvalidField(PathText(single.target), "is not below the parent of the batch");
  RETURN_IF_ERROR(CheckSize(item, single));
  ASSIGN_OR_RETURN(Entry::Token token, Permit(batch, item, *rights));
  if (reflection.GetString(item, single.request_id).empty())
    reflection.SetString(&item, single.request_id, ItemRequestId(batch.request_id, index));
  if (batch.validate_only) reflection.SetBool(&item, single.validate_only, true);
  RETURN_IF_ERROR(Validate(item));
  RETURN_IF_ERROR(entry_.MayRefer(single, batch.asked.token->caller, *rights, item));
  if (target.empty()) return InvalidField(PathText(single.target), "names no school");
  return token;
}

// Whether the item is on its way to the writer.
bool Batches::Begin(const std::shared_ptr<Batch>& batch, size_t index,
                    const absl::StatusOr<Rights>& rights) {
  absl::StatusOr<Entry::Token> token = Prepare(*batch, index, rights);
  if (!token.ok()) {
    batch->Settle(index, token.status());
    return false;
  }
  ++batch->open;
  batch->asked.serve(*std::move(token), std::move(batch->items[index]),
                     std::make_shared<Item>(*this, batch, index));
  return true;
}

// One round, or the end.
void Batches::Turn(const std::shared_ptr<Batch>& batch) {
  if (batch->done()) return Finish(batch);
  batch->open = 1;  // the round itself, so that it is not over before it is whole
  const absl::StatusOr<Rights> rights = entry_.RightsAt(batch->asked.token->caller, batch->parent);
  for (int begun = 0; !batch->done() && begun < kRoundItems; ++batch->next)
    begun += Begin(batch, batch->next, rights) ? 1 : 0;
  Leave(batch);
}

void Batches::Leave(const std::shared_ptr<Batch>& batch) {
  if (--batch->open > 0) return;
  {
    Monitor::Lock lock(monitor_);
    line_.push_back(batch);
    taken_ = false;
  }
  GiveTurn();
}

// The first of the line goes on, unless another has its turn.
void Batches::GiveTurn() {
  std::shared_ptr<Batch> batch;
  {
    Monitor::Lock lock(monitor_);
    if (taken_ || line_.empty()) return;
    taken_ = true;
    batch = std::move(line_.front());
    line_.pop_front();
  }
  const absl::Status taken = workers_.Submit([this, batch] { Turn(batch); });
  if (taken.ok()) return;
  batch->RefuseRest(taken);
  Finish(batch);
}

// What is told last may be the last that anybody waits for: the line is served before.
void Batches::Finish(const std::shared_ptr<Batch>& batch) {
  {
    Monitor::Lock lock(monitor_);
    taken_ = false;
  }
  GiveTurn();
  batch->asked.answered(std::make_shared<const std::string>(
      BatchAnswer(*batch->asked.method->batch, batch->results)));
  batch->asked = {};
  Monitor::Lock lock(monitor_);
  --under_way_;
}

}  // namespace vivier::rpc
