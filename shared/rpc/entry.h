// The first half of the path of any request: who calls, whether they may, and whether the fields
// are right. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "google/protobuf/message.h"
#include "shared/rpc/endpoint.h"
#include "shared/rpc/readers.h"
#include "shared/security/tokens/token.h"
#include "shared/service/method.h"
#include "shared/service/rights.h"

namespace vivier::rpc {

// MALFORMED_REQUEST where the bytes are no message of this type.
absl::Status Parse(absl::string_view bytes, google::protobuf::Message& request);

// How often a message that is not parsed yet holds the field: two bytes an element on the wire may
// be a hundred in memory. What is no message, Parse refuses.
int CountOnWire(absl::string_view bytes, int field);

class Entry {
 public:
  // All that it points to outlives it.
  struct Surroundings {
    security::TokenVerifier* verifier;
    Readers* readers;
    std::set<std::string> schools;  // those that this process serves
    bool tls = false;               // then a service is known by its certificate and nothing else
    std::function<absl::Time()> now = absl::Now;        // the machine's: of tokens
    std::function<absl::Time()> call_time = absl::Now;  // of what rights hold
  };
  using Token = std::shared_ptr<const security::VerifiedToken>;

  explicit Entry(Surroundings surroundings);

  // Who calls, if the token or certificate is good. UNAVAILABLE while the keys of its issuer are
  // being fetched.
  absl::StatusOr<Token> Authenticate(const Peer& peer) const;
  // The same for an rpc that, where it is public, is also asked by nobody whom we know.
  absl::StatusOr<Token> Authenticate(const Method& method, const Peer& peer) const;
  // Whether it is such a caller's.
  bool IsPublic(const Token& token) const { return token == public_; }

  // Whose turn the caller's calls take where several wait (security::ShareOf), as far as that is
  // known without checking a signature; nullopt for whoever is not known yet.
  std::optional<std::string> KnownShare(const Peer& peer) const;

  // For any rpc: who calls, whether the bytes are a request of its type, whether they may, and
  // whether its fields are right. Fills `request`.
  absl::StatusOr<Token> Receive(const Method& method, absl::string_view bytes, const Peer& peer,
                                google::protobuf::Message& request) const;
  // The same where it is known who calls.
  absl::StatusOr<Token> ReceiveFrom(Token token, const Method& method, absl::string_view bytes,
                                    google::protobuf::Message& request) const;

  // OK when the caller may use the permission on the school of `name` and this process serves it;
  // else the one answer for what is unknown and what is forbidden.
  absl::Status Authorise(const security::Caller& caller, const std::string& permission,
                         const std::string& name) const;

  // What the caller's school of `name` lets them do, read now; none where the token says it all.
  absl::StatusOr<Rights> RightsAt(const security::Caller& caller, const std::string& name) const;
  // Who holds the permission for a part of the school refers to persons of that part only: others
  // are as unknown to them as those that there are not.
  absl::Status MayRefer(const Method& method, const security::Caller& caller, const Rights& rights,
                        const google::protobuf::Message& request) const;
  // The token's caller with what `rights` give to `target`; `only` says what a List may show them.
  absl::StatusOr<Token> Entitle(const Token& token, const Method& method, const std::string& target,
                                const Rights& rights, std::vector<std::string>& only) const;

 private:
  Token ServiceOf(const Peer& peer) const;

  const Surroundings surroundings_;
  const Token public_;  // whoever shows nothing
};

}  // namespace vivier::rpc
