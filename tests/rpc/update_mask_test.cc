// Every Update rpc and every field of its resource: a mask that names a REQUIRED field and brings
// none is refused with the field, one that names the server's field is refused, "*" replaces what a
// caller may set, no mask leaves what is not set. Rows are put as they are, on both engines; each
// field is printed with its verdict.
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/message.h"
#include "shared/base/uuid.h"
#include "shared/service/standard.h"
#include "tests/rpc/base_request.h"
#include "tests/rpc/filled_rows.h"
#include "tests/rpc/rows.h"
#include "tests/rpc/services.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/options/v1/follows.pb.h"

namespace vivier::testing {
namespace {

// An Update rpc and a whole request for it.
struct Update {
  const pb::MethodDescriptor* method;
  const pb::FieldDescriptor* resource;
  Row request;
};

bool IsSet(const pb::Message& message, const pb::FieldDescriptor& field) {
  const pb::Reflection& reflection = *message.GetReflection();
  return field.is_repeated() ? reflection.FieldSize(message, &field) > 0
                             : reflection.HasField(message, &field);
}

bool IsServers(const pb::FieldDescriptor& field) {
  return Behaves(field, google::api::OUTPUT_ONLY) || Behaves(field, google::api::IMMUTABLE) ||
         Behaves(field, google::api::IDENTIFIER) || field.name() == "etag";
}

std::vector<Update> Updates() {
  std::vector<Update> updates;
  for (const pb::MethodDescriptor* method : Methods()) {
    if (method->input_type()->FindFieldByName("update_mask") == nullptr) continue;
    Update update{method, nullptr, BaseRequest::Of(*method->input_type())};
    for (int i = 0; i < method->input_type()->field_count(); ++i) {
      const pb::FieldDescriptor* field = method->input_type()->field(i);
      if (field->message_type() == method->output_type()) update.resource = field;
      if (field->name() == "allow_missing")
        update.request->GetReflection()->ClearField(update.request.get(), field);
    }
    updates.push_back(std::move(update));
  }
  return updates;
}

Row Copy(const pb::Message& message) {
  Row copy(message.New());
  copy->CopyFrom(message);
  return copy;
}

const pb::Message& ResourceOf(const Update& update) {
  return update.request->GetReflection()->GetMessage(*update.request, update.resource);
}

// The update with that mask and without that field, under a request_id of its own.
Row Without(const Update& update, const pb::FieldDescriptor& field, const std::string& mask) {
  Row request = Copy(*update.request);
  const pb::Reflection& reflection = *request->GetReflection();
  reflection.SetString(request.get(), request->GetDescriptor()->FindFieldByName("request_id"),
                       RandomUuid());
  pb::Message& resource = *reflection.MutableMessage(request.get(), update.resource);
  resource.GetReflection()->ClearField(&resource, &field);
  if (mask.empty()) return request;
  auto& paths = static_cast<pb::FieldMask&>(*reflection.MutableMessage(
      request.get(), request->GetDescriptor()->FindFieldByName("update_mask")));
  paths.add_paths(mask);
  return request;
}

class UpdateMaskTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  void SetUp() override {
    world_.Stop();
    for (const pb::Descriptor* type : StoredTypes()) {
      std::vector<Row> rows;
      rows.push_back(RowOf(*type));
      const absl::Status put =
          PutRows(world_.DatabaseUrl(rpc::ServiceOf(type->file())), world_.data(), rows);
      EXPECT_TRUE(put.ok()) << type->name() << ": " << put;
    }
    world_.Start();
    director_ = world_.Authorization(World::Person());
  }

  // What updates refer to is there too; what they change is as they bring it.
  Row RowOf(const pb::Descriptor& type) const {
    Row row = FilledRow::Of(
        type, [](const pb::Descriptor& named) { return BaseRequest::Name(PatternOf(named)); },
        BaseRequest::Name("schools/{school}/candidates/{candidate}"));
    for (const Update& update : updates_)
      if (update.method->output_type() == &type) row->MergeFrom(ResourceOf(update));
    return row;
  }

  absl::StatusOr<Row> Send(const Update& update, const pb::Message& request) {
    ASSIGN_OR_RETURN(const std::string bytes,
                     world_.CallRaw(*update.method, request.SerializeAsString(), director_));
    Row answer = NewMessage(update.method->output_type());
    EXPECT_TRUE(answer->ParseFromString(bytes));
    return answer;
  }

