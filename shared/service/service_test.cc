// A service that does not fit its .proto does not start, and everything that is wrong is said at
// once.
#include "shared/service/service.h"

#include <algorithm>

#include "gmock/gmock.h"
#include "google/api/field_behavior.pb.h"
#include "google/protobuf/descriptor.pb.h"
#include "services/modules.h"
#include "shared/base/error.h"
#include "shared/rpc/adapter.h"
#include "shared/rpc/with_reason.h"
#include "shared/service/method.h"
#include "shared/service/rights.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/funding/v1/events.pb.h"
#include "vivier/funding/v1/funding.pb.h"
#include "vivier/options/v1/options.pb.h"
#include "vivier/security/v1/time_zone.pb.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::rpc {
namespace {

namespace pb = google::protobuf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Handlers of all kinds of wrongness.
struct Handlers {
  absl::StatusOr<site::v1::VerifyInvariantsResponse> Verify(
      Call&, const site::v1::VerifyInvariantsRequest&) {
    return site::v1::VerifyInvariantsResponse();
  }
  absl::StatusOr<site::v1::InvariantReport> WrongAnswer(Call&,
                                                        const site::v1::VerifyInvariantsRequest&) {
    return site::v1::InvariantReport();
  }
  absl::StatusOr<funding::v1::Funder> OfAnother(Call&, const funding::v1::CreateFunderRequest&) {
    return funding::v1::Funder();
  }
  absl::Status OnNoEvent(Call&, const funding::v1::Funder&) { return absl::OkStatus(); }
  absl::Status OnEvent(Call&, const funding::v1::SeatFunded&) { return absl::OkStatus(); }
};

constexpr char kSite[] = "site";

struct Wrong {
  std::string name;
  Service service;
  std::string why;
};

TEST(ServiceTest, DoesNotStartWhenItDoesNotFitItsProto) {
  Handlers handlers;
  const std::vector<Wrong> rows = {
      {"no proto", Service("nothing"), "no .proto declares the service nothing"},
      {"rpc without handler", Service(kSite),
       "vivier.site.v1.SiteService.VerifyInvariants has no handler"},
      {"handler without rpc",
       Service(kSite).On(handlers, &Handlers::Verify).On(handlers, &Handlers::OfAnother),
       "no rpc takes a vivier.funding.v1.CreateFunderRequest"},
      {"two handlers",
       Service(kSite).On(handlers, &Handlers::Verify).On(handlers, &Handlers::Verify),
       "two handlers for vivier.site.v1.VerifyInvariantsRequest"},
      {"another answer", Service(kSite).On(handlers, &Handlers::WrongAnswer),
       "vivier.site.v1.SiteService.VerifyInvariants answers another type than its handler"},
      {"no event",
       Service(kSite).On(handlers, &Handlers::Verify).React(handlers, &Handlers::OnNoEvent),
       "vivier.funding.v1.Funder is not declared as an event"},
  };
  for (const Wrong& row : rows) {
    const auto built = row.service.Build();
    EXPECT_EQ(ReasonOf(built.status()), "SCHEMA_DRIFT") << row.name;
    EXPECT_THAT(built.status().message(), HasSubstr(row.why)) << row.name;
  }
}

TEST(ServiceTest, KnowsTheProducerOfAnEventByItsPackage) {
  Handlers handlers;
  const Service service =
      Service(kSite).On(handlers, &Handlers::Verify).React(handlers, &Handlers::OnEvent);
  EXPECT_EQ(service.name(), "site");
  EXPECT_EQ(service.reactions().back().producer, "funding");
}

// What callers may do is followed by all, and by none in its own log.
TEST(ServiceTest, EachServiceFollowsWhoeverElseGivesRights) {
  EXPECT_THAT(RightsProducers(), ElementsAre("access", "enrolment"));
  for (const site::Module& module : AllModules()) {
    std::vector<std::string> expected = RightsProducers(), followed;
    expected.erase(std::remove(expected.begin(), expected.end(), module.name()), expected.end());
    for (const Service::EventReaction& reaction : module.service.reactions())
      if (reaction.event == security::v1::RightsChanged::descriptor())
        followed.push_back(reaction.producer);
    EXPECT_EQ(followed, expected) << module.name();
  }
}

// So is in which time zone the school lives.
TEST(ServiceTest, EachServiceFollowsWhoeverElseKeepsTheTimeZone) {
  for (const site::Module& module : AllModules()) {
    std::vector<std::string> followed;
    for (const Service::EventReaction& reaction : module.service.reactions())
      if (reaction.event == security::v1::TimeZoneChanged::descriptor())
        followed.push_back(reaction.producer);
    const std::vector<std::string> access = {"access"}, nobody;
    EXPECT_EQ(followed, module.name() == "access" ? nobody : access) << module.name();
  }
}

TEST(ServiceTest, EveryServiceOfTheHouseFitsItsProto) {
  for (const site::Module& module : AllModules()) {
    const auto methods = module.service.Build();
    ASSERT_TRUE(methods.ok()) << methods.status();
    EXPECT_EQ(methods->size(), module.service.methods().size());
    for (const Service::Method& method : *methods)
      EXPECT_TRUE(Describe(method.descriptor).ok()) << Describe(method.descriptor).status();
  }
}

// A service made at run time, with one rpc that a test spoils.
class DescribeTest : public ::testing::Test {
 protected:
  DescribeTest() : pool_(pb::DescriptorPool::generated_pool()) {
    file_.set_name("test.proto");
    file_.set_package("vivier.test.v1");
    file_.set_syntax("proto3");
    for (const char* file : {"google/api/field_behavior.proto", "vivier/options/v1/options.proto"})
      file_.add_dependency(file);
    pb::DescriptorProto& request = *file_.add_message_type();
    request.set_name("ChangeThingRequest");
    AddText(request, "name", 1);
    AddText(request, "request_id", 2);
    request.mutable_field(1)->mutable_options()->AddExtension(google::api::field_behavior,
                                                              google::api::REQUIRED);
    file_.add_message_type()->set_name("Thing");
    pb::ServiceDescriptorProto& service = *file_.add_service();
    service.set_name("TestService");
    pb::MethodDescriptorProto& method = *service.add_method();
    method.set_name("ChangeThing");
    method.set_input_type(".vivier.test.v1.ChangeThingRequest");
    method.set_output_type(".vivier.test.v1.Thing");
    method.mutable_options()->SetExtension(options::v1::permission, "things.change");
  }

