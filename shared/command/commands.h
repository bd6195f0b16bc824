// The commands of the one executable that work for any set of services. Each prints what it has to
// say and gives the exit status, or its refusal.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/cli/command.h"
#include "shared/site/module.h"

namespace vivier::command {

using Arguments = std::vector<std::string>;
using cli::Line;
using Modules = std::vector<site::Module>;

// serve SERVICE… | all: until SIGTERM or SIGINT, then drains; or until its port is dead.
absl::StatusOr<int> Serve(const Line& line, Modules modules);
// migrate: applies what is missing.
absl::StatusOr<int> Migrate(const Line& line, Modules modules);
// create-keys: the key files of a new school, those that are missing.
absl::StatusOr<int> CreateKeys(const Line& line, Modules modules);
// check: configuration, schema and keys, before a start.
absl::StatusOr<int> Check(const Line& line, Modules modules);
// status: each service of the school, its version, log, lags and what is set aside, on one screen.
absl::StatusOr<int> Status(const Line& line, Modules modules);
// doctor: what surrounds the school, each with what to do; works while the school is stopped.
absl::StatusOr<int> Doctor(const Line& line, Modules modules);
// verify: proves the invariants of docs/invariants.md on the data; verify relations: what each
// column of each table follows from.
absl::StatusOr<int> Verify(const Line& line, Modules modules);
// What verify does without arguments, and what restore and reconcile end with.
absl::StatusOr<int> VerifyAll(const Line& line, Modules modules);
// audit NAME: who changed a resource, and who was shown a person's data.
absl::StatusOr<int> Audit(const Line& line, Modules modules);
// call METHOD [JSON] | call --list
absl::StatusOr<int> Call(const Line& line, Modules modules);
// explain METHOD: what the adapter does for an rpc.
absl::StatusOr<int> Explain(const Line& line, Modules modules);
// backup DIR: adds a generation to the folder; with --follow, one every --interval until SIGTERM.
absl::StatusOr<int> Backup(const Line& line, Modules modules);
// restore DIR: puts the newest generation back, or the one that --generation names, and proves the
// invariants on it.
absl::StatusOr<int> Restore(const Line& line, Modules modules);
// reconcile: what followers applied and their producer no longer has; with --to DIR, settles it by
// going back to a generation, and lists what is lost by that.
absl::StatusOr<int> Reconcile(const Line& line, Modules modules);
// events --parked | --retry [ID]: the events that services set aside; applies them, or those of one
// subject, now.
absl::StatusOr<int> Events(const Line& line, Modules modules);
// rules list | lint | test | explain: the rule tables of the program, or of files.
absl::StatusOr<int> Rules(const Line& line, Modules modules);
// clock [TIME | +DURATION]: shows the clock of a site in development mode, or moves it on.
absl::StatusOr<int> Clock(const Line& line, Modules modules);
// token: a development token.
absl::StatusOr<int> Token(const Line& line, Modules modules);

// The rpc of that name, "AdmitApplication" or
// "vivier.enrolment.v1.AdmissionService/AdmitApplication"; a misuse when none or several fit.
absl::StatusOr<const google::protobuf::MethodDescriptor*> FindMethod(const Modules& modules,
                                                                     const std::string& name);

}  // namespace vivier::command
