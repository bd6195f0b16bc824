#include "services/command/views.h"

#include <iostream>
#include <map>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/rpc/views.h"
#include "shared/security/roles.h"
#include "shared/service/catalogue.h"
#include "shared/service/method.h"
#include "vivier/options/v1/view.pb.h"

namespace vivier::command {
namespace {

namespace pb = google::protobuf;

// Rows of a table, each once and in order.
using Rows = std::set<std::string>;

// "enrolment.Application"
std::string ShortName(const pb::Descriptor& type) {
  return absl::StrCat(rpc::ServiceOf(type.file()), ".", type.name());
}

std::string FieldsText(const pb::Descriptor& type, const security::ShownFields& fields) {
  if (fields.all()) return "all";
  return absl::StrJoin(fields.Paths(type), ", ", [](std::string* out, const std::string& path) {
    absl::StrAppend(out, "`", path, "`");
  });
}

// What will narrow the holder's view and is not there yet.
std::string WaitsFor(const pb::Descriptor& type, const std::string& holder) {
  std::set<std::string> waits_for;
  for (int i = 0; i < type.options().ExtensionSize(options::v1::view); ++i) {
    const options::v1::View& view = type.options().GetExtension(options::v1::view, i);
    const std::set<std::string> holders = absl::StrSplit(view.of(), ' ', absl::SkipEmpty());
    if (holders.count(holder) > 0 && !view.waits_for().empty()) waits_for.insert(view.waits_for());
  }
  return absl::StrJoin(waits_for, "; ");
}

class Writer {
 public:
  absl::Status Add(const pb::MethodDescriptor& descriptor) {
    ASSIGN_OR_RETURN(const rpc::Method method, rpc::Describe(&descriptor));
    const rpc::Views views(method);
    if (!views.wrong().empty())
      return Error(absl::StatusCode::kFailedPrecondition, "SCHEMA_DRIFT",
                   absl::StrJoin(views.wrong(), "; "));
    for (const auto& [type, by_holder] : views.types())
      for (const auto& [holder, fields] : by_holder) AddRow(method, *type, holder, fields);
    return absl::OkStatus();
  }

  std::string Text() const {
    std::string text;
    for (const auto& [holder, rows] : by_holder_)
      absl::StrAppend(&text, "\n### ", holder,
                      "\n\n| message | fields | waits for |\n|---|---|---|\n",
                      absl::StrJoin(rows, ""));
    absl::StrAppend(&text, "\n### Roles of a school's own\n\n",
                    "| permission | message | fields |\n|---|---|---|\n", absl::StrJoin(own_, ""));
    return text;
  }

 private:
  void AddRow(const rpc::Method& method, const pb::Descriptor& type, const std::string& holder,
              const security::ShownFields& fields) {
    if (holder == security::kOwnRole)
      own_.insert(absl::StrCat("| ", method.permission, " | ", ShortName(type), " | ",
                               FieldsText(type, fields), " |\n"));
    else
      by_holder_[holder].insert(absl::StrCat("| ", ShortName(type), " | ", FieldsText(type, fields),
                                             " | ", WaitsFor(type, holder), " |\n"));
  }

  std::map<std::string, Rows> by_holder_;
  Rows own_;
};

}  // namespace

absl::StatusOr<std::string> ViewsByRole(const Modules& modules) {
  Writer writer;
  for (const site::Module& module : modules)
    for (const pb::MethodDescriptor* method : module.service.methods())
      RETURN_IF_ERROR(writer.Add(*method));
  for (const char* of_the_house : {"operations", "site"})
    for (const pb::MethodDescriptor* method : rpc::MethodsOf(of_the_house))
      RETURN_IF_ERROR(writer.Add(*method));
  return writer.Text();
}

absl::StatusOr<int> Views(const Line&, Modules modules) {
  ASSIGN_OR_RETURN(const std::string views, ViewsByRole(modules));
  std::cout << views;
  return 0;
}

}  // namespace vivier::command
