#include "shared/formats/json_error.h"

#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "vivier/config/v1/config.pb.h"

namespace vivier::formats {
namespace {

// What protobuf itself says of the JSON, in our words.
std::string Complaint(const std::string& json) {
  config::v1::Config config;
  return JsonComplaint(
      std::string(google::protobuf::util::JsonStringToMessage(json, &config).message()));
}

TEST(JsonComplaint, SaysWhatAFieldIsToBe) {
  EXPECT_EQ(Complaint(R"({"engine": "ORACLE"})"),
            "engine is \"ORACLE\", and is to be SQLITE or POSTGRES");
  EXPECT_EQ(Complaint(R"({"listenAddress": 5})"),
            "listen_address is 5, and is to be of type string");
}

TEST(JsonComplaint, NamesAFieldThatThereIsNot) {
  EXPECT_EQ(JsonComplaint("colour: Cannot find field"), "there is no field colour");
  EXPECT_EQ(JsonComplaint("(cohort) colour: Cannot find field"), "there is no field cohort.colour");
}

TEST(JsonFault, IsOneLine) {
  EXPECT_EQ(JsonFault("Expected : between key:value pair.\n{\"a\"}\n    ^"),
            "Expected : between key:value pair at `{\"a\"}`");
  EXPECT_EQ(JsonFault(""), "");
}

TEST(JsonComplaint, LeavesTheRestAsItIs) {
  EXPECT_NE(Complaint(R"({"colour": 5})").find("colour"), std::string::npos);
  EXPECT_EQ(JsonComplaint("Expected : between key:value pair.\n{\"a\"}\n    ^"),
            "Expected : between key:value pair.\n{\"a\"}\n    ^");
  EXPECT_EQ(JsonComplaint("(a): invalid value 5 for type of.no.one"),
            "(a): invalid value 5 for type of.no.one");
  EXPECT_EQ(JsonComplaint(""), "");
}

}  // namespace
}  // namespace vivier::formats
