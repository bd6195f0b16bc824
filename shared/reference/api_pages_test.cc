#include "shared/reference/api_pages.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "shared/base/message.h"
#include "shared/reference/sample.h"
#include "vivier/log/v1/log.pb.h"
#include "vivier/operations/v1/operations.pb.h"
#include "vivier/services.pb.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::reference {
namespace {

namespace pb = google::protobuf;
using ::testing::HasSubstr;

const CommentedProtos& Protos() {
  static const auto& protos = *new CommentedProtos;
  return protos;
}

TEST(ApiPages, SayOfEveryRpcWhoMayCallItAndShowARequest) {
  for (const std::string& service : PagedServices()) {
    const std::string page = ApiPage(service, Protos());
    for (const pb::MethodDescriptor* method : rpc::MethodsOf(service)) {
      const size_t begin = page.find(absl::StrCat("### ", method->name(), "\n"));
      ASSERT_NE(begin, std::string::npos) << method->full_name();
      const std::string part = page.substr(begin, page.find("\n##", begin + 1) - begin);
      EXPECT_THAT(part,
                  HasSubstr(absl::StrCat("- permission `", rpc::Describe(method)->permission)));
      EXPECT_THAT(part, HasSubstr(absl::StrCat("takes `", method->input_type()->name())));
      if (method->server_streaming()) continue;
      EXPECT_THAT(part, HasSubstr(absl::StrCat("curl \"$SITE/", method->service()->full_name(), "/",
                                               method->name(), "\"")));
    }
  }
}

TEST(ApiPages, TellReasonsEventsAndBounds) {
  const std::string page = ApiPage("enrolment", Protos());
  const size_t begin = page.find("### AdmitApplication\n");
  const std::string part = page.substr(begin, page.find("\n###", begin + 1) - begin);
  EXPECT_THAT(part, HasSubstr("`NOT_ADMISSIBLE` (Neither shortlisted nor waitlisted.)"));
  EXPECT_THAT(part, HasSubstr("events about such a resource"));
  EXPECT_THAT(part, HasSubstr("| `request_id` | string | required"));
  EXPECT_THAT(part, HasSubstr("\"name\": \"schools/nancy/"));
}

// Not by chance that of JsonOf: what a caller copies is read by what reads theirs.
TEST(Sample, HasWhatIsRequiredAndIsReadAsJson) {
  for (const std::string& service : PagedServices())
    for (const pb::MethodDescriptor* method : rpc::MethodsOf(service)) {
      const pb::Descriptor& request = *method->input_type();
      const std::unique_ptr<pb::Message> sample = SampleOf(request);
      for (int i = 0; i < request.field_count(); ++i)
        EXPECT_EQ(IsSet(*sample, *request.field(i)),
                  Behaves(*request.field(i), google::api::REQUIRED))
            << request.field(i)->full_name();
      const std::unique_ptr<pb::Message> read = NewMessage(&request);
      ASSERT_TRUE(pb::util::JsonStringToMessage(JsonOf(*sample), read.get()).ok())
          << method->full_name();
      EXPECT_EQ(read->SerializeAsString(), sample->SerializeAsString()) << method->full_name();
    }
}

TEST(Sample, ANameHasTheFormOfItsPattern) {
  EXPECT_EQ(SampleName("schools/{school}/cohorts/{cohort}"), "schools/nancy/cohorts/my-cohort");
}

}  // namespace
}  // namespace vivier::reference
