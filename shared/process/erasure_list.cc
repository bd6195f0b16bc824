#include "shared/process/erasure_list.h"

#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/util/json_util.h"
#include "shared/base/error.h"
#include "shared/base/file.h"
#include "shared/base/message.h"
#include "shared/base/status.h"

namespace vivier::site {
namespace {

namespace pb = google::protobuf;

std::string Folder(const std::string& data) { return data + "/erased"; }

absl::StatusOr<std::string> LineOf(const ListedErasure& erasure) {
  std::string json;
  pb::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  if (!pb::util::MessageToJsonString(*erasure.event, &json, options).ok())
    return Internal("an event without JSON");
  return absl::StrCat(erasure.school, " ", erasure.event->GetDescriptor()->full_name(), " ", json,
                      "\n");
}

absl::StatusOr<ListedErasure> ParseLine(const std::string& path, const std::string& line) {
  const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(' ', 2));
  const pb::Descriptor* type =
      parts.size() == 3 ? pb::DescriptorPool::generated_pool()->FindMessageTypeByName(parts[1])
                        : nullptr;
  if (type != nullptr) {
    const std::shared_ptr<pb::Message> event = NewMessage(type);
    if (pb::util::JsonStringToMessage(parts[2], event.get()).ok())
      return ListedErasure{parts[0], event};
  }
  return Error(absl::StatusCode::kFailedPrecondition, "ERASURE_LIST",
               absl::StrCat(path, " has a line that is none"));
}

}  // namespace

absl::Status AppendToList(const std::string& data, const std::string& service,
                          const std::vector<ListedErasure>& erasures) {
  std::error_code error;
  std::filesystem::create_directories(Folder(data), error);
  std::string text = "\n";  // ends a line that a crash has cut
  for (const ListedErasure& erasure : erasures) {
    ASSIGN_OR_RETURN(const std::string line, LineOf(erasure));
    text += line;
  }
  return AppendSynced(absl::StrCat(Folder(data), "/", service), text);
}

absl::StatusOr<std::vector<ListedErasure>> ReadList(const std::string& data) {
  std::vector<ListedErasure> erasures;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(Folder(data), error)) {
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      if (line.empty() || line.back() != '}')
        continue;  // cut by a crash: its erasure is listed again
      ASSIGN_OR_RETURN(ListedErasure erasure, ParseLine(entry.path().string(), line));
      erasures.push_back(std::move(erasure));
    }
  }
  return erasures;
}

}  // namespace vivier::site
