#include "shared/service/batch_shape.h"

#include "absl/strings/str_cat.h"
#include "google/rpc/status.pb.h"
#include "shared/service/catalogue.h"
#include "vivier/options/v1/operation.pb.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::rpc {
namespace {

namespace pb = google::protobuf;

bool IsRead(const pb::MethodDescriptor& method) {
  return method.options().idempotency_level() == pb::MethodOptions::NO_SIDE_EFFECTS;
}

const pb::FieldDescriptor* RepeatedMessage(const pb::Descriptor& type, const std::string& name) {
  const pb::FieldDescriptor* field = type.FindFieldByName(name);
  const bool fits = field != nullptr && field->is_repeated() && field->message_type() != nullptr;
  return fits ? field : nullptr;
}

bool Has(const pb::MethodDescriptor& method, const std::string& field) {
  return method.input_type()->FindFieldByName(field) != nullptr;
}

}  // namespace

std::optional<BatchShape> BatchShapeOf(const pb::MethodDescriptor& method) {
  BatchShape shape;
  shape.requests = RepeatedMessage(*method.input_type(), "requests");
  if (shape.requests == nullptr) return std::nullopt;
  shape.single = MethodTaking(*shape.requests->message_type());
  if (shape.single == nullptr) return std::nullopt;
  shape.results = RepeatedMessage(*method.output_type(), "results");
  if (shape.results == nullptr) return shape;
  const pb::Descriptor& result = *shape.results->message_type();
  for (int i = 0; i < result.field_count(); ++i) {
    const pb::FieldDescriptor* field = result.field(i);
    if (field->real_containing_oneof() == nullptr || field->message_type() == nullptr) continue;
    if (field->message_type() == shape.single->output_type()) shape.answer = field;
    if (field->message_type() == google::rpc::Status::descriptor()) shape.error = field;
  }
  return shape;
}

std::vector<std::string> MisfitsOf(const pb::MethodDescriptor& method, const BatchShape& shape) {
  const pb::MethodDescriptor& single = *shape.single;
  const auto permission = [](const pb::MethodDescriptor& of) {
    return of.options().GetExtension(options::v1::permission);
  };
  std::vector<std::string> wrong;
  if (single.file()->package() != method.file()->package())
    wrong.push_back(absl::StrCat("is a batch of another service's ", single.full_name()));
  if (permission(method) != permission(single))
    wrong.push_back(absl::StrCat("asks another permission than ", single.full_name()));
  if (IsRead(method) || IsRead(single)) wrong.push_back("is a batch of reads");
  if (single.options().HasExtension(options::v1::operation))
    wrong.push_back("is a batch of operations");
  if (shape.answer == nullptr || shape.error == nullptr)
    wrong.push_back(absl::StrCat("does not answer results with either a ",
                                 single.output_type()->full_name(), " or a google.rpc.Status"));
  if (shape.requests->options().GetExtension(options::v1::limits).max_items() != kBatchItemsMax)
    wrong.push_back(absl::StrCat("does not bound its requests at ", kBatchItemsMax));
  if (!Has(method, "parent")) wrong.push_back("is a batch without a parent");
  if (Has(method, "validate_only") && !Has(single, "validate_only"))
    wrong.push_back(absl::StrCat("tries what ", single.full_name(), " does not try"));
  return wrong;
}

}  // namespace vivier::rpc
