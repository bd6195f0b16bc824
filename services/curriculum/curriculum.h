// The curriculum service: programmes and revisions, LHÉO in and out, juries and certificates.
// Stateless beside its tables, thread-safe.
#pragma once

#include "shared/service/service.h"
#include "shared/storage/log/table.h"
#include "vivier/curriculum/v1/curriculum.pb.h"

namespace vivier::curriculum {

class Curriculum {
 public:
  rpc::Service Rpc();

 private:
  using Call = rpc::Call;

  absl::StatusOr<v1::ProgrammeRevision> PublishProgramme(
      Call& call, const v1::PublishProgrammeRequest& request);
  absl::StatusOr<v1::ImportReport> ImportLheo(Call& call, const v1::ImportLheoRequest& request);
  absl::StatusOr<v1::ExportLheoResponse> ExportLheo(Call& call,
                                                    const v1::ExportLheoRequest& request);
  absl::StatusOr<v1::JurySession> DeliberateJury(Call& call,
                                                 const v1::DeliberateJuryRequest& request);
  absl::StatusOr<v1::AwardCertificatesResponse> AwardCertificates(
      Call& call, const v1::AwardCertificatesRequest& request);
  // Those of the session's learners who hold the full title of the cohort already.
  absl::StatusOr<std::vector<std::string>> Certified(Call& call, const v1::JurySession& session);

  // Stores what one formation says as a programme; answers whether anything changed.
  absl::StatusOr<bool> TakeIn(Call& call, const v1::Programme& imported, const std::string& name);

  storage::Table<v1::Programme> programmes_;
  storage::Table<v1::ProgrammeRevision> revisions_;
  storage::Table<v1::JurySession> jury_sessions_;
  storage::Table<v1::Certificate> certificates_;
};

}  // namespace vivier::curriculum
