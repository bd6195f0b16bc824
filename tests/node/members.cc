#include "tests/node/members.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/statistics/network/signatures.h"
#include "services/statistics/network/submission.h"

namespace vivier::testing {

using statistics::ByYear;
using statistics::Counts;

void Members::Admit(const std::string& site) {
  statistics::v1::CreateMemberRequest request;
  request.set_parent("schools/nancy");
  request.set_member_id(site);
  request.mutable_member()->set_title(site);
  auto& day = *request.mutable_member()->mutable_agreement_start_date();
  day.set_year(2020);
  day.set_month(1);
  day.set_day(1);
  const auto member = world_.Write<statistics::v1::Member>(request);
  EXPECT_TRUE(member.ok()) << site << ": " << member.status();
}

statistics::v1::SubmitCellsRequest Members::Request(const std::string& site, int64_t revision,
                                                    const ByYear& years) const {
  statistics::v1::SubmitCellsRequest request;
  request.set_parent("schools/nancy");
  request.set_site(site);
  request.set_revision(revision);
  *request.mutable_cells() = statistics::ToCells(years);
  request.set_content_hash(statistics::ContentHash(request.cells()));
  return request;
}

absl::StatusOr<statistics::v1::Submission> Members::Submit(
    const statistics::v1::SubmitCellsRequest& request) {
  return world_.Write<statistics::v1::Submission>(request);
}

Counts Members::Counted(int year, const std::string& site) {
  statistics::v1::ComputeTotalRequest request;
  request.set_parent("schools/nancy");
  request.set_year(year);
  request.set_site(site);
  const auto total = world_.Call<statistics::v1::ComputeTotalResponse>(request);
  EXPECT_TRUE(total.ok()) << total.status();
  if (!total.ok()) return {};
  return statistics::FromCells(total->cells())[year];
}

void Sign(statistics::v1::SubmitCellsRequest& request, const security::SchoolKey& key) {
  statistics::v1::ComputeSubmissionResponse figures;
  figures.set_site(request.site());
  figures.set_epoch(request.epoch());
  figures.set_revision(request.revision());
  figures.set_dictionary_version(request.dictionary_version());
  figures.set_content_hash(request.content_hash());
  EXPECT_TRUE(statistics::SignSubmission(&key, figures).ok());
  request.set_signature(figures.signature());
  request.set_public_key(figures.public_key());
  request.set_previous_signature(figures.previous_signature());
  request.set_previous_public_key(figures.previous_public_key());
}

ByYear RandomFigures(std::mt19937_64& random, int learners_max) {
  ByYear years;
  const auto one_of = [&random](const std::vector<std::string>& values) {
    return values[random() % values.size()];
  };
  for (int year = 2024; year < 2028; ++year) {
    const int learners = static_cast<int>(random() % static_cast<uint64_t>(learners_max + 1));
    if (learners == 0 || random() % 4 == 0) continue;
    Counts& counts = years[year];
    counts[{"seats", {"opened"}}] = learners_max;
    for (int learner = 0; learner < learners; ++learner) {
      const std::string state =
          one_of(statistics::FindTable("learners")->dimensions.front().values);
      for (const statistics::TableDefinition& table : statistics::DeclaredTables()) {
        if (table.id == "learners")
          ++counts[{table.id, {state}}];
        else if (table.divides == "learners")
          ++counts[{table.id, {state, one_of(table.dimensions.back().values)}}];
      }
    }
  }
  return years;
}

}  // namespace vivier::testing
