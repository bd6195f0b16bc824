// A school as real processes, set up the way a test wants it, on which `vivier demo` tells a story.
// Not thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "shared/storage/engines/database.h"
#include "tests/support/certificates.h"
#include "tests/support/process.h"

namespace vivier::testing {

// A port of the loopback address that is free at this moment.
int FreePort();

class SchoolProcesses {
 public:
  struct Setup {
    storage::Engine engine = storage::Engine::kSqlite;
    bool one_process = false;                  // `serve all`
    std::vector<std::string> replicated = {};  // services with two processes (PostgreSQL)
    std::string redis = "";                    // its socket, "" for none
    bool tls = false;                          // each process with its own certificate
    std::string postgres = "";                 // a libpq connection string, "" for a fresh database
    bool metrics = false;                      // each process with an endpoint for Prometheus
    std::string config = "";                   // more lines of the configuration
  };

  explicit SchoolProcesses(const Setup& setup);
  ~SchoolProcesses();

  // Begins to tell the story; Figures() waits for its end and gives what it found, one "name value"
  // a line.
  void BeginStory(const std::string& story = "nancy");
  std::string Figures();
  bool telling() { return story_ != nullptr && story_->running(); }
  // What the story has printed and logged so far.
  std::string StoryLog() const { return story_->Log(); }

  // The name of a process is its service's; that of a second replica ends in "-2".
  Process& process(const std::string& name) { return *processes_.at(name); }
  std::vector<std::string> ProcessNames() const;
  // Starts a process that has ended again, where it was, perhaps as another executable.
  void Restart(const std::string& name, const std::string& executable = "");

  const std::string& data() const { return data_; }
  // Where each service is, for a client that balances over its replicas.
  const std::map<std::string, std::string>& targets() const { return targets_; }
  // The port of each process's endpoint for Prometheus.
  const std::map<std::string, int>& metrics_ports() const { return metrics_ports_; }

  // SIGTERM to every process, or SIGKILL; and all of them again.
  void Stop();
  void Kill();
  void Start();
  // An empty place of the school, with its keys and nothing else: another host, on PostgreSQL
  // another database. Its processes are stopped before, and not started.
  void MoveElsewhere();

  // Where a service's data is, for storage::Database::Open.
  std::string DatabaseUrl(const std::string& service) const;
  // How many records of all audit trails are older than that; of processes that do not run at this
  // moment.
  int64_t AuditRecordsBefore(absl::Time time);
  // A bare copy of one service's database, and that copy in its place; of processes that do not run
  // at this moment.
  void CopyVolume(const std::string& service);
  void PutVolumeBack(const std::string& service);

  // Exit status of `vivier verify` on the running school, and what it printed.
  int Verify(std::string* output);

  // Bytes that were sent to a service and that it has not read.
  int64_t UnreadBytes(const std::string& service) const;

  // The number of the last event in a service's log and how far another one has followed it, read
  // from a copy of the files of processes that do not run at this moment (SQLite).
  int64_t LastEvent(const std::string& service);
  int64_t Followed(const std::string& follower, const std::string& producer);

 private:
  std::string AddressOf(const std::string& name) const {
    return "127.0.0.1:" + std::to_string(ports_.at(name));
  }
  void WriteConfig();
  void UseFreshFolder();
  void Start(const std::string& name, const std::string& executable = "");
  void CopySchema(const std::string& service);
  void RunScript(const std::string& script);
  int64_t NumberIn(const std::string& service, const std::string& sql,
                   const std::vector<storage::Value>& parameters);

  const Setup setup_;
  std::unique_ptr<Certificates> certificates_;  // null without TLS
  std::string data_;                            // of now
  std::string postgres_;                        // of now
  std::vector<std::string> places_;             // every data folder so far
  std::map<std::string, int> ports_;
  std::map<std::string, std::string> targets_;
  std::map<std::string, int> metrics_ports_;
  std::map<std::string, std::unique_ptr<Process>> processes_;
  std::unique_ptr<Process> story_;
  int stories_ = 0;  // begun so far: each has a log of its own
};

}  // namespace vivier::testing
