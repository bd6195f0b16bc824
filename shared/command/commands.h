// The commands of the one executable that work for any set of services. Each prints what it has to
// say and gives the exit status: 0 done, 1 refused or found something, 2 used wrongly.
#pragma once

#include <string>
#include <vector>

#include "shared/site/module.h"

namespace vivier::command {

using Arguments = std::vector<std::string>;
using Modules = std::vector<site::Module>;

// The exit status of a process whose own port no longer answers (EX_TEMPFAIL): its supervisor
// starts it again.
inline constexpr int kDeadPort = 75;

// serve SERVICE… | all: until SIGTERM or SIGINT, then drains; or until its port is dead.
int Serve(const Arguments& arguments, Modules modules);
// migrate: applies what is missing.
int Migrate(const Arguments& arguments, Modules modules);
// check: configuration, schema and keys, before a start.
int Check(const Arguments& arguments, Modules modules);
// status: each service of the school, its version, log, lags and what is set aside, on one screen.
int Status(const Arguments& arguments, Modules modules);
// doctor: what surrounds the school, each with what to do; works while the school is stopped.
int Doctor(const Arguments& arguments, Modules modules);
// verify: proves the invariants of docs/invariants.md on the data; verify relations: what each
// column of each table follows from.
int Verify(const Arguments& arguments, Modules modules);
// audit NAME: who changed a resource, and who was shown a person's data.
int Audit(const Arguments& arguments, Modules modules);
// call METHOD [JSON] | call --list
int Call(const Arguments& arguments, Modules modules);
// explain METHOD: what the adapter does for an rpc.
int Explain(const Arguments& arguments, Modules modules);
// backup DIR: adds a generation to the folder; with --follow, one every --interval until SIGTERM.
int Backup(const Arguments& arguments, Modules modules);
// restore DIR: puts the newest generation back, or the one that --generation names, and proves the
// invariants on it.
int Restore(const Arguments& arguments, Modules modules);
// reconcile: what followers applied and their producer no longer has; with --to DIR, settles it by
// going back to a generation, and lists what is lost by that.
int Reconcile(const Arguments& arguments, Modules modules);
// events --parked | --retry [ID]: the events that services set aside; applies them, or those of one
// subject, now.
int Events(const Arguments& arguments, Modules modules);
// rules list | lint | test | explain: the rule tables of the program, or of files.
int Rules(const Arguments& arguments, Modules modules);
// clock [TIME | +DURATION]: shows the clock of a site in development mode, or moves it on.
int Clock(const Arguments& arguments, Modules modules);
// token: a development token.
int Token(const Arguments& arguments, Modules modules);

// Prints a refusal, with its reason, and gives 1.
int Refuse(const absl::Status& status);

// The rpc of that name, "AdmitApplication" or
// "vivier.enrolment.v1.AdmissionService/AdmitApplication"; null when none or several fit.
const google::protobuf::MethodDescriptor* FindMethod(const Modules& modules,
                                                     const std::string& name);

}  // namespace vivier::command
