// The rpcs of the process itself (vivier.site.v1.SiteService), over the services that it runs:
// invariants, the audit trail, what is held of a person. Thread-safe once every service is added.
#pragma once

#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/follow/parked.h"
#include "shared/process/trail.h"
#include "shared/process/vitals.h"
#include "shared/relations/claims.h"
#include "shared/rpc/adapter.h"
#include "shared/rpc/endpoint.h"
#include "shared/rpc/person_reads.h"
#include "shared/rpc/readers.h"
#include "shared/rpc/workers.h"
#include "shared/service/channel.h"
#include "shared/service/service.h"
#include "shared/storage/log/anchor.h"
#include "shared/storage/log/writer.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::site {

class ProcessService {
 public:
  // A service of the process with what it needs to be asked. All that it points to outlives this.
  struct Part {
    const rpc::Service* service;
    const rpc::Adapter* adapter;
    rpc::Readers* readers;
    storage::Writer* writer;
    std::function<rpc::Channel*(const std::string& service)>
        channel;  // to another service, null for none
    std::function<std::string(const std::string& service)>
        authorization;  // a token of this service for that one
  };

  ProcessService(rpc::Workers& workers, Vitals& vitals, const rpc::ReadBudgets& read_budgets,
                 std::function<absl::Time()> now, const std::set<std::string>& reachable)
      : workers_(workers),
        vitals_(vitals),
        read_budgets_(read_budgets),
        now_(std::move(now)),
        reachable_(reachable) {}

  void Add(const Part& part) { parts_.push_back(part); }

  // One for each rpc. They point to this object.
  std::vector<rpc::Endpoint> Endpoints();

  absl::StatusOr<v1::VerifyInvariantsResponse> Verify(
      const std::string& school, relations::Detail detail,
      const std::vector<storage::Anchor>& anchors = {}) const;

 private:
  template <class Response, class Request>
  using Answer = absl::StatusOr<Response> (ProcessService::*)(const Request&,
                                                              const security::Caller&) const;

  template <class Request, class Response>
  rpc::Endpoint EndpointOf(Answer<Response, Request> answer);
  std::vector<Trail> Trails() const;
  std::vector<follow::ParkedAt> Parked() const;

  absl::StatusOr<v1::VerifyInvariantsResponse> VerifyInvariants(
      const v1::VerifyInvariantsRequest& request, const security::Caller& caller) const;
  absl::StatusOr<v1::SearchPersonReadsResponse> SearchPersonReads(
      const v1::SearchPersonReadsRequest& request, const security::Caller& caller) const;
  absl::StatusOr<v1::SearchAuditRecordsResponse> SearchAuditRecords(
      const v1::SearchAuditRecordsRequest& request, const security::Caller& caller) const;
  absl::StatusOr<v1::ExplainAccessResponse> ExplainAccess(const v1::ExplainAccessRequest& request,
                                                          const security::Caller& caller) const;
  absl::StatusOr<v1::ExportPersonResponse> ExportPerson(const v1::ExportPersonRequest& request,
                                                        const security::Caller& caller) const;
  absl::StatusOr<v1::GetErasureResponse> GetErasure(const v1::GetErasureRequest& request,
                                                    const security::Caller& caller) const;
  absl::StatusOr<v1::ExportKeptProofResponse> ExportKeptProof(
      const v1::ExportKeptProofRequest& request, const security::Caller& caller) const;
  absl::StatusOr<v1::GetStatusResponse> GetStatus(const v1::GetStatusRequest& request,
                                                  const security::Caller& caller) const;
  absl::StatusOr<v1::GetChecklistResponse> GetChecklist(const v1::GetChecklistRequest& request,
                                                        const security::Caller& caller) const;
  absl::StatusOr<v1::SearchParkedEventsResponse> SearchParkedEvents(
      const v1::SearchParkedEventsRequest& request, const security::Caller& caller) const;
  absl::StatusOr<v1::RetryParkedEventsResponse> RetryParkedEvents(
      const v1::RetryParkedEventsRequest& request, const security::Caller& caller) const;
  absl::StatusOr<v1::RotateKeysResponse> RotateKeys(const v1::RotateKeysRequest& request,
                                                    const security::Caller& caller) const;
  absl::StatusOr<v1::GetSchoolKeysResponse> GetSchoolKeys(const v1::GetSchoolKeysRequest& request,
                                                          const security::Caller& caller) const;
  struct Opening {
    std::string person, reason;
    std::set<std::string> shown;  // by whatever names
    bool is_act = false;          // stays as acts do; a reading ends after a time
  };
  // Records who opens whose file, by the rpc that takes `request`, and why.
  absl::Status RememberOpening(const Part& part, const google::protobuf::Message& request,
                               const Opening& opening, const security::Caller& caller) const;

  rpc::Workers& workers_;
  Vitals& vitals_;
  const rpc::ReadBudgets read_budgets_;
  const std::function<absl::Time()> now_;
  const std::set<std::string>& reachable_;  // the services of the site, as this process knows them
  std::vector<Part> parts_;
  mutable std::mutex verifying_;
};

}  // namespace vivier::site
