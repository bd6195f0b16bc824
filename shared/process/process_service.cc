#include "shared/process/process_service.h"

#include <map>
#include <memory>
#include <set>
#include <utility>

#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/checklist/checklist.h"
#include "shared/follow/parked.h"
#include "shared/process/access.h"
#include "shared/process/housekeeping.h"
#include "shared/process/parked_events.h"
#include "shared/process/person_file.h"
#include "shared/process/trail.h"
#include "shared/process/verify.h"
#include "shared/rotation/rotate.h"
#include "shared/rpc/metrics.h"
#include "shared/rpc/with_reason.h"
#include "shared/service/channel.h"
#include "shared/service/method.h"
#include "shared/storage/log/audit_trail.h"
#include "shared/storage/log/perform.h"

namespace vivier::site {

using storage::Transaction;

// How long an answer that goes on with a rotation may take, and what asks to go on.
constexpr absl::Duration kRotateFor = absl::Seconds(1);
constexpr char kGoOn[] = "go on";

// The turn that all questions of operators take together, whoever asks.
constexpr char kOperators[] = "operators";

// Admitted as every other rpc, answered by a worker.
template <class Request, class Response>
rpc::Endpoint ProcessService::EndpointOf(Answer<Response, Request> answer) {
  rpc::Endpoint endpoint;
  endpoint.method = rpc::MethodTaking(*Request::descriptor());
  const auto method = std::make_shared<const rpc::Method>(rpc::Describe(endpoint.method).value());
  const auto metrics = std::make_shared<rpc::metrics::Rpc>(endpoint.method->service()->full_name(),
                                                           endpoint.method->name());
  const auto views = std::make_shared<const rpc::Views>(*method);
  const auto answered = [this, method, views, answer](
                            const std::string& bytes,
                            const rpc::Peer& peer) -> absl::StatusOr<Response> {
    Request request;
    ASSIGN_OR_RETURN(const auto token,
                     parts_.front().adapter->entry().Receive(*method, bytes, peer, request));
    ASSIGN_OR_RETURN(Response response, (this->*answer)(request, token->caller));
    views->Apply(token->caller, response);
    return response;
  };
  endpoint.request_bytes_max = method->request_bytes_max;
  endpoint.unary = [this, answered, metrics](absl::string_view bytes, const rpc::Peer& peer,
                                             std::shared_ptr<rpc::Responder> responder) {
    const auto run = [this, answered, metrics, request = std::string(bytes), peer, responder] {
      const absl::Time start = absl::Now();
      const absl::StatusOr<Response> response = answered(request, peer);
      metrics->Record(response.status().code(), absl::Now() - start);
      if (!response.ok()) return responder->Refuse(rpc::WithReason(response.status()));
      responder->Answer(std::make_shared<const std::string>(response->SerializeAsString()));
    };
    workers_.Submit("", kOperators, {run, [responder](const absl::Status& refused) {
                                       responder->Refuse(refused);
                                     }});
  };
  return endpoint;
}

std::vector<rpc::Endpoint> ProcessService::Endpoints() {
  return {EndpointOf(&ProcessService::VerifyInvariants),
          EndpointOf(&ProcessService::SearchPersonReads),
          EndpointOf(&ProcessService::SearchAuditRecords),
          EndpointOf(&ProcessService::ExplainAccess),
          EndpointOf(&ProcessService::ExportPerson),
          EndpointOf(&ProcessService::GetErasure),
          EndpointOf(&ProcessService::ExportKeptProof),
          EndpointOf(&ProcessService::SearchParkedEvents),
          EndpointOf(&ProcessService::RetryParkedEvents),
          EndpointOf(&ProcessService::GetStatus),
          EndpointOf(&ProcessService::GetChecklist),
          EndpointOf(&ProcessService::RotateKeys),
          EndpointOf(&ProcessService::GetSchoolKeys)};
}

absl::StatusOr<v1::VerifyInvariantsResponse> ProcessService::Verify(
    const std::string& school, relations::Detail detail,
    const std::vector<storage::Anchor>& anchors) const {
  v1::VerifyInvariantsResponse response;
  for (const Part& part : parts_)
    RETURN_IF_ERROR(VerifyService(*part.service, *part.readers, school, detail, anchors, response));
  if (detail == relations::Detail::kPositions) return response;
  for (const Part& part : parts_)
    RETURN_IF_ERROR(VerifyObjects(part.service->name(), *part.readers, response));
  std::map<std::string, rpc::Readers*> logs;
  for (const Part& part : parts_) logs[part.service->name()] = part.readers;
  RETURN_IF_ERROR(CompareLogs(logs, school, response));
  return response;
}

absl::StatusOr<v1::VerifyInvariantsResponse> ProcessService::VerifyInvariants(
    const v1::VerifyInvariantsRequest& request, const security::Caller&) const {
  const std::string school(SchoolOf(request.parent()));
  // It reads every row: a second one would only take the threads of others.
  const std::unique_lock one(verifying_, std::try_to_lock);
  if (!one.owns_lock()) return Overloaded("verify");
  std::vector<storage::Anchor> anchors;
  for (const std::string& text : request.anchors()) {
    ASSIGN_OR_RETURN(anchors.emplace_back(), storage::ReadAnchor(text));
  }
  const relations::Detail detail =
      request.every_claim() ? relations::Detail::kEveryClaim : relations::Detail::kFitsAnAnswer;
  ASSIGN_OR_RETURN(v1::VerifyInvariantsResponse response, Verify(school, detail, anchors));
  for (const Part& part : parts_) {
    const bool wanted =
        part.readers->engine() == storage::Engine::kSqlite ? request.pages() : request.deep();
    if (wanted) RETURN_IF_ERROR(VerifyStorage(part.service->name(), *part.readers, response));
  }
  vitals_.AddForks(school, response);
  // The caller compares what all processes say, and the verdict here is on this one's services.
  v1::VerifyInvariantsResponse judged = response;
  if (IsAtRest(judged)) CompareClaims(judged);
  vitals_.Verified(school, judged);
  return response;
}

absl::StatusOr<v1::SearchPersonReadsResponse> ProcessService::SearchPersonReads(
    const v1::SearchPersonReadsRequest& request, const security::Caller&) const {
  return FindReads(Trails(), request, now_());
}

absl::StatusOr<v1::SearchAuditRecordsResponse> ProcessService::SearchAuditRecords(
    const v1::SearchAuditRecordsRequest& request, const security::Caller&) const {
  return FindChanges(Trails(), request, now_());
}

std::vector<Trail> ProcessService::Trails() const {
  std::vector<Trail> trails;
  for (const Part& part : parts_) trails.push_back({part.service, part.readers});
  return trails;
}

absl::StatusOr<v1::ExplainAccessResponse> ProcessService::ExplainAccess(
    const v1::ExplainAccessRequest& request, const security::Caller&) const {
  for (const Part& part : parts_) {
    const auto* method = MethodOf(*part.service, request.method());
    if (method == nullptr) continue;
    v1::ExplainAccessResponse response;
    RETURN_IF_ERROR(
        part.readers->Read(std::string(SchoolOf(request.name())), [&](Transaction& snapshot) {
          return Explain(snapshot, *method, request, now_(), response);
        }));
    return response;
  }
  return InvalidField("method", "is no rpc of a service that this process runs");
}

// A name of somebody else's would open their file unseen: whoever is shown is counted, and where
// the service knows whose the name is, it is refused.
absl::StatusOr<v1::ExportPersonResponse> ProcessService::ExportPerson(
    const v1::ExportPersonRequest& request, const security::Caller& caller) const {
  const std::string school(SchoolOf(request.name()));
  std::set<std::string> names(request.names().begin(), request.names().end());
  names.insert(request.name());
  v1::ExportPersonResponse response;
  for (const Part& part : parts_) {
    PersonFile file;
    RETURN_IF_ERROR(part.readers->Read(
        school,
        [&](Transaction& snapshot) -> absl::Status {
          ASSIGN_OR_RETURN(file, ReadPersonFile(*part.service, snapshot, names));
          return absl::OkStatus();
        },
        storage::Access::kLongRead));
    for (const std::string& person : file.persons)
      if (person != request.name() && ParentOf(person) == ParentOf(request.name()) &&
          CollectionOf(person) == CollectionOf(request.name()))
        return InvalidField("names", "names somebody else");
    file.persons.insert(request.name());
    RETURN_IF_ERROR(RememberOpening(part, request, {request.name(), "", file.persons}, caller));
    for (v1::PersonRow& row : file.rows) *response.add_rows() = std::move(row);
    for (const std::string& name : file.names) response.add_names(name);
  }
  return response;
}

// Before anything is shown; the machine's operator is audited too, whom no budget bounds.
absl::Status ProcessService::RememberOpening(const Part& part,
                                             const google::protobuf::Message& request,
                                             const Opening& opening,
                                             const security::Caller& caller) const {
  storage::Origin origin = {caller.subject,
                            rpc::MethodTaking(*request.GetDescriptor())->full_name(),
                            opening.person,
                            "",
                            "",
                            "",
                            opening.reason};
  if (!opening.is_act) origin.shown = static_cast<int64_t>(opening.shown.size());
  return storage::Perform(
      *part.writer, std::string(SchoolOf(opening.person)),
      [&](Transaction& transaction, absl::Time now) -> absl::Status {
        if (opening.is_act) {
          ASSIGN_OR_RETURN(origin.reason,
                           storage::SealReason(transaction, opening.person, opening.reason));
        }
        if (!rpc::IsWatched(caller)) return storage::AppendRecord(transaction, origin, now);
        storage::Unit unit(transaction);
        const rpc::ShownPersons shown = {opening.shown, {}};
        RETURN_IF_ERROR(rpc::RememberReads(unit, caller, read_budgets_, shown, origin, now));
        return unit.Apply(origin, now);
      });
}

absl::StatusOr<v1::GetErasureResponse> ProcessService::GetErasure(
    const v1::GetErasureRequest& request, const security::Caller&) const {
  v1::GetErasureResponse response;
  for (const Part& part : parts_)
    RETURN_IF_ERROR(part.readers->Read(
        std::string(SchoolOf(request.name())), [&](Transaction& snapshot) -> absl::Status {
          ASSIGN_OR_RETURN(*response.add_services(),
                           ReadErasureOf(*part.service, snapshot, request.name()));
          return absl::OkStatus();
        }));
  return response;
}

absl::StatusOr<v1::ExportKeptProofResponse> ProcessService::ExportKeptProof(
    const v1::ExportKeptProofRequest& request, const security::Caller& caller) const {
  v1::ExportKeptProofResponse response;
  for (const Part& part : parts_) {
    RETURN_IF_ERROR(RememberOpening(
        part, request, {request.name(), request.reason(), {request.name()}, true}, caller));
    RETURN_IF_ERROR(part.readers->Read(
        std::string(SchoolOf(request.name())),
        [&](Transaction& snapshot) -> absl::Status {
          ASSIGN_OR_RETURN(auto rows, ReadKeptProof(*part.service, snapshot, request.name()));
          for (v1::PersonRow& row : rows) *response.add_rows() = std::move(row);
          return absl::OkStatus();
        },
        storage::Access::kLongRead));
  }
  if (response.rows_size() == 0) return NotFound(request.name());
  return response;
}

absl::StatusOr<v1::GetStatusResponse> ProcessService::GetStatus(const v1::GetStatusRequest& request,
                                                                const security::Caller&) const {
  return vitals_.Look(std::string(SchoolOf(request.name())));
}

absl::StatusOr<v1::GetChecklistResponse> ProcessService::GetChecklist(
    const v1::GetChecklistRequest& request, const security::Caller&) const {
  v1::GetChecklistResponse response;
  for (const Part& part : parts_)
    RETURN_IF_ERROR(checklist::AddItems(part.service->name(), checklist::KindOf(reachable_),
                                        *part.readers, std::string(SchoolOf(request.name())),
                                        response));
  return response;
}

// All services begin at once, so that none writes under the key before any longer than it must.
absl::StatusOr<v1::RotateKeysResponse> ProcessService::RotateKeys(
    const v1::RotateKeysRequest& request, const security::Caller& caller) const {
  if (!request.page_token().empty() && request.page_token() != kGoOn)
    return InvalidField("page_token", "is no token of an answer of this rpc");
  const std::string school(SchoolOf(request.parent()));
  const absl::Time until = absl::Now() + kRotateFor;
  for (const Part& part : parts_)
    RETURN_IF_ERROR(
        rotation::BeginIn({part.service, part.writer, part.readers}, school, caller.subject));
  v1::RotateKeysResponse response;
  for (const Part& part : parts_) {
    ASSIGN_OR_RETURN(*response.add_rotations(),
                     rotation::GoOnIn({part.service, part.writer, part.readers}, school, until));
    if (!response.rotations().rbegin()->done()) response.set_next_page_token(kGoOn);
  }
  return response;
}

absl::StatusOr<v1::GetSchoolKeysResponse> ProcessService::GetSchoolKeys(
    const v1::GetSchoolKeysRequest& request, const security::Caller&) const {
  v1::GetSchoolKeysResponse response;
  for (const Part& part : parts_)
    RETURN_IF_ERROR(rotation::AddKeysOf({part.service, part.writer, part.readers},
                                        std::string(SchoolOf(request.name())), response));
  return response;
}

std::vector<follow::ParkedAt> ProcessService::Parked() const {
  std::vector<follow::ParkedAt> parked;
  for (const Part& part : parts_) {
    std::vector<const rpc::Service::EventReaction*> reactions;
    for (const rpc::Service::EventReaction& reaction : part.service->reactions())
      reactions.push_back(&reaction);
    parked.push_back({part.service->name(), std::move(reactions), part.readers, part.writer,
                      part.channel, part.authorization});
  }
  return parked;
}

absl::StatusOr<v1::SearchParkedEventsResponse> ProcessService::SearchParkedEvents(
    const v1::SearchParkedEventsRequest& request, const security::Caller&) const {
  return SearchParked(Parked(), request);
}

absl::StatusOr<v1::RetryParkedEventsResponse> ProcessService::RetryParkedEvents(
    const v1::RetryParkedEventsRequest& request, const security::Caller& caller) const {
  return RetryParked(Parked(), request, caller);
}

}  // namespace vivier::site