  void ExpectRefused(const Update& update, const pb::FieldDescriptor& field,
                     const std::string& mask, const std::string& named) {
    const absl::Status refused = Send(update, *Without(update, field, mask)).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument)
        << update.method->name() << " of " << field.name() << " by " << mask << ": " << refused;
    std::string found;
    for (const auto& [key, value] : MetadataOf(refused))
      if (key == "field") found = value;
    EXPECT_EQ(found, named) << update.method->name() << " by " << mask << ": " << refused;
  }

  // An optional field that a mask or "*" names and the request leaves out is cleared, all REQUIRED
  // ones stay; without a mask it stays too; what follows from another field comes back. Or a rule
  // of the trade says no.
  std::string ClearOptional(const Update& update, const pb::FieldDescriptor& field,
                            const std::string& mask) {
    const absl::StatusOr<Row> answer = Send(update, *Without(update, field, mask));
    if (!answer.ok()) {
      EXPECT_NE(answer.status().code(), absl::StatusCode::kInternal) << answer.status();
      return absl::StrCat("refused by ", ReasonOf(answer.status()));
    }
    const bool was_set = IsSet(ResourceOf(update), field);
    const bool follows = update.method->output_type()->FindFieldByName(
                             field.options().GetExtension(options::v1::follows)) != nullptr;
    EXPECT_EQ(IsSet(**answer, field), (mask.empty() || follows) && was_set)
        << update.method->name() << " of " << field.name() << " by " << mask;
    const pb::Descriptor& type = *update.method->output_type();
    for (int i = 0; i < type.field_count(); ++i)
      EXPECT_TRUE(!Behaves(*type.field(i), google::api::REQUIRED) ||
                  IsSet(**answer, *type.field(i)))
          << update.method->name() << " emptied " << type.field(i)->name();
    ++cleared_;
    return mask.empty() ? "kept" : follows ? "made again" : "cleared";
  }

  std::string Verdict(const Update& update, const pb::FieldDescriptor& field) {
    const std::string path = absl::StrCat(update.resource->name(), ".", field.name());
    if (IsServers(field)) {
      ExpectRefused(update, field, field.name(), "update_mask");
      return "the server's: refused";
    }
    if (Behaves(field, google::api::REQUIRED)) {
      for (const std::string& mask : {field.name(), std::string("*")})
        ExpectRefused(update, field, mask, path);
      return absl::StrCat("REQUIRED: refused, without a mask ", Restored(update, field, ""));
    }
    return absl::StrCat("by name ", ClearOptional(update, field, field.name()), ", by * ",
                        Restored(update, field, "*"), ", without a mask ",
                        Restored(update, field, ""));
  }

  // The same after the whole resource was written again.
  std::string Restored(const Update& update, const pb::FieldDescriptor& field,
                       const std::string& mask) {
    Row whole = Copy(*update.request);
    whole->GetReflection()->SetString(
        whole.get(), whole->GetDescriptor()->FindFieldByName("request_id"), RandomUuid());
    const absl::Status written = Send(update, *whole).status();
    return written.ok() ? ClearOptional(update, field, mask)
                        : absl::StrCat("refused by ", ReasonOf(written));
  }

  const std::vector<Update> updates_ = Updates();
  World world_{GetParam()};
  std::string director_;
  int cleared_ = 0;
};

TEST_P(UpdateMaskTest, EachFieldOfEachUpdateRpc) {
  EXPECT_GE(updates_.size(), 13U);
  for (const Update& update : updates_) {
    const pb::Descriptor& type = *update.method->output_type();
    for (int i = 0; i < type.field_count(); ++i)
      std::cout << update.method->name() << " " << type.field(i)->name() << ": "
                << Verdict(update, *type.field(i)) << "\n";
    const pb::FieldDescriptor& etag = *type.FindFieldByName("etag");
    for (const char* path : {"nonsense", "*.x", "name.x", " "})
      EXPECT_EQ(ReasonOf(Send(update, *Without(update, etag, path)).status()), "INVALID_FIELD")
          << update.method->name() << " by " << path;
  }
  EXPECT_GT(cleared_, 60);
}

INSTANTIATE_TEST_SUITE_P(Engines, UpdateMaskTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
