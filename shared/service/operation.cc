#include "shared/service/operation.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/any.pb.h"
#include "shared/base/error.h"
#include "shared/base/message.h"
#include "shared/base/rpc_status.h"
#include "shared/base/status.h"
#include "shared/base/uuid.h"
#include "shared/log/log.h"
#include "shared/security/roles.h"
#include "shared/service/rights.h"
#include "vivier/options/v1/operation.pb.h"
#include "vivier/options/v1/options.pb.h"
#include "vivier/security/v1/caller.pb.h"

namespace vivier::rpc {
namespace {

namespace pb = google::protobuf;

// Everybody's role whose rights are in the database (shared/service/rights.h): they are read there
// again before each step.
constexpr absl::string_view kIdentified = "identified";
constexpr absl::string_view kCollection = "/operations/";

std::string Stored(const security::Caller& caller) {
  security::v1::StoredCaller stored;
  stored.set_subject(caller.subject);
  stored.set_kind(static_cast<security::v1::StoredCaller::Kind>(static_cast<int>(caller.kind) + 1));
  if (absl::c_linear_search(caller.roles, kIdentified)) return stored.SerializeAsString();
  *stored.mutable_roles() = {caller.roles.begin(), caller.roles.end()};
  *stored.mutable_schools() = {caller.schools.begin(), caller.schools.end()};
  stored.set_partner(caller.acts_for);
  return stored.SerializeAsString();
}

// Who asked, with what they may do to the request's resource now.
absl::StatusOr<security::Caller> CallerOf(storage::Transaction& transaction,
                                          const storage::Operation& operation, absl::Time now) {
  security::v1::StoredCaller stored;
  if (!stored.ParseFromString(operation.caller)) return Internal("a caller that cannot be read");
  security::Caller caller{stored.subject(),
                          static_cast<security::Caller::Kind>(stored.kind() - 1),
                          {stored.roles().begin(), stored.roles().end()},
                          {stored.schools().begin(), stored.schools().end()},
                          stored.partner()};
  if (!NeedsRights(caller)) return caller;
  caller.kind = security::Caller::Kind::kPerson;
  ASSIGN_OR_RETURN(const Rights rights, RightsOf(transaction, caller.subject));
  std::optional<security::Caller> entitled = EntitledTo(caller, operation.resource, rights, now);
  if (!entitled.has_value()) return NotAllowed(operation.resource);
  return *std::move(entitled);
}

const pb::MethodDescriptor* MethodOf(const storage::Operation& stored) {
  return pb::DescriptorPool::generated_pool()->FindMethodByName(stored.method);
}

void Pack(const std::string& type, std::string bytes, pb::Any& any) {
  any.set_type_url(absl::StrCat("type.googleapis.com/", type));
  any.set_value(std::move(bytes));
}

storage::Origin OriginOf(const storage::Operation& operation) {
  return {operation.principal, operation.method, operation.name, "", "", operation.traceparent};
}

// The same request has the same operation. What the service is called tells where to ask for it.
std::string NameOf(const Method& method, const std::string& resource, const pb::Message& request) {
  const std::string id =
      absl::AsciiStrToLower(request.GetReflection()->GetString(request, method.request_id));
  return absl::StrCat(resource, kCollection, method.service, "-",
                      UuidOf(absl::StrCat(method.descriptor->full_name(), "|", resource, "|", id)));
}

struct Begun {
  Operation operation;
  storage::Operation row;
  storage::SealedSteps steps;
};

absl::Status Begin(const Begun& begun, Call& call, const pb::Message& request,
                   pb::Message& response) {
  // The right of a secret's bearer could not be asked again without the secret.
  if (absl::StartsWith(call.caller().subject, "schools/")) return NotAllowed(begun.row.resource);
  storage::Operation row = begun.row;
  row.principal = call.caller().subject;
  // It is kept from its end on, and so longer than the rpc's answer.
  ASSIGN_OR_RETURN(const std::optional<storage::Operation> earlier,
                   storage::FindOperation(call.unit().transaction(), row.name));
  if (earlier.has_value()) {
    if (earlier->principal != row.principal) return NotAllowed(row.resource);
    ASSIGN_OR_RETURN(static_cast<operations::v1::Operation&>(response),
                     ToMessage(*earlier, nullptr));
    static_cast<operations::v1::Operation&>(response).clear_response();
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(begun.operation.check(call, request));
  row.caller = Stored(call.caller());
  row.traceparent = TraceparentToSend();
  RETURN_IF_ERROR(storage::InsertOperation(call.unit(), row, begun.steps, call.time()));
  ASSIGN_OR_RETURN(static_cast<operations::v1::Operation&>(response), ToMessage(row, nullptr));
  return absl::OkStatus();
}

}  // namespace

Handler Unforeseen(Foresight foresee) {
  return [foresee = std::move(foresee)](Call& call, const pb::Message& request,
                                        pb::Message& response) -> absl::Status {
    ASSIGN_OR_RETURN(const Handler handler, foresee(call, request));
    return handler(call, request, response);
  };
}

Preparation BeginningOf(Method method, Operation operation) {
  return [method = std::move(method),
          operation = std::move(operation)](const pb::Message& request) -> absl::StatusOr<Handler> {
    ASSIGN_OR_RETURN(Operation::AnyPlan plan, operation.plan(request));
    auto begun = std::make_shared<Begun>();
    begun->operation = operation;
    begun->row.method = method.descriptor->full_name();
    begun->row.resource = TextAt(request, method.target);
    begun->row.name = NameOf(method, begun->row.resource, request);
    begun->row.metadata = std::move(plan.metadata);
    begun->row.done = plan.steps.empty();
    begun->steps = storage::SealSteps(begun->row.name, plan.steps);
    return [begun](Call& call, const pb::Message& asked, pb::Message& response) {
      return Begin(*begun, call, asked, response);
    };
  };
}

std::string Misfit(const pb::MethodDescriptor& method, const Operation& operation) {
  const options::v1::OperationTypes& declared =
      method.options().GetExtension(options::v1::operation);
  if (method.output_type() != operations::v1::Operation::descriptor())
    return "answers no operation";
  if (declared.metadata() != operation.metadata->full_name() ||
      declared.response() != operation.response->full_name())
    return "declares other types of its operation than its step has";
  // Nobody would count who was shown whom.
  return HoldsPersonalData(operation.metadata) || HoldsPersonalData(operation.response)
             ? "has an operation that answers personal data"
             : "";
}

absl::Status RunStep(const Operation& operation, storage::Transaction& transaction,
                     storage::Operation stored, absl::Time now) {
  ASSIGN_OR_RETURN(const security::Caller caller, CallerOf(transaction, stored, now));
  const std::string& permission = MethodOf(stored)->options().GetExtension(options::v1::permission);
  if (!security::Allows(caller, permission, transaction.school()))
    return NotAllowed(stored.resource);
  const std::unique_ptr<pb::Message> metadata = NewMessage(operation.metadata);
  const std::unique_ptr<pb::Message> response = NewMessage(operation.response);
  if (!metadata->ParseFromString(stored.metadata)) return Internal("metadata that cannot be read");
  ASSIGN_OR_RETURN(const std::string input, storage::OpenStep(transaction, stored));
  storage::Unit unit(transaction);
  const Fetched none;
  Call call(caller, absl::FromUnixMicros(absl::ToUnixMicros(now)), unit, none);
  RETURN_IF_ERROR(operation.step(call, input, *metadata, *response));
  stored.metadata = metadata->SerializeAsString();
  RETURN_IF_ERROR(storage::FinishStep(unit, stored, response->SerializeAsString(), now));
  return unit.Apply(OriginOf(stored), now);
}

absl::Status FailOperation(storage::Transaction& transaction, storage::Operation stored,
                           const absl::Status& error, absl::Time now) {
  storage::Unit unit(transaction);
  storage::EndOperation(unit, stored, vivier::ToMessage(error).SerializeAsString(), now);
  return unit.Apply(OriginOf(stored), now);
}

absl::StatusOr<operations::v1::Operation> ToMessage(const storage::Operation& stored,
                                                    storage::Transaction* transaction) {
  operations::v1::Operation operation;
  operation.set_name(stored.name);
  operation.set_principal(stored.principal);
  operation.set_done(stored.done);
  const pb::MethodDescriptor* method = MethodOf(stored);
  if (method == nullptr) return Internal("an operation of an rpc that this binary does not know");
  const options::v1::OperationTypes& types = method->options().GetExtension(options::v1::operation);
  Pack(types.metadata(), stored.metadata, *operation.mutable_metadata());
  if (!stored.error.empty()) {
    if (!operation.mutable_error()->ParseFromString(stored.error))
      return Internal("an error that cannot be read");
  } else if (stored.done) {
    std::string response;
    if (transaction != nullptr) {
      ASSIGN_OR_RETURN(response, storage::ReadResponse(*transaction, stored.name));
    }
    Pack(types.response(), std::move(response), *operation.mutable_response());
  }
  return operation;
}

std::string ServiceFor(const pb::Message& request) {
  const pb::Descriptor& type = *request.GetDescriptor();
  if (type.file() != operations::v1::Operation::descriptor()->file()) return ServiceOf(type.file());
  const pb::Reflection& reflection = *request.GetReflection();
  if (const pb::FieldDescriptor* service = type.FindFieldByName("service"))
    return reflection.GetString(request, service);
  const std::string name = reflection.GetString(request, type.FindFieldByName("name"));
  const size_t collection = absl::string_view(name).rfind(kCollection);
  if (collection == absl::string_view::npos) return "";
  const std::string id = name.substr(collection + kCollection.size());
  return id.substr(0, id.find('-'));
}

}  // namespace vivier::rpc
