#include "shared/site/reflection.h"

#include <set>

#include "gmock/gmock.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"

namespace vivier::site {
namespace {

using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;
using ::testing::Contains;
using ::testing::Each;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<std::string> NamesOf(const std::set<std::string>& services) {
  std::vector<std::string> names;
  for (const auto* service : OutsidersServices(services)) names.push_back(service->full_name());
  return names;
}

ServerReflectionResponse Ask(const ServerReflectionRequest& request) {
  return Reflection(OutsidersServices({"access"}), nullptr).Answer(request);
}

TEST(Reflection, ListsWhatOutsidersMayCall) {
  EXPECT_THAT(NamesOf({"access"}), Each(StartsWith("vivier.access.v1.")));
  EXPECT_THAT(NamesOf({"access", "enrolment"}), Contains("vivier.enrolment.v1.CohortService"));
  EXPECT_THAT(NamesOf({"access", "enrolment"}), Contains("vivier.operations.v1.OperationService"));
  EXPECT_THAT(NamesOf({"access", "statistics"}), Not(Contains(StartsWith("vivier.operations."))));
  ServerReflectionRequest request;
  request.set_list_services("");
  EXPECT_EQ(static_cast<size_t>(Ask(request).list_services_response().service_size()),
            NamesOf({"access"}).size());
}

// A client builds the files in the order of their imports, and asks for none that came already.
TEST(Reflection, GivesAFileWithAllThatItImports) {
  ServerReflectionRequest request;
  request.set_file_containing_symbol("vivier.enrolment.v1.CohortService");
  const ServerReflectionResponse response = Ask(request);
  std::set<std::string> given, imported;
  for (const std::string& bytes : response.file_descriptor_response().file_descriptor_proto()) {
    google::protobuf::FileDescriptorProto file;
    ASSERT_TRUE(file.ParseFromString(bytes));
    EXPECT_TRUE(given.insert(file.name()).second) << file.name() << " twice";
    imported.insert(file.dependency().begin(), file.dependency().end());
  }
  EXPECT_THAT(given, Contains("vivier/enrolment/v1/cohorts.proto"));
  for (const std::string& name : imported) EXPECT_EQ(given.count(name), 1u) << name;
  request.set_file_by_filename("vivier/enrolment/v1/cohorts.proto");
  EXPECT_EQ(Ask(request).file_descriptor_response().file_descriptor_proto_size(),
            response.file_descriptor_response().file_descriptor_proto_size());
  EXPECT_EQ(Ask(request).original_request().file_by_filename(),
            "vivier/enrolment/v1/cohorts.proto");
}

TEST(Reflection, KnowsOurOptions) {
  ServerReflectionRequest request;
  request.set_all_extension_numbers_of_type("google.protobuf.MethodOptions");
  const auto numbers = Ask(request).all_extension_numbers_response();
  ASSERT_GT(numbers.extension_number_size(), 0);
  request.mutable_file_containing_extension()->set_containing_type(
      "google.protobuf.MethodOptions");
  request.mutable_file_containing_extension()->set_extension_number(numbers.extension_number(0));
  EXPECT_GT(Ask(request).file_descriptor_response().file_descriptor_proto_size(), 0);
}

TEST(Reflection, SaysWhatThereIsNot) {
  ServerReflectionRequest request;
  request.set_file_containing_symbol("vivier.enrolment.v1.Nobody");
  EXPECT_EQ(Ask(request).error_response().error_code(), 5);
  EXPECT_EQ(Ask(request).error_response().error_message(),
            "there is no vivier.enrolment.v1.Nobody");
  request.set_file_by_filename("/etc/passwd");
  EXPECT_EQ(Ask(request).error_response().error_code(), 5);
  request.set_all_extension_numbers_of_type("nobody");
  EXPECT_EQ(Ask(request).error_response().error_code(), 5);
  request.mutable_file_containing_extension()->set_containing_type("nobody");
  EXPECT_EQ(Ask(request).error_response().error_code(), 5);
  EXPECT_EQ(Ask({}).error_response().error_code(), 5);
}

}  // namespace
}  // namespace vivier::site
