// The gate of identity: whether two files are one person's. Every way in (form, import, API) asks
// here, and what it finds likely a person confirms or refuses. Pure functions, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "vivier/enrolment/v1/people.pb.h"

namespace vivier::enrolment {

// By what a person is known again. Two files with an equal text of one kind are likely one
// person's: names as people compare them (each of NameKeys) with the birth date, or an e-mail
// address.
struct IdentityFact {
  const char* kind;     // "email", "person"
  const char* purpose;  // of its blind index
  std::string text;
};

// As many as the file has.
std::vector<IdentityFact> IdentityOf(const v1::Candidate& candidate);

enum class Sameness {
  kDifferent,  // nothing that both have is equal
  kLikely,     // something is: a family's address, twins, or the same person
  kSame,       // name, birth date and address are
};

Sameness Compare(const v1::Candidate& one, const v1::Candidate& other);

}  // namespace vivier::enrolment
