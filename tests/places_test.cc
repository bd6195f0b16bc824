// What one more service costs outside of its own folders, services/NAME and protos/vivier/NAME: the
// places where people have to name it. Counted for access, which was the sixth; a seventh costs as
// many at most (docs/house.md, "To add a service").
//
// A place is a file that names every service of the house, that is a list of them, or a file of
// deploy/ or k8s/ that names this one. Not counted are
//   documentation                 no program reads it;
//   what a program has written    other tests hold it against the lists (places_test.cc of the
//                                 edge, k8s_test.mjs); its first line says so;
//   who uses the service          a command that asks it and a test of it name it wherever it lies.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "re2/re2.h"
#include "shared/service/catalogue.h"

namespace vivier {
namespace {

namespace fs = std::filesystem;

constexpr char kService[] = "access";
constexpr size_t kPlacesMax = 6;

bool Names(const std::string& text, const std::string& service) {
  return RE2::PartialMatch(text, absl::StrCat("\\b", service, "\\b"));
}

// "access" is also a word of ours: what comments say of it names no service.
std::string WithoutComments(const std::string& text) {
  std::string code;
  for (absl::string_view line : absl::StrSplit(text, '\n'))
    absl::StrAppend(&code, line.substr(0, line.find('#')), "\n");
  return code;
}

bool IsCounted(const std::string& path, const std::string& text) {
  return !absl::StartsWith(path, absl::StrCat("services/", kService, "/")) &&
         !absl::StartsWith(path, absl::StrCat("protos/vivier/", kService, "/")) &&
         !absl::StartsWith(path, "docs/") && !absl::EndsWith(path, ".md") &&
         !absl::StartsWith(text, "# Written by ");
}

bool IsPlace(const std::string& path, const std::string& text) {
  if (!IsCounted(path, text)) return false;
  if (RE2::PartialMatch(path, "^(deploy|k8s)/")) return Names(WithoutComments(text), kService);
  for (const std::string& service : rpc::TradeServices())
    if (!Names(text, service)) return false;
  return true;
}

std::string Read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

TEST(Places, AreFew) {
  const fs::path root = std::getenv("VIVIER_SOURCE");
  static const auto& skipped = *new std::set<std::string>{".git", ".vivier", "node_modules"};
  std::vector<std::string> places;
  size_t read = 0;
  for (fs::recursive_directory_iterator entry(root), end; entry != end; ++entry) {
    const std::string name = entry->path().filename().string();
    if (entry->is_directory() && (skipped.count(name) > 0 || absl::StartsWith(name, "build")))
      entry.disable_recursion_pending();
    if (!entry->is_regular_file()) continue;
    const std::string path = entry->path().lexically_relative(root).generic_string();
    ++read;
    if (IsPlace(path, Read(entry->path()))) places.push_back(path);
  }
  EXPECT_GT(read, 500u) << "is " << root << " the repository?";
  EXPECT_THAT(places, ::testing::SizeIs(::testing::Le(kPlacesMax)));
  EXPECT_THAT(places,
              ::testing::IsSupersetOf({"protos/vivier/services.proto", "services/modules.cc"}))
      << "void: what must name it is not found";
}

TEST(Places, AreListsAndWhatDeploys) {
  const std::string all = absl::StrJoin(rpc::TradeServices(), " ");
  const struct {
    const char* path;
    std::string text;
    bool is_place;
  } rows[] = {
      {"tests/a.mjs", all, true},
      {"tests/a.mjs", absl::StrReplaceAll(all, {{"funding", ""}}), false},
      {"tests/a.mjs", absl::StrReplaceAll(all, {{"access", "accesses"}}), false},
      {"k8s/base/a.yaml", "kind: Service\nname: access\n", true},
      {"k8s/base/a.yaml", "accessModes: [ReadWriteOnce]\n", false},
      {"deploy/edge/nginx.conf", "access_log stdout;  # the access log\n", false},
      {"k8s/base/a.yaml", "# Written by deploy/manifests.\nname: access\n", false},
      {"docs/a.md", all, false},
      {"README.md", all, false},
      {"services/access/a.cc", all, false},
      {"protos/vivier/access/v1/a.proto", all, false},
  };
  for (const auto& row : rows) EXPECT_EQ(IsPlace(row.path, row.text), row.is_place) << row.text;
}

}  // namespace
}  // namespace vivier
