#include "shared/rpc/batch_answer.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/wire_format_lite.h"
#include "google/rpc/error_details.pb.h"
#include "shared/base/rpc_status.h"

namespace vivier::rpc {
namespace {

namespace pb = google::protobuf;
using pb::internal::WireFormatLite;

// What a tag and two lengths take at the most.
constexpr size_t kResultBytes = 16;

uint32_t TagOf(const pb::FieldDescriptor& field) {
  return WireFormatLite::MakeTag(field.number(), WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
}

std::string Delimited(const pb::FieldDescriptor& field, const std::string& bytes) {
  std::string text;
  pb::io::StringOutputStream stream(&text);
  pb::io::CodedOutputStream out(&stream);
  out.WriteTag(TagOf(field));
  out.WriteVarint32(static_cast<uint32_t>(bytes.size()));
  out.WriteString(bytes);
  out.Trim();
  return text;
}

template <class Detail, class Change>
void ChangeDetail(absl::Status& status, const Change& change) {
  const std::string url = absl::StrCat("type.googleapis.com/", Detail::descriptor()->full_name());
  const auto payload = status.GetPayload(url);
  Detail detail;
  if (!payload || !detail.ParseFromString(std::string(*payload))) return;
  change(detail);
  status.SetPayload(url, absl::Cord(detail.SerializeAsString()));
}

}  // namespace

std::string BatchAnswer(const BatchShape& shape, const std::vector<ItemResult>& results) {
  std::string answer;
  for (const ItemResult& result : results) {
    const std::string inner =
        result.ok() ? Delimited(*shape.answer, **result)
                    : Delimited(*shape.error, ToMessage(result.status()).SerializeAsString());
    answer += Delimited(*shape.results, inner);
  }
  return answer;
}

size_t AnswerBytes(const ItemResult& result) {
  if (result.ok()) return (*result)->size() + kResultBytes;
  return ToMessage(result.status()).ByteSizeLong() + kResultBytes;
}

absl::Status AsItem(const absl::Status& refusal, size_t index) {
  const std::string prefix = absl::StrCat("requests[", index, "].");
  const bool of_field = refusal.GetPayload("type.googleapis.com/google.rpc.BadRequest").has_value();
  absl::Status status(refusal.code(), of_field ? absl::StrCat(prefix, refusal.message())
                                               : std::string(refusal.message()));
  refusal.ForEachPayload(
      [&](absl::string_view url, const absl::Cord& payload) { status.SetPayload(url, payload); });
  ChangeDetail<google::rpc::BadRequest>(status, [&](google::rpc::BadRequest& request) {
    for (auto& violation : *request.mutable_field_violations())
      violation.set_field(prefix + violation.field());
  });
  ChangeDetail<google::rpc::ErrorInfo>(status, [&](google::rpc::ErrorInfo& info) {
    const auto field = info.mutable_metadata()->find("field");
    if (field != info.mutable_metadata()->end()) field->second = prefix + field->second;
  });
  return status;
}

}  // namespace vivier::rpc
