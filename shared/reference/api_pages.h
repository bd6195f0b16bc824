// The reference of the API as Markdown, printed from the descriptors and the comments of the
// .protos: for each rpc who may call it, what it takes and answers, within which limits, why it
// refuses, which events tell of its resource, and a request to copy. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "shared/reference/proto_texts.h"
#include "shared/service/method.h"

namespace vivier::reference {

// What an rpc does, in a line.
std::string EffectOf(const rpc::Method& method);
// That anybody may ask it, "" where they may not.
absl::string_view PublicText(const rpc::Method& method);
// What is kept of its answer, and of whom it tells; "" where there is nothing to say.
absl::string_view KeptText(const rpc::Method& method);

// Those that have a page: the services of the trade, then those that every process has.
std::vector<std::string> PagedServices();

// The page of one of them, "enrolment".
std::string ApiPage(const std::string& service, const CommentedProtos& protos);

// Writes README.md and a page a service below `folder`; INVALID_ARGUMENT where it cannot.
absl::Status WriteApiPages(const std::string& folder);

}  // namespace vivier::reference