  static void AddText(pb::DescriptorProto& message, const std::string& name, int number) {
    pb::FieldDescriptorProto& field = *message.add_field();
    field.set_name(name);
    field.set_number(number);
    field.set_type(pb::FieldDescriptorProto::TYPE_STRING);
    field.set_label(pb::FieldDescriptorProto::LABEL_OPTIONAL);
  }

  pb::DescriptorProto& request() { return *file_.mutable_message_type(0); }
  pb::MethodDescriptorProto& method() { return *file_.mutable_service(0)->mutable_method(0); }

  absl::StatusOr<Method> Made() {
    const pb::FileDescriptor* built = pool_.BuildFile(file_);
    if (built == nullptr) return absl::InternalError("the test's proto does not build");
    return Describe(built->service(0)->method(0));
  }

  pb::DescriptorPool pool_;
  pb::FileDescriptorProto file_;
};

TEST_F(DescribeTest, ReadsAGoodRpc) {
  const absl::StatusOr<Method> method = Made();
  ASSERT_TRUE(method.ok()) << method.status();
  EXPECT_EQ(method->service, "test");
  EXPECT_EQ(method->permission, "things.change");
  EXPECT_TRUE(method->writes);
  EXPECT_EQ(PathText(method->target), "name");
  EXPECT_EQ(method->request_bytes_max, kRequestBytesMax);
}

TEST_F(DescribeTest, RefusesAnRpcWithoutPermission) {
  method().clear_options();
  EXPECT_THAT(Made().status().message(), HasSubstr("declares no permission"));
}

TEST_F(DescribeTest, RefusesAWriteWithoutRequestId) {
  request().mutable_field(1)->set_name("id");
  EXPECT_THAT(Made().status().message(), HasSubstr("writes without a REQUIRED request_id"));
}

TEST_F(DescribeTest, RefusesAWriteWithAnOptionalRequestId) {
  request().mutable_field(1)->clear_options();
  EXPECT_THAT(Made().status().message(), HasSubstr("writes without a REQUIRED request_id"));
}

TEST_F(DescribeTest, RefusesARequestThatNamesNothing) {
  request().mutable_field(0)->set_name("title");
  EXPECT_THAT(Made().status().message(),
              HasSubstr("has no name or parent to ask the permission for"));
}

TEST_F(DescribeTest, RefusesAListWithoutPages) {
  method().set_name("ListThings");
  EXPECT_THAT(Made().status().message(), HasSubstr("lists without a page_token"));
}

TEST_F(DescribeTest, RefusesARequestBeyondTheBulkLimit) {
  method().mutable_options()->SetExtension(options::v1::request_bytes_max,
                                           kBulkRequestBytesMax + 1);
  EXPECT_THAT(Made().status().message(), HasSubstr("takes more than the bulk limit"));
}

TEST_F(DescribeTest, SaysAllThatIsWrongAtOnce) {
  method().clear_options();
  request().clear_field();
  const absl::Status status = Made().status();
  EXPECT_EQ(ReasonOf(status), "SCHEMA_DRIFT");
  EXPECT_THAT(
      status.message(),
      HasSubstr("vivier.test.v1.TestService.ChangeThing declares no permission, and has no name "
                "or parent to ask the permission for, and writes without a REQUIRED request_id"));
}

struct Mapped {
  absl::Status from;
  absl::StatusCode code;
  std::string reason;
};

// Whatever the storage says, a client gets a reason that it can act on.
TEST(WithReasonTest, GivesEveryErrorAReason) {
  const std::vector<Mapped> rows = {
      {absl::AlreadyExistsError("constraint x"), absl::StatusCode::kAlreadyExists,
       "ALREADY_EXISTS"},
      {absl::FailedPreconditionError("constraint x"), absl::StatusCode::kFailedPrecondition,
       "CONSTRAINT_VIOLATED"},
      {absl::InvalidArgumentError("a text with a NUL"), absl::StatusCode::kInvalidArgument,
       "INVALID_FIELD"},
      {absl::ResourceExhaustedError("the disk is full"), absl::StatusCode::kResourceExhausted,
       "DISK_FULL"},
      {absl::UnavailableError("connection lost"), absl::StatusCode::kUnavailable, "UNAVAILABLE"},
      {absl::AbortedError("serialization"), absl::StatusCode::kUnavailable, "UNAVAILABLE"},
      {absl::DeadlineExceededError("late"), absl::StatusCode::kDeadlineExceeded, "DEADLINE_PASSED"},
      {absl::NotFoundError("gone"), absl::StatusCode::kNotFound, "NOT_FOUND"},
      {absl::InternalError("a defect"), absl::StatusCode::kInternal, "INTERNAL"},
      {absl::DataLossError("damaged"), absl::StatusCode::kDataLoss, "INTERNAL"},
      {EtagMismatch("schools/nancy"), absl::StatusCode::kAborted, "ETAG_MISMATCH"},
      {NotAllowed("schools/nancy"), absl::StatusCode::kPermissionDenied, "NOT_ALLOWED"},
  };
  for (const Mapped& row : rows) {
    const absl::Status mapped = WithReason(row.from);
    EXPECT_EQ(mapped.code(), row.code) << row.from;
    EXPECT_EQ(ReasonOf(mapped), row.reason) << row.from;
    EXPECT_EQ(mapped.message(), row.from.message());
    EXPECT_EQ(WithReason(mapped), mapped);
  }
  EXPECT_EQ(WithReason(absl::OkStatus()), absl::OkStatus());
}

}  // namespace
}  // namespace vivier::rpc
