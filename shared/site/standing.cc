#include "shared/site/standing.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/uuid.h"
#include "shared/security/secret_file.h"
#include "shared/service/service.h"
#include "shared/site/certificates.h"
#include "shared/transport/channel.h"
#include "vivier/security/v1/membership_secret.pb.h"

namespace vivier::site {
namespace {

using Kept = security::v1::MembershipSecret;

// Empty where there is nothing.
Kept ReadKept(const std::string& file) {
  Kept kept;
  if (const auto text = security::ReadSecretFile(file); text.ok())
    google::protobuf::TextFormat::ParseFromString(*text, &kept);
  return kept;
}

absl::Status AskParent(const config::v1::Parent& parent, const std::string& school,
                       const std::string& secret, const std::vector<Module>& modules) {
  const auto channel =
      transport::Connect({.target = parent.address(), .tls = ParentTls(parent), .retry = false});
  for (const Module& module : modules)
    if (const rpc::Joining& joining = module.service.joining(); joining.stands != nullptr)
      return joining.stands(rpc::Outside(school, parent.name(), RandomUuid(), {nullptr, ""},
                                         {channel.get(), absl::StrCat("Bearer ", secret)}));
  return absl::OkStatus();
}

std::string Utc(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d %H:%M UTC", ToTime(time), absl::UTCTimeZone());
}

std::string WasRefused(const Kept& kept) {
  return absl::StrCat("was refused there on ", Utc(kept.refuse_time()), ": ", kept.refusal());
}

// With the parent's reason in its own words, where it gave one.
std::string IsRefused(const absl::Status& said) {
  std::string text = absl::StrCat("is refused there: ", said.message());
  for (const auto& [key, value] : MetadataOf(said))
    if (key == "why") absl::StrAppend(&text, ", because: ", value);
  return text;
}

// Of a secret whose end has not come.
Standing OfGoodSecret(const Kept& kept, const absl::Status& said, const std::string& new_code) {
  const std::string until = absl::StrCat("is known there until ", Utc(kept.expire_time()));
  if (said.ok()) return {Standing::kKnown, until, ""};
  if (!absl::IsUnavailable(said) && !absl::IsDeadlineExceeded(said))
    return {Standing::kNotKnown, IsRefused(said), new_code};
  if (!kept.refusal().empty()) return {Standing::kNotKnown, WasRefused(kept), new_code};
  return {Standing::kUnsure, absl::StrCat(until, ", unless it was revoked since"),
          "look again once the parent answers"};
}

}  // namespace

Standing StandingAt(const config::v1::Parent& parent, const std::string& school,
                    const std::string& data, const std::vector<Module>& modules) {
  const std::string code_file = absl::StrCat(parent.join_codes(), "/", school);
  const std::string new_code = absl::StrCat(
      "speak with who keeps the parent; once they have issued a new join code, put it into ",
      code_file, " (docs/node.md)");
  const Kept kept = ReadKept(ParentSecretFile(data, parent, school));
  if (!kept.secret().empty() && absl::Now() < ToTime(kept.expire_time()))
    return OfGoodSecret(kept, AskParent(parent, school, kept.secret(), modules), new_code);
  const absl::StatusOr<std::string> code = security::ReadSecretFile(code_file);
  const bool is_new =
      code.ok() && Hex(Sha256(absl::StripAsciiWhitespace(*code))) != kept.code_hash();
  if (!kept.refusal().empty()) return {Standing::kNotKnown, WasRefused(kept), new_code};
  if (!kept.secret().empty() && !is_new)
    return {Standing::kNotKnown,
            absl::StrCat("was known there until ", Utc(kept.expire_time()),
                         ", and its secret was not renewed; the join code was used"),
            new_code};
  if (code.ok())
    return {Standing::kUnsure, "has a join code and has not joined yet",
            "statistics joins when it runs; its log says what hinders it"};
  return {Standing::kNotKnown, absl::StrCat("is not known there: ", code.status().message()),
          "ask the parent for a join code (docs/node.md)"};
}

}  // namespace vivier::site
