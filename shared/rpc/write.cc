#include "shared/rpc/write.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "google/api/resource.pb.h"
#include "shared/base/canonical.h"
#include "shared/base/error.h"
#include "shared/base/message.h"
#include "shared/base/status.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::rpc {
namespace {

namespace pb = google::protobuf;

// A UUID is compared without regard to case.
std::string RequestId(const Method& method, const pb::Message& request) {
  return absl::AsciiStrToLower(request.GetReflection()->GetString(request, method.request_id));
}

bool ValidateOnly(const Method& method, const pb::Message& request) {
  return method.validate_only != nullptr &&
         request.GetReflection()->GetBool(request, method.validate_only);
}

std::string Place(const std::string& request_id) { return "answers|" + request_id; }

// Whose key encrypts a stored answer: the person whom the response is about.
std::string PersonOf(const pb::Message& response) {
  const pb::FieldDescriptor* field = response.GetDescriptor()->FindFieldByName(
      response.GetDescriptor()->options().GetExtension(options::v1::person));
  return field == nullptr ? "" : response.GetReflection()->GetString(response, field);
}

}  // namespace

WriteWork::WriteWork(const Served& served, security::Caller caller, std::string share,
                     Traceparent trace, std::string reason, std::unique_ptr<pb::Message> request,
                     Fetched fetched, std::function<bool()> expired, Answered answered)
    : method_(served.method),
      handler_(served.handler),
      shows_persons_(served.shows_persons),
      budgets_(served.budgets),
      views_(served.views),
      caller_(std::move(caller)),
      share_(std::move(share)),
      trace_(std::move(trace)),
      reason_(std::move(reason)),
      request_(std::move(request)),
      fetched_(std::move(fetched)),
      expired_(std::move(expired)),
      answered_(std::move(answered)),
      school_(SchoolOf(TextAt(*request_, method_.target))),
      request_id_(RequestId(method_, *request_)),
      request_hash_(CanonicalHash(*request_)),
      validate_only_(ValidateOnly(method_, *request_)) {}

void WriteWork::Want(storage::Transaction::Wanted& wanted) const {
  wanted.request_ids.push_back(request_id_);
  const std::string& target = TextAt(*request_, method_.target);
  if (method_.target_schema != nullptr) wanted.rows.push_back({method_.target_schema, target});
}

void WriteWork::Run(storage::Transaction& transaction, absl::Time now) {
  const TraceScope scope(trace_);
  verdict_ = Decide(transaction, now);
}

absl::StatusOr<std::string> WriteWork::Decide(storage::Transaction& transaction, absl::Time now) {
  if (expired_())
    return Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_PASSED", "dropped before any work");
  ASSIGN_OR_RETURN(const storage::Answer* known, transaction.FindAnswer(request_id_));
  if (known != nullptr) return Replay(transaction, *known);
  storage::Unit unit(transaction);
  Call call(caller_, absl::FromUnixMicros(absl::ToUnixMicros(now)), unit, fetched_, reason_);
  std::unique_ptr<pb::Message> response = NewMessage(method_.descriptor->output_type());
  if (const absl::Status done = handler_(call, *request_, *response); !done.ok())
    return RememberRefusal(transaction, caller_, budgets_, done, *request_, Origin(), now);
  const std::string person = PersonOf(*response);
  views_.Apply(caller_, *response);
  std::string bytes = response->SerializeAsString();
  storage::Origin origin = Origin();
  // What a trial shows was read as well; nothing else of it is kept.
  storage::Unit trial(transaction);
  storage::Unit& kept = validate_only_ ? trial : unit;
  if (shows_persons_) {
    const ShownPersons shown = PersonsShown(method_, *request_, *response, caller_.subject);
    if (validate_only_) origin.shown = CountOf(shown);
    RETURN_IF_ERROR(RememberReads(kept, caller_, budgets_, shown, origin, now));
  }
  if (!validate_only_) RETURN_IF_ERROR(Remember(unit, person, bytes, now));
  RETURN_IF_ERROR(kept.Apply(origin, now));
  return bytes;
}

// A trial has no request_id: the same may follow in earnest.
storage::Origin WriteWork::Origin() const {
  return {caller_.subject,
          method_.descriptor->full_name(),
          TextAt(*request_, method_.target),
          validate_only_ ? "" : request_id_,
          request_hash_,
          trace_.ToString(),
          reason_};
}

absl::StatusOr<std::string> WriteWork::Replay(storage::Transaction& transaction,
                                              const storage::Answer& answer) const {
  if (answer.principal != caller_.subject || answer.method != method_.descriptor->full_name() ||
      answer.request_hash != request_hash_)
    return Error(absl::StatusCode::kInvalidArgument, "REQUEST_ID_REUSED",
                 "this request_id was used for another request", {{"field", "request_id"}});
  if (answer.person.empty()) return Narrowed(answer.answer);
  ASSIGN_OR_RETURN(security::Key key, transaction.keys().Of(answer.person, false));
  ASSIGN_OR_RETURN(std::string bytes, security::Decrypt(key, answer.answer, Place(request_id_)));
  return Narrowed(std::move(bytes));
}

// To what the caller sees now: they may have lost a role since.
absl::StatusOr<std::string> WriteWork::Narrowed(std::string answer) const {
  if (views_.empty()) return answer;
  std::unique_ptr<pb::Message> response = NewMessage(method_.descriptor->output_type());
  if (!response->ParseFromString(answer)) return Internal("a kept answer that cannot be read");
  views_.Apply(caller_, *response);
  return response->SerializeAsString();
}

absl::Status WriteWork::Remember(storage::Unit& unit, const std::string& person,
                                 const std::string& bytes, absl::Time now) const {
  storage::Answer answer{caller_.subject, method_.descriptor->full_name(), request_hash_, "",
                         bytes};
  if (method_.personal) {
    answer.person = person;
    ASSIGN_OR_RETURN(security::Key key, unit.KeyOf(answer.person, true));
    answer.answer = security::Encrypt(key, bytes, Place(request_id_));
  }
  unit.Remember(request_id_, std::move(answer), now);
  return absl::OkStatus();
}

void WriteWork::Done(const absl::Status& committed) {
  if (!committed.ok()) return answered_(committed);
  if (!verdict_.ok()) return answered_(verdict_.status());
  answered_(std::make_shared<const std::string>(*std::move(verdict_)));
}

}  // namespace vivier::rpc
