// A site of a process for each service with very many rows and an edge before it; callers of the
// lowest roles who ask at once what costs it most, and honest ones beside them. Not thread-safe.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "shared/transport/tls.h"
#include "tests/journey/school_processes.h"
#include "tests/walls/attackers.h"
#include "tests/walls/costly_requests.h"

namespace vivier::testing {

class CrowdedSite {
 public:
  // How callers come in. Attackers and honest callers have other addresses.
  struct Way {
    std::string name;
    std::map<std::string, std::string> attackers, honest;  // targets, by service
    std::optional<transport::Tls> tls;
  };

  CrowdedSite(storage::Engine engine, int64_t rows);
  ~CrowdedSite();

  int64_t rows() const { return rows_; }
  // Straight to the services, and through nginx as a site has it.
  const Way& inside() const { return inside_; }
  const Way& edge() const { return edge_; }

  // Callers of the lowest roles, and of what an access link opens.
  std::vector<Asker> Lowest();

  // What each asks alone, the costliest first.
  std::vector<Costly> Costliest(const Asker& asker);

  // Attackers of one role who ask these for so long, and beside them honest callers of four
  // services, some calls a second. No attackers where there is nothing to ask.
  struct Outcome {
    Calls attackers, honest;
  };
  Outcome Attack(const Way& way, const Asker& asker, const std::vector<Costly>& requests,
                 absl::Duration time);

  // Which of the processes that were started at first runs no longer, "" when all do.
  std::string Dead();

 private:
  std::string Token(const std::string& role, const std::string& acts_for = "");
  std::string Session(const std::string& purpose, const std::string& resource);
  void StartEdge();

  std::unique_ptr<SchoolProcesses> school_;
  int64_t rows_;
  std::map<std::string, pid_t> ids_;
  std::string honest_;  // their authorization
  std::unique_ptr<Process> nginx_;
  Way inside_, edge_;
};

struct Siege {
  storage::Engine engine;
  int64_t rows;
  absl::Duration time;              // of each attack
  std::optional<double> ratio_max;  // of the honest callers' p99 to that of before; nullopt: any
};

// Each of the lowest roles attacks, inside and through the edge. Prints what its requests cost
// alone and what became of the attack; fails the test where an honest call was refused or waited
// too long, a process ended, or an attacker met with anything but an answer or a clear refusal.
void Besiege(const Siege& siege);

}  // namespace vivier::testing
