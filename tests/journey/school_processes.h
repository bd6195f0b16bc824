// A school as real processes, set up the way a test wants it, on which `vivier demo` tells a story.
// Not thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "shared/storage/engines/database.h"
#include "tests/journey/school_data.h"
#include "tests/support/certificates.h"
#include "tests/support/process.h"

namespace vivier::testing {

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
  // Starts a process, perhaps again where it was, perhaps as another executable.
  void Start(const std::string& name, const std::string& executable = "");

  const std::string& data() const { return data_; }
  // Where each service is, for a client that balances over its replicas.
  const std::map<std::string, std::string>& targets() const { return targets_; }
  // The port on which a process serves.
  int port(const std::string& name) const { return ports_.at(name); }
  // The port of each process's endpoint for Prometheus.
  const std::map<std::string, int>& metrics_ports() const { return metrics_ports_; }

  // SIGTERM to every process, or SIGKILL; and all of them again.
  void Stop();
  void Kill();
  void Start();
  // An empty place of the school, with its keys, its clock and nothing else: another host, on
  // PostgreSQL another database. Its processes are stopped before, and not started.
  void MoveElsewhere();

  // The databases of now: another place's after MoveElsewhere().
  SchoolData databases() const { return SchoolData(data_, postgres_); }

  // Exit status of `vivier verify` on the running school, and what it printed.
  int Verify(std::string* output);

 private:
  std::string AddressOf(const std::string& name) const {
    return "127.0.0.1:" + std::to_string(port(name));
  }
  void WriteConfig();
  void UseFreshFolder();

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
