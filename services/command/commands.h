// The commands that know the trade, of one executable, each reads flags and arguments and gives the
// exit status. The others: shared/command/commands.h.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "shared/command/commands.h"

namespace vivier::command {

// grant-admin SUBJECT: makes a principal the school's director; for the first one, and when none is
// left.
int GrantAdmin(const Arguments& arguments, Modules modules);
// import KIND FILE: lheo, or applications with --cohort; prints what became of each row.
int Import(const Arguments& arguments, Modules modules);
// export lheo [FILE]: the published programmes, to standard output without a file; export person
// NAME: all that the school holds of a person, in JSON.
int Export(const Arguments& arguments, Modules modules);
// evidence COHORT [FILE]: its chain of seals, signed, one JSON object a line, to standard output
// without a file. deploy/check-evidence checks it without this program.
int Evidence(const Arguments& arguments, Modules modules);
// erase NAME: erases a person and waits until every service has; of one who is erased, says how far
// they are.
int Erase(const Arguments& arguments, Modules modules);

// The person's rows, one JSON object a line; `name` is a resource name.
absl::Status ExportPerson(const std::string& name, Modules modules);

}  // namespace vivier::command
