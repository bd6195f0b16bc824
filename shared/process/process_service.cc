#include "shared/process/process_service.h"

#include <memory>
#include <set>
#include <utility>

#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/follow/parked.h"
#include "shared/process/access.h"
#include "shared/process/housekeeping.h"
#include "shared/process/parked_events.h"
#include "shared/process/person_file.h"
#include "shared/process/trail.h"
#include "shared/process/verify.h"
#include "shared/rpc/metrics.h"
#include "shared/rpc/with_reason.h"
#include "shared/service/channel.h"
#include "shared/service/method.h"
#include "shared/storage/log/audit_trail.h"
#include "shared/storage/log/perform.h"

namespace vivier::site {

using storage::Transaction;

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
  const auto answered = [this, method, answer](const std::string& bytes,
                                               const rpc::Peer& peer) -> absl::StatusOr<Response> {
    Request request;
    ASSIGN_OR_RETURN(const auto token,
                     parts_.front().adapter->entry().Receive(*method, bytes, peer, request));
    return (this->*answer)(request, token->caller);
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
          EndpointOf(&ProcessService::SearchParkedEvents),
          EndpointOf(&ProcessService::RetryParkedEvents),
          EndpointOf(&ProcessService::GetStatus)};
}

absl::StatusOr<v1::VerifyInvariantsResponse> ProcessService::Verify(
    const std::string& school, relations::Detail detail,
    const std::vector<storage::Anchor>& anchors) const {
  v1::VerifyInvariantsResponse response;
  for (const Part& part : parts_)
    RETURN_IF_ERROR(VerifyService(*part.service, *part.readers, school, detail, anchors, response));
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
  vitals_.Verified(school, response);
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
  for (const Part& part : parts_) trails.push_back({part.service->name(), part.readers});
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

absl::StatusOr<v1::ExportPersonResponse> ProcessService::ExportPerson(
    const v1::ExportPersonRequest& request, const security::Caller& caller) const {
  const std::string school(SchoolOf(request.name()));
  std::set<std::string> names(request.names().begin(), request.names().end());
  names.insert(request.name());
  v1::ExportPersonResponse response;
  for (const Part& part : parts_) {
    RETURN_IF_ERROR(RememberExport(part, request.name(), caller));
    RETURN_IF_ERROR(part.readers->Read(
        school,
        [&](Transaction& snapshot) -> absl::Status {
          ASSIGN_OR_RETURN(PersonFile file, ReadPersonFile(*part.service, snapshot, names));
          for (v1::PersonRow& row : file.rows) *response.add_rows() = std::move(row);
          for (const std::string& name : file.names) response.add_names(name);
          return absl::OkStatus();
        },
        storage::Access::kLongRead));
  }
  return response;
}

// Before anything is shown; the machine's operator is audited too, whom no budget bounds.
absl::Status ProcessService::RememberExport(const Part& part, const std::string& person,
                                            const security::Caller& caller) const {
  const storage::Origin origin = {
      caller.subject,
      rpc::MethodTaking(*v1::ExportPersonRequest::descriptor())->full_name(),
      person,
      "",
      "",
      ""};
  return storage::Perform(
      *part.writer, std::string(SchoolOf(person)),
      [&](Transaction& transaction, absl::Time now) -> absl::Status {
        if (!rpc::IsWatched(caller)) return storage::AppendAuditRecord(transaction, origin, now);
        storage::Unit unit(transaction);
        const rpc::ShownPersons shown = {{person}, {}};
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

absl::StatusOr<v1::GetStatusResponse> ProcessService::GetStatus(const v1::GetStatusRequest& request,
                                                                const security::Caller&) const {
  return vitals_.Look(std::string(SchoolOf(request.name())));
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
