// What a school on this machine rests on and does not own: clock, names, disk, database, backups,
// Redis, certificates, issuers of tokens, other sites. Each check looks by itself, needs no running
// service, and changes nothing. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "shared/command/settings.h"
#include "shared/site/module.h"

namespace vivier::command {

enum class Grade { kOk, kWarn, kFail };

// One line of `vivier doctor`.
struct Finding {
  Grade grade;
  std::string what;    // "disk"
  std::string found;   // "68 GiB of 252 GiB are free"
  std::string advice;  // what to do; "" where all is well
};
using Findings = std::vector<Finding>;

// In the order in which one thing rests on another. `backups` is the folder of `vivier backup`, ""
// where the operator named none.
Findings LookAround(const Settings& settings, const std::vector<site::Module>& modules,
                    const std::string& backups);

// The keys of the program's rule tables whose review day is past.
std::vector<std::string> OverdueRules();

// The host of HOST:PORT, dns:///NAME:PORT or of a URL; "" where there is none to look up.
std::string HostOf(const std::string& address);

}  // namespace vivier::command
