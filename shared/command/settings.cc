#include "shared/command/settings.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/cli/nearest.h"
#include "shared/cli/options.h"
#include "shared/security/roles.h"

namespace vivier::command {
namespace {

namespace fs = std::filesystem;
using config::v1::Config;

class Complaints : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    absl::StrAppend(&text_, text_.empty() ? "" : "; ", "line ", line + 1, ", column ", column + 1,
                    ": ", message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

absl::Status ReadFile(const std::string& path, Config& config) {
  std::ifstream file(path);
  if (!file) return InvalidField("config", absl::StrCat(path, " cannot be read"));
  std::stringstream text;
  text << file.rdbuf();
  Complaints complaints;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&complaints);
  Config read;
  if (!parser.ParseFromString(text.str(), &read))
    return InvalidField("config", absl::StrCat(path, ": ", complaints.text()));
  config.MergeFrom(read);
  return absl::OkStatus();
}

// One file, or a folder in which several hands lay theirs: what is the same at every school, and
// what is not.
absl::Status ReadFiles(const std::string& path, Config& config) {
  if (!std::filesystem::is_directory(path)) return ReadFile(path, config);
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(path))
    if (entry.path().extension() == ".textproto") files.insert(entry.path());
  for (const std::string& file : files) RETURN_IF_ERROR(ReadFile(file, config));
  return absl::OkStatus();
}

void SetDefaults(Config& config) {
  if (config.schools().empty()) config.add_schools("nancy");
  if (config.network().empty()) config.set_network("vivier");
  if (config.listen_address().empty()) config.set_listen_address("127.0.0.1:0");
  if (config.engine() == config::v1::ENGINE_UNSPECIFIED) config.set_engine(config::v1::SQLITE);
}

absl::Status ApplyOptions(const cli::Line& line, Config& config) {
  if (const std::string schools = line.Text(cli::kSchools); !schools.empty()) {
    config.clear_schools();
    for (absl::string_view school : absl::StrSplit(schools, ','))
      config.add_schools(std::string(school));
  }
  const auto text = [&line](const cli::Option& option, auto set) {
    if (const std::string value = line.Text(option); !value.empty()) set(value);
  };
  text(cli::kListenAddress, [&](const std::string& value) { config.set_listen_address(value); });
  text(cli::kMetricsAddress, [&](const std::string& value) { config.set_metrics_address(value); });
  text(cli::kHealthAddress, [&](const std::string& value) { config.set_health_address(value); });
  text(cli::kWebListenAddress,
       [&](const std::string& value) { config.mutable_web()->set_listen_address(value); });
  text(cli::kPostgres, [&](const std::string& value) { config.set_postgres(value); });
  text(cli::kRedis, [&](const std::string& value) { config.set_redis(value); });
  text(cli::kRedisPasswordFile,
       [&](const std::string& value) { config.set_redis_password_file(value); });
  text(cli::kCertificates, [&](const std::string& value) { config.set_certificates(value); });
  if (line.Is(cli::kDevelopment)) config.set_development(true);
  if (line.Number(cli::kBatchWorksMax) > 0)
    config.set_batch_works_max(line.Number(cli::kBatchWorksMax));
  const std::string engine = line.Text(cli::kEngine);
  if (engine == "sqlite")
    config.set_engine(config::v1::SQLITE);
  else if (engine == "postgres")
    config.set_engine(config::v1::POSTGRES);
  return absl::OkStatus();
}

absl::Status Check(const Config& config) {
  if (config.engine() == config::v1::POSTGRES && config.postgres().empty())
    return InvalidField("postgres", "is required with the engine POSTGRES");
  if (config.redis().empty() && !config.redis_password_file().empty())
    return InvalidField("redis_password_file", "is for a redis, and none is given");
  for (const config::v1::Peer& peer : config.peers())
    if (peer.service().empty() || peer.address().empty())
      return InvalidField("peers", "each has a service and an address");
  for (const config::v1::ReadBudget& budget : config.read_budgets())
    if (!budget.role().empty() && !security::IsRole(budget.role()))
      return InvalidField("read_budgets", absl::StrCat("\"", budget.role(), "\" is no role"));
  for (const config::v1::Parent& parent : config.parents())
    if (parent.name().empty() || parent.address().empty() || parent.join_codes().empty())
      return InvalidField("parents", "each has a name, an address and join_codes, a folder");
  for (const config::v1::Parent& parent : config.parents())
    if (!config.certificates().empty() && parent.certificates().empty())
      return InvalidField("parents",
                          "each has certificates where the process has some: what the school shows "
                          "there is a secret");
  return absl::OkStatus();
}

bool HoldsSite(const fs::path& folder) {
  std::error_code error;
  return fs::is_directory(folder / "db", error) || fs::exists(folder / "config.textproto", error);
}

// The folders with a site beside that one, and in it.
std::vector<std::string> SitesNear(const fs::path& folder) {
  std::set<std::string> sites;
  const fs::path above = folder.has_parent_path() ? folder.parent_path() : fs::path(".");
  for (const fs::path& place : {above, folder}) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(place, error))
      if (entry.is_directory(error) && HoldsSite(entry.path()))
        sites.insert(entry.path().lexically_normal().string());
  }
  return {sites.begin(), sites.end()};
}

// Names no folder but one that is spelt nearly so: the disk's others are nobody's business.
std::string WhichIsMeant(const std::string& data) {
  const std::vector<std::string> sites = SitesNear(data);
  if (const std::string nearest = cli::Nearest(data, sites); !nearest.empty())
    return absl::StrCat("; did you mean --data ", nearest, "?");
  return "; --data DIR names the folder of a school's data";
}

}  // namespace

absl::Status CheckIsSite(const Settings& settings) {
  std::error_code error;
  const std::string& data = settings.data;
  std::string why;
  if (!fs::is_directory(data, error)) {
    why = absl::StrCat("there is no folder ", data, WhichIsMeant(data));
  } else if (settings.config.engine() == config::v1::SQLITE && !fs::is_directory(data + "/db")) {
    why = fs::exists(data + "/config.textproto", error)
              ? absl::StrCat(data,
                             " has a configuration and no databases yet; `vivier migrate "
                             "--data ",
                             data, "` makes them")
              : absl::StrCat("no school's databases are in ", data, WhichIsMeant(data));
  }
  if (why.empty()) return absl::OkStatus();
  return Error(absl::StatusCode::kFailedPrecondition, "NO_SITE", why, {{"data", data}});
}

absl::StatusOr<Settings> ReadSettings(const cli::Line& line) {
  Settings settings;
  settings.data = line.Text(cli::kData);
  std::string file = line.Text(cli::kConfig);
  const std::string own = settings.data + "/config.textproto";
  std::error_code error;
  if (file.empty() && std::filesystem::exists(own, error)) file = own;
  if (!file.empty()) RETURN_IF_ERROR(ReadFiles(file, settings.config));
  // A word on the command line would move the clock of a school that works, or make its tokens.
  if (file == own && line.Is(cli::kDevelopment) && !settings.config.development())
    return InvalidField("development", absl::StrCat("is not for this site: ", own,
                                                    " does not say development: true"));
  settings.configured = !file.empty() || line.Has(cli::kSchools);
  RETURN_IF_ERROR(ApplyOptions(line, settings.config));
  SetDefaults(settings.config);
  RETURN_IF_ERROR(Check(settings.config));
  return settings;
}

}  // namespace vivier::command
