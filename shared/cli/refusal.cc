#include "shared/cli/refusal.h"

#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "shared/base/error.h"

namespace vivier::cli {
namespace {

// A terminal obeys control characters, and the words may be another's.
std::string Printable(absl::string_view text) {
  std::string printable(text);
  for (char& c : printable)
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = ' ';
  return printable;
}

google::rpc::BadRequest BadRequestOf(const absl::Status& status) {
  const auto payload = status.GetPayload("type.googleapis.com/google.rpc.BadRequest");
  google::rpc::BadRequest request;
  if (payload) request.ParseFromString(std::string(*payload));
  return request;
}

// The faults of fields that the message does not name.
std::string Violations(const google::rpc::BadRequest& request, const absl::Status& status) {
  std::string text;
  for (const auto& violation : request.field_violations()) {
    const std::string fault = absl::StrCat(violation.field(), ": ", violation.description());
    if (!absl::StrContains(status.message(), fault))
      absl::StrAppend(&text, "  ", Printable(fault), "\n");
  }
  return text;
}

}  // namespace

std::string RefusalText(const std::string& command, const absl::Status& status) {
  const std::string who = command.empty() ? "vivier" : absl::StrCat("vivier ", command);
  const std::string message = Printable(status.message());
  if (IsMisuse(status)) {
    const std::string help = command.empty() || command == "help"
                                 ? "vivier --help"
                                 : absl::StrCat("vivier help ", command);
    const bool ended =
        !message.empty() && absl::StrContains("?.", message.substr(message.size() - 1));
    return absl::StrCat(who, ": ", message, ended ? " " : ". ", "See ", help, "\n");
  }
  const google::rpc::BadRequest request = BadRequestOf(status);
  std::string text = absl::StrCat(who, ": ", message, "\n", Violations(request, status),
                                  "  code=", absl::StatusCodeToString(status.code()), "\n");
  if (const std::string reason = ReasonOf(status); !reason.empty())
    absl::StrAppend(&text, "  reason=", Printable(reason), "\n");
  // Metadata name the first field that is wrong; programs want each.
  std::set<std::string> fields;
  for (const auto& violation : request.field_violations()) fields.insert(violation.field());
  for (const auto& [key, value] : MetadataOf(status)) {
    absl::StrAppend(&text, "  ", Printable(key), "=", Printable(value), "\n");
    if (key != "field") continue;
    fields.erase(value);
    for (const std::string& field : fields)
      absl::StrAppend(&text, "  field=", Printable(field), "\n");
  }
  return text;
}

int StatusOf(const absl::Status& status) { return IsMisuse(status) ? kMisused : kRefused; }

}  // namespace vivier::cli
