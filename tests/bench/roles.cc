#include "tests/bench/roles.h"

#include <signal.h>

#include <cstdio>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "services/enrolment/enrolment.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/rpc/workers.h"
#include "shared/site/memory.h"
#include "shared/site/peers.h"
#include "shared/site/site.h"
#include "shared/transport/channel.h"
#include "shared/transport/server.h"
#include "tests/bench/fixture.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier::bench {
namespace {

constexpr int kPeerWorkers = 8;  // as many as a site has

// As `vivier serve` begins: before any thread, so that only sigwait sees them.
sigset_t BlockSignals() {
  site::PrepareAllocator();
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

void ServeUntil(const sigset_t& signals, const std::string& ready) {
  std::printf("ready %s\n", ready.c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
}

class PeerService {
 public:
  PeerService(const std::string& owner, const std::string& token, const std::string& redis)
      : cache_(0, cache::Redis::Options{.address = redis}),
        peers_(cache_, [token](const std::string&) { return token; }) {
    peers_.Set("enrolment", transport::Connect({.target = owner, .tls = std::nullopt}));
  }

  rpc::Endpoint Endpoint() {
    rpc::Endpoint endpoint;
    endpoint.method =
        enrolment::v1::GetCohortRequest::descriptor()->file()->service(0)->FindMethodByName(
            "GetCohort");
    endpoint.unary = [this](absl::string_view bytes, const rpc::Peer&,
                            std::shared_ptr<rpc::Responder> responder) {
      enrolment::v1::GetCohortRequest request;
      request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
      workers_.Submit("", "bench",
                      {[this, name = request.name(), responder] { Answer(name, *responder); },
                       [responder](const absl::Status& refused) { responder->Refuse(refused); }});
    };
    return endpoint;
  }

 private:
  void Answer(const std::string& name, rpc::Responder& responder) {
    const auto found = peers_.Fetch("enrolment", "vivier.fr/Cohort", name);
    if (!found.ok()) return responder.Refuse(found.status());
    responder.Answer(std::make_shared<const std::string>((*found)->SerializeAsString()));
  }

  cache::Layered cache_;
  site::Peers peers_;
  rpc::Workers workers_{kPeerWorkers};
};

}  // namespace

absl::Status ServeSite(const std::vector<std::string>& words) {
  site::Site::Options options;
  int batch_works_max = 0;
  if (words.size() < 3 || !absl::SimpleAtoi(words[1], &batch_works_max) ||
      !absl::SimpleAtoi(words[2], &options.near_bytes_max))
    return Internal("FOLDER BATCH_WORKS_MAX NEAR_BYTES_MAX [POSTGRES]");
  const sigset_t signals = BlockSignals();
  options.config.add_schools(kSchool);
  options.config.add_schools(kOtherSchool);
  options.config.set_network("bench");
  options.config.set_listen_address("127.0.0.1:0");
  options.config.set_engine(words.size() > 3 ? config::v1::POSTGRES : config::v1::SQLITE);
  if (words.size() > 3) options.config.set_postgres(words[3]);
  options.config.set_development(true);
  options.config.set_batch_works_max(batch_works_max);
  config::v1::ReadBudget& budget = *options.config.add_read_budgets();
  budget.set_opened(-1);  // one caller admits thousands
  budget.set_rows(-1);
  options.data = words[0];
  options.modules = {site::MakeModule<enrolment::Enrolment>()};
  options.background = false;
  ASSIGN_OR_RETURN(std::unique_ptr<site::Site> site, site::Site::Start(std::move(options)));
  const auto token = [&](const std::string& name, const std::string& school) {
    return site->Authorization(
        {name, security::Caller::Kind::kPerson, {"school_director"}, {school}, ""});
  };
  ASSIGN_OR_RETURN(const std::string director, token("director", kSchool));
  ASSIGN_OR_RETURN(const std::string deputy, token("deputy", kSchool));
  ASSIGN_OR_RETURN(const std::string other, token("other", kOtherSchool));
  ServeUntil(signals, absl::StrJoin({site->address(), director, deputy, other}, "\t"));
  site->Stop();
  return absl::OkStatus();
}

absl::Status ServePeer(const std::vector<std::string>& words) {
  if (words.size() != 3) return Internal("ENROLMENT_ADDRESS TOKEN REDIS_ADDRESS");
  const sigset_t signals = BlockSignals();
  PeerService service(words[0], words[1], words[2]);
  ASSIGN_OR_RETURN(std::unique_ptr<transport::Server> server,
                   transport::Server::Start({}, {service.Endpoint()}));
  ServeUntil(signals, server->address());
  server->Shutdown();
  return absl::OkStatus();
}

}  // namespace vivier::bench
