#include "shared/command/settings.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/security/roles.h"

ABSL_FLAG(std::string, data, "data", "the folder of a school's data on this machine");
ABSL_FLAG(
    std::string, config, "",
    "the configuration file, or a folder whose *.textproto are read in the order of their names; "
    "DATA/config.textproto when it is there");
ABSL_FLAG(std::string, schools, "", "comma-separated schools that this process serves");
ABSL_FLAG(std::string, listen_address, "", "HOST:PORT, HOST:0 for any free port, or unix:PATH");
ABSL_FLAG(std::string, metrics_address, "", "HOST:PORT of the Prometheus endpoint");
ABSL_FLAG(std::string, health_address, "",
          "HOST:PORT where health alone is answered, in plain text");
ABSL_FLAG(std::string, engine, "", "sqlite or postgres");
ABSL_FLAG(std::string, postgres, "", "a libpq connection string");
ABSL_FLAG(std::string, redis, "", "unix:PATH or HOST:PORT of a Redis");
ABSL_FLAG(std::string, redis_password_file, "", "a secret file with Redis's password");
ABSL_FLAG(std::string, certificates, "", "the folder of the certificates: mutual TLS");
ABSL_FLAG(bool, development, false, "trust the tokens of `vivier token`");
ABSL_FLAG(int, batch_works_max, 0, "works of one commit at the most");

namespace vivier::command {
namespace {

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

absl::Status ApplyFlags(Config& config) {
  if (const std::string schools = absl::GetFlag(FLAGS_schools); !schools.empty()) {
    config.clear_schools();
    for (absl::string_view school : absl::StrSplit(schools, ','))
      config.add_schools(std::string(school));
  }
  const auto text = [](const absl::Flag<std::string>& flag, auto set) {
    if (const std::string value = absl::GetFlag(flag); !value.empty()) set(value);
  };
  text(FLAGS_listen_address, [&](const std::string& value) { config.set_listen_address(value); });
  text(FLAGS_metrics_address, [&](const std::string& value) { config.set_metrics_address(value); });
  text(FLAGS_health_address, [&](const std::string& value) { config.set_health_address(value); });
  text(FLAGS_postgres, [&](const std::string& value) { config.set_postgres(value); });
  text(FLAGS_redis, [&](const std::string& value) { config.set_redis(value); });
  text(FLAGS_redis_password_file,
       [&](const std::string& value) { config.set_redis_password_file(value); });
  text(FLAGS_certificates, [&](const std::string& value) { config.set_certificates(value); });
  if (absl::GetFlag(FLAGS_development)) config.set_development(true);
  if (absl::GetFlag(FLAGS_batch_works_max) > 0)
    config.set_batch_works_max(absl::GetFlag(FLAGS_batch_works_max));
  const std::string engine = absl::GetFlag(FLAGS_engine);
  if (engine == "sqlite")
    config.set_engine(config::v1::SQLITE);
  else if (engine == "postgres")
    config.set_engine(config::v1::POSTGRES);
  else if (!engine.empty())
    return InvalidField("engine", "is sqlite or postgres");
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
    if (parent.name().empty() || parent.address().empty() || parent.token_file().empty())
      return InvalidField("parents", "each has a name, an address and a token_file");
  for (const config::v1::Parent& parent : config.parents())
    if (!config.certificates().empty() && parent.certificates().empty())
      return InvalidField(
          "parents", "each has certificates where the process has some: its token is a secret");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Settings> ReadSettings() {
  Settings settings;
  settings.data = absl::GetFlag(FLAGS_data);
  std::string file = absl::GetFlag(FLAGS_config);
  if (file.empty() && std::filesystem::exists(settings.data + "/config.textproto"))
    file = settings.data + "/config.textproto";
  if (!file.empty()) RETURN_IF_ERROR(ReadFiles(file, settings.config));
  RETURN_IF_ERROR(ApplyFlags(settings.config));
  SetDefaults(settings.config);
  RETURN_IF_ERROR(Check(settings.config));
  return settings;
}

}  // namespace vivier::command
