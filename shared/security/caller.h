// Who is calling and how far they may reach. Built by the adapter from a verified token or
// certificate, never from a request. A plain value; thread-safe as such.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace vivier::security {

struct Caller {
  enum class Kind { kPerson, kService, kPartner };

  std::string subject;  // as the issuer names them: unique among callers, no personal data
  Kind kind = Kind::kPerson;
  std::vector<std::string> roles;    // rows of services/policy/roles.cc
  std::vector<std::string> schools;  // school ids ("nancy"), or "*" for the whole network
  std::string acts_for;  // kPartner: the one company or funder, as its resource is named
};

// Whose turn the caller's requests take where several wait: "" for a service of ours, which bounds
// itself and is never refused for load.
inline absl::string_view ShareOf(const Caller& caller) {
  return caller.kind == Caller::Kind::kService ? "" : absl::string_view(caller.subject);
}

// Whether the caller's schools contain `school`. Nobody is in the school "".
bool InSchool(const Caller& caller, absl::string_view school);

// Whether the resource name begins with schools/{school} of one of the caller's schools; a name
// that belongs to no school is in the scope of network-wide callers only. What a partner may see
// inside the school is decided where its data is read.
bool InScope(const Caller& caller, absl::string_view resource_name);

}  // namespace vivier::security
