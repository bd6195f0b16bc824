// What is asked of an issuer over HTTP: JSON in answer to a GET, or to a form. Follows no redirect,
// and takes plain http on loopback only. Functions without state, thread-safe.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/struct.pb.h"

namespace vivier::signin {

using Form = std::vector<std::pair<std::string, std::string>>;

struct Answer {
  long status = 0;
  google::protobuf::Struct json;  // empty where the answer is no JSON object

  // "" where there is no such text.
  std::string Text(const std::string& member) const;
  // 0 where there is no such number.
  double Number(const std::string& member) const;
};

// `authority_file` names who may have signed for the server, where the system does not know them.
absl::StatusOr<Answer> Get(const std::string& url, const std::string& authority_file);
absl::StatusOr<Answer> Post(const std::string& url, const Form& form,
                            const std::string& authority_file);

// "a=1&b=x%20y"
std::string Encoded(const Form& form);
// A name or value of it; what is no escape stays as it is.
std::string Decoded(absl::string_view text);

}  // namespace vivier::signin
