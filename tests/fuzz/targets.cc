#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/base/error.h"
#include "tests/fuzz/fuzz.h"

namespace vivier::fuzz {
namespace {

bool crashes_are_planted = false;

constexpr Target kTargets[] = {
    {"xml", "catalogues in LHÉO", &ReadXml, &NoSeeds},
    {"csv", "tables in CSV", &ReadCsv, &NoSeeds},
    {"applications", "files of applications", &ReadApplications, &NoSeeds},
    {"token", "tokens, signed and not", &ReadToken, &TokenSeeds},
    {"jwks", "key sets of issuers", &ReadKeySet, &NoSeeds},
    {"page_token", "where a list goes on", &ReadPageToken, &PageTokenSeeds},
    {"filter", "filters and orders of lists", &ReadFilter, &FilterSeeds},
    {"textproto", "the configuration", &ReadConfiguration, &NoSeeds},
    {"request", "the bytes of every rpc's request", &ReadRequest, &RequestSeeds},
    {"redis", "values in Redis", &ReadCachedValue, &CachedValueSeeds},
    {"stored", "rows of every table", &ReadStoredRow, &StoredRowSeeds},
    {"rules", "rule tables", &ReadRuleTable, &RuleTableSeeds},
    {"http", "requests of HTTP", &ReadHttp, &HttpSeeds},
    {"uploads", "files that people upload", &ReadUpload, &UploadSeeds},
    {"names", "names of resources, persons and backups", &ReadNames, &NoSeeds},
};

}  // namespace

absl::Span<const Target> Targets() { return kTargets; }

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

void PlantCrashes() { crashes_are_planted = true; }

void PlaceOfCrash(bool rare) {
  if (crashes_are_planted) Require(!rare, "the planted crash");
}

std::vector<std::string> NoSeeds() { return {}; }

std::string EndOf(const absl::Status& status) {
  if (status.ok()) return "OK";
  std::string end = absl::StrCat(status.code(), " ", ReasonOf(status));
  // What stands further on may be the input's.
  constexpr size_t kWordsMax = 2;
  const std::vector<absl::string_view> words =
      absl::StrSplit(status.message(), absl::MaxSplits(' ', kWordsMax));
  for (size_t i = 0; i < std::min(words.size(), kWordsMax); ++i) {
    const bool plain = std::all_of(words[i].begin(), words[i].end(), [](unsigned char c) {
      return absl::ascii_isalpha(c) || c == ',' || c == ':';
    });
    if (plain) absl::StrAppend(&end, " ", words[i]);
  }
  return end;
}

}  // namespace vivier::fuzz
