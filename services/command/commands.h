// The commands that know the trade, and rotate-keys; each prints what it has
// to say and gives the exit status, or its refusal. The others: shared/command/commands.h.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "shared/command/commands.h"

namespace vivier::command {

// grant-admin SUBJECT: makes a principal the school's director; for the first one, and when none is
// left.
absl::StatusOr<int> GrantAdmin(const Line& line, Modules modules);
// node create NAME DIR: the overlay of a node above schools.
absl::StatusOr<int> Node(const Line& line, Modules modules);
// checklist: what the school lacks before it can open a cohort, admit, seal, invoice and submit.
absl::StatusOr<int> Checklist(const Line& line, Modules modules);
// login: signs in at the school's issuer, with a device code or, with --browser, on this machine.
absl::StatusOr<int> Login(const Line& line, Modules modules);
// logout: forgets that.
absl::StatusOr<int> Logout(const Line& line, Modules modules);
// import KIND FILE: lheo, applications with --cohort, or schools with --network; prints what became
// of each row.
absl::StatusOr<int> Import(const Line& line, Modules modules);
// export lheo [FILE]: the published programmes, to standard output without a file; export
// statistics [FILE]: publishable figures or their dictionary; export person NAME: all that the
// school holds of a person, in JSON.
absl::StatusOr<int> Export(const Line& line, Modules modules);
// evidence NAME [FILE]: the signed seals of a cohort, or a certificate, one JSON object a line, to
// standard output without a file. deploy/check-evidence checks it without this program.
absl::StatusOr<int> Evidence(const Line& line, Modules modules);
// rotate-keys: brings the site under the key of keys/school.key; with --new_key makes that.
absl::StatusOr<int> RotateKeys(const Line& line, Modules modules);
// erase NAME: erases a person and waits until every service has; of one who is erased, says how far
// they are.
absl::StatusOr<int> Erase(const Line& line, Modules modules);

// The person's rows, one JSON object a line; `name` is a resource name.
absl::Status ExportPerson(const Line& line, const std::string& name, Modules modules);

}  // namespace vivier::command
