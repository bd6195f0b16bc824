// What the adapter does around one rpc, read once from its descriptor: `vivier explain` prints it.
// Immutable.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "shared/service/batch_shape.h"
#include "shared/service/catalogue.h"
#include "shared/storage/rows/schema.h"

namespace vivier::rpc {

// What a request may hold, in bytes: an rpc of many rows names a limit of its own between the two.
inline constexpr int kRequestBytesMax = 64 * 1024;
inline constexpr int kBulkRequestBytesMax = 4 * 1024 * 1024;

// A field reached through messages, "cohort.programme_revision".
using FieldPath = std::vector<const google::protobuf::FieldDescriptor*>;

std::string PathText(const FieldPath& path);
// The text at `path`, all of whose fields are singular; "" where a message on the way is absent.
std::string TextAt(const google::protobuf::Message& message, const FieldPath& path);

// A text that a field holds, and where: "decisions[3].learner".
struct FoundText {
  std::string field;
  std::string text;
};
// All texts at `path` that are not empty, those of repeated fields among them.
std::vector<FoundText> TextsAt(const google::protobuf::Message& message, const FieldPath& path);

// A field that names a resource.
struct Reference {
  FieldPath path;
  std::string type;     // "vivier.fr/ProgrammeRevision"
  std::string service;  // its owner, "curriculum"
};

struct Method {
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  std::string service;  // "enrolment"
  std::string permission;
  bool writes = false;
  std::string
      listed;  // what a List with a filter shows: the collection below its parent, "cohorts"
  bool standard_get = false;  // Get of a resource by its name
  bool personal = false;      // the answer holds personal data: encrypted where it is kept
  int request_bytes_max = 0;
  FieldPath target;  // the name that the permission is asked for: name, parent or RESOURCE.name
  const storage::Schema* target_schema =
      nullptr;  // the table of that name, where it is one of this service's
  const google::protobuf::FieldDescriptor* request_id = nullptr;     // null on reads
  const google::protobuf::FieldDescriptor* validate_only = nullptr;  // null where not offered
  std::vector<Reference> names;       // what the request names besides its target
  std::vector<Reference> references;  // of a write: those of them that are another service's
  std::optional<BatchShape> batch;    // where its items are requests of another rpc
};

// FAILED_PRECONDITION with every rule of the house that the rpc breaks: no permission, a write
// without a REQUIRED request_id, a List without page_token, a request without a name to ask the
// permission for, a batch in another shape than batch_shape.h draws.
absl::StatusOr<Method> Describe(const google::protobuf::MethodDescriptor* descriptor);

// Whether a message of this type can hold a pii field, at any depth.
bool HoldsPersonalData(const google::protobuf::Descriptor* type);

// Whether an rpc of some service asks for it.
bool IsPermission(const std::string& permission);

// Whether a write of another service can refer to resources of this type, so that others may hold
// copies.
bool IsReferencedByOthers(const google::protobuf::Descriptor& resource);

}  // namespace vivier::rpc
