// Whom an answer shows, read from the descriptors: the person of a message that declares one
// (`person`), and whoever a resource_reference leads to. What a message *holds* of a person and so
// is encrypted at rest is another notion (HoldsPersonalData): a list of hirings holds nothing, and
// shows who was hired.
//
//   message                         shows
//   with `person`                   that person
//   refers to who is a person       them too: Candidate, Tutor, …, whose `person` is their own name
//   neither, refers to a resource   the person in its name where the name has one (`names_person`),
//     that has to do with one       else the first such resource, which stands for its person
//   none of these is set, has       the resource itself by its name: whoever is not shown the
//     `person`                      person's name is shown theirs
//   a text with `names_in_text`     those whom the text names, besides
//   an Any                          whoever the message in it shows
//   a refusal                       who is a person, named in its metadata and not in the request
//
// A person is *opened* where the answer is about them, and a *row* where they stand in a repeated
// field. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "shared/service/method.h"

namespace vivier::rpc {

// The names of persons, each once.
struct ShownPersons {
  std::set<std::string> opened;
  std::set<std::string> rows;

  bool empty() const { return opened.empty() && rows.empty(); }
};

// Whether a message of this type can show a person, at any depth.
bool ShowsPersons(const google::protobuf::Descriptor& type);

// Whether a field of its own names a person, or holds personal data.
bool TellsOfPersons(const google::protobuf::Descriptor& type);

// The message in it; null where it is of no type that is linked in.
std::unique_ptr<google::protobuf::Message> Opened(const google::protobuf::Any& any);

// Whether each resource of this type has to do with one person.
bool IsOfPerson(const google::protobuf::Descriptor& type);

// Whether the answers of the rpc can show a person: they name one, or hold personal data of whom
// the request names.
bool ShowsPersons(const Method& method);

// Whom the message shows to `reader`: what an operation tells whoever asked for it, they brought,
// but for persons in its texts.
ShownPersons PersonsIn(const google::protobuf::Message& message, const std::string& reader = "");

// Whom the answer shows to who made the request. The answer to a write shows nobody where it holds
// no personal data but what the request brought: callers have just written that themselves.
ShownPersons PersonsShown(const Method& method, const google::protobuf::Message& request,
                          const google::protobuf::Message& answer, const std::string& reader = "");

// The persons, each with its type, whom a refusal names and its request did not.
std::map<std::string, const google::protobuf::Descriptor*> PersonsToldBy(
    const absl::Status& refusal, const google::protobuf::Message& request);

}  // namespace vivier::rpc
