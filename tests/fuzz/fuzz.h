// What reads bytes that others wrote, each as a target that takes any bytes: it must end, and must
// not crash, hang or say of one input two different things. Not thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace vivier::fuzz {

struct Target {
  const char* name;
  const char* what;
  // Reads the input. The answer tells how far it came, such as the refusal: an input that is the
  // first to come somewhere is changed further.
  std::string (*run)(absl::string_view input);
  // What it begins with beside its folder of the corpus.
  std::vector<std::string> (*seeds)();
};

absl::Span<const Target> Targets();

// Ends the process, as a defect that the sanitizers find would, unless `holds`.
void Require(bool holds, const char* what);

// Lets each target crash where few inputs come, to show that it gets there.
void PlantCrashes();
// Such a place, reached by the inputs of which `rare` holds.
void PlaceOfCrash(bool rare);

std::vector<std::string> NoSeeds();

// "OK", or the code, the reason and the first words of what it says.
std::string EndOf(const absl::Status& status);

std::string ReadCsv(absl::string_view input);
std::string ReadApplications(absl::string_view input);
std::string ReadXml(absl::string_view input);
std::string ReadRuleTable(absl::string_view input);
std::vector<std::string> RuleTableSeeds();
std::string ReadConfiguration(absl::string_view input);
std::string ReadNames(absl::string_view input);
std::string ReadUpload(absl::string_view input);
std::vector<std::string> UploadSeeds();

std::string ReadHttp(absl::string_view input);
std::vector<std::string> HttpSeeds();
std::string ReadToken(absl::string_view input);
std::vector<std::string> TokenSeeds();
std::string ReadKeySet(absl::string_view input);
std::string ReadCachedValue(absl::string_view input);
std::vector<std::string> CachedValueSeeds();

std::string ReadRequest(absl::string_view input);
std::vector<std::string> RequestSeeds();
std::string ReadStoredRow(absl::string_view input);
std::vector<std::string> StoredRowSeeds();
std::string ReadFilter(absl::string_view input);
std::vector<std::string> FilterSeeds();
std::string ReadPageToken(absl::string_view input);
std::vector<std::string> PageTokenSeeds();

}  // namespace vivier::fuzz
