#include "tests/journey/prometheus.h"

#include <curl/curl.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "re2/re2.h"
#include "tests/support/process.h"

namespace vivier::testing {
namespace {

namespace pb = google::protobuf;

constexpr absl::Duration kPatience = absl::Seconds(20);
constexpr absl::Duration kLookAgain = absl::Milliseconds(50);

std::string FreshFolder() {
  std::string path = (std::filesystem::temp_directory_path() / "vivier-prometheus-XXXXXX").string();
  EXPECT_NE(mkdtemp(path.data()), nullptr);
  return path;
}

size_t Append(const char* bytes, size_t size, size_t count, void* text) {
  static_cast<std::string*>(text)->append(bytes, size * count);
  return size * count;
}

std::string Escape(const std::string& text) {
  char* escaped = curl_easy_escape(nullptr, text.data(), static_cast<int>(text.size()));
  const std::string copy = escaped;
  curl_free(escaped);
  return copy;
}

const pb::Value& At(const pb::Value& value, const std::string& key) {
  static const pb::Value& none = *new pb::Value;
  const auto found = value.struct_value().fields().find(key);
  return found == value.struct_value().fields().end() ? none : found->second;
}

std::vector<pb::Value> ListOf(const pb::Value& value) {
  return {value.list_value().values().begin(), value.list_value().values().end()};
}

}  // namespace

std::string Fetch(const std::string& url) {
  std::string answer;
  CURL* curl = curl_easy_init();
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Append);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  const CURLcode code = curl_easy_perform(curl);
  curl_easy_cleanup(curl);
  return code == CURLE_OK ? answer : "";
}

std::string SourceFile(const std::string& path) {
  const char* source = std::getenv("VIVIER_SOURCE");
  return absl::StrCat(source == nullptr ? "." : source, "/", path);
}

std::string ReadText(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::set<std::string> MetricsIn(const std::string& expression) {
  static const RE2& metric = *new RE2("\\b((?:vivier|process)_[a-z_]+)");
  std::set<std::string> names;
  re2::StringPiece rest(expression);
  for (std::string name; RE2::FindAndConsume(&rest, metric, &name);) {
    RE2::Replace(&name, "_(bucket|sum|count)$", "");
    names.insert(name);
  }
  return names;
}

Prometheus::Prometheus(const std::vector<int>& ports) : folder_(FreshFolder()), port_(FreePort()) {
  std::ofstream config(folder_ + "/prometheus.yaml");
  config << "global: {scrape_interval: 250ms, scrape_timeout: 250ms, evaluation_interval: 250ms}\n"
         << "rule_files: ['"
         << std::filesystem::absolute(SourceFile("deploy/monitoring/alerts.yaml")).string()
         << "']\nscrape_configs: [{job_name: vivier, static_configs: [{targets: [";
  for (const int port : ports) config << "'127.0.0.1:" << port << "',";
  config << "]}]}]\n";
  config.close();
  process_ = std::make_unique<Process>(
      std::vector<std::string>{"--config.file=" + folder_ + "/prometheus.yaml",
                               "--storage.tsdb.path=" + folder_ + "/data",
                               absl::StrCat("--web.listen-address=127.0.0.1:", port_)},
      folder_ + "/log", "/usr/bin/prometheus");
  const absl::Time start = absl::Now();
  while (Fetch(absl::StrCat("http://127.0.0.1:", port_, "/-/ready")).find("Ready") ==
         std::string::npos) {
    if (absl::Now() - start > kPatience || !process_->running()) {
      ADD_FAILURE() << "Prometheus does not start:\n" << process_->Log();
      return;
    }
    absl::SleepFor(kLookAgain);
  }
}

Prometheus::~Prometheus() {
  process_ = nullptr;
  std::error_code error;
  std::filesystem::remove_all(folder_, error);
}

pb::Value Prometheus::Get(const std::string& path) const {
  const std::string json = Fetch(absl::StrCat("http://127.0.0.1:", port_, "/api/v1/", path));
  pb::Struct answer;
  const auto parsed = pb::util::JsonStringToMessage(json, &answer);
  EXPECT_TRUE(parsed.ok()) << path << ": " << json;
  EXPECT_EQ(answer.fields().at("status").string_value(), "success") << path << ": " << json;
  return answer.fields().at("data");
}

std::vector<pb::Value> Prometheus::Query(const std::string& expression) const {
  return ListOf(At(Get("query?query=" + Escape(expression)), "result"));
}

std::vector<pb::Value> Prometheus::Groups() const { return ListOf(At(Get("rules"), "groups")); }

std::set<std::string> Prometheus::Alerts() const {
  std::set<std::string> active;
  for (const pb::Value& group : Groups())
    for (const pb::Value& rule : ListOf(At(group, "rules")))
      if (At(rule, "state").string_value() != "inactive")
        active.insert(At(rule, "name").string_value());
  return active;
}

std::map<std::string, Prometheus::Alert> Prometheus::Rules() const {
  std::map<std::string, Alert> alerts;
  for (const pb::Value& group : Groups())
    for (const pb::Value& rule : ListOf(At(group, "rules")))
      alerts[At(rule, "name").string_value()] = {
          At(At(rule, "annotations"), "runbook").string_value(), At(rule, "query").string_value()};
  return alerts;
}

std::set<std::string> Prometheus::Metrics() const {
  std::set<std::string> names;
  for (const pb::Value& name : ListOf(Get("label/__name__/values")))
    names.merge(MetricsIn(name.string_value()));
  return names;
}

}  // namespace vivier::testing
