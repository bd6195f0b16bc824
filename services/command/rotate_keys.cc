// rotate-keys: gives the school another key, docs/keys.md.
#include <filesystem>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "services/command/commands.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/cli/options.h"
#include "shared/command/session.h"
#include "shared/command/settings.h"
#include "shared/security/school_key.h"

namespace vivier::command {
namespace {

namespace fs = std::filesystem;
using security::kPreviousSchoolKeyFile;
using security::kSchoolKeyFile;

absl::Status MakeNewKey(const std::string& folder) {
  const std::string current = absl::StrCat(folder, "/", kSchoolKeyFile);
  const std::string previous = absl::StrCat(folder, "/", kPreviousSchoolKeyFile);
  const std::string fresh = absl::StrCat(folder, "/school.new.key");
  if (fs::exists(previous))
    return Error(absl::StatusCode::kFailedPrecondition, "SCHOOL_KEY",
                 absl::StrCat(previous, " is there: end that rotation and delete it first"));
  std::error_code error;
  fs::remove(fresh, error);  // of one that was broken off
  RETURN_IF_ERROR(security::CreateSchoolKey(fresh));
  fs::create_hard_link(current, previous, error);
  if (!error) fs::rename(fresh, current, error);
  if (error)
    return Error(absl::StatusCode::kFailedPrecondition, "SECRET_FILE",
                 absl::StrCat(folder, ": ", error.message()));
  std::cout << current << " is new, " << previous
            << " the one before it: keep a copy of the new one where the old one has its copy, "
               "restart every process of the site, then run `vivier rotate-keys`\n";
  return absl::OkStatus();
}

// Until every service that runs is done. Refused where a process does not have the new key: it
// would call the one before it the newest.
absl::Status RotateAt(Session& session, const std::string& school, const std::string& key_id) {
  site::v1::RotateKeysRequest request;
  request.set_parent("schools/" + school);
  std::string before;  // a service whose process was not restarted
  RETURN_IF_ERROR(session.AskAllPages<site::v1::RotateKeysResponse>(
      request, [&](const site::v1::RotateKeysResponse& page) {
        before.clear();  // the last page counts
        for (const site::v1::KeyRotation& rotation : page.rotations()) {
          if (rotation.rows() > 0 && rotation.key_id() != key_id) before = rotation.service();
          if (!page.next_page_token().empty() && rotation.done()) continue;
          std::cout << "schools/" << school << " " << rotation.service() << ": "
                    << (rotation.done() ? "all rows are under key " : "on the way to key ")
                    << rotation.key_id() << ", " << rotation.rows_seen() << " rows looked at, "
                    << rotation.rows() << " are there" << std::endl;
        }
      }));
  if (before.empty()) return absl::OkStatus();
  return Error(absl::StatusCode::kFailedPrecondition, "SCHOOL_KEY",
               absl::StrCat(before, " does not have the key ", key_id,
                            " yet: restart its process, keep both files, and call rotate-keys "
                            "again"));
}

absl::Status Rotate(const Line& line, Modules modules) {
  ASSIGN_OR_RETURN(const Settings settings, ReadSettings(line));
  const std::string folder = settings.data + "/keys";
  if (std::error_code error; !fs::is_directory(folder, error))
    RETURN_IF_ERROR(CheckIsSite(settings));
  if (line.Is(cli::kNewKey)) return MakeNewKey(folder);
  ASSIGN_OR_RETURN(const security::SchoolKey key, security::SchoolKey::OfFolder(folder));
  const bool has_previous = key.row_keys().size() > 1;
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session,
                   Session::Open(settings, std::move(modules)));
  for (const std::string& school : settings.config.schools())
    RETURN_IF_ERROR(RotateAt(*session, school, key.id()));
  std::cout << (has_previous
                    ? absl::StrCat("no row is under the key before: delete ", folder, "/",
                                   kPreviousSchoolKeyFile,
                                   " when every service of the site has said so, and restart")
                    : absl::StrCat("there is no ", folder, "/", kPreviousSchoolKeyFile,
                                   ": nothing to rotate; --new_key makes a new key"))
            << "\n";
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<int> RotateKeys(const Line& line, Modules modules) {
  RETURN_IF_ERROR(Rotate(line, std::move(modules)));
  return 0;
}

}  // namespace vivier::command
