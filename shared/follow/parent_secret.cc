#include "shared/follow/parent_secret.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"
#include "shared/base/uuid.h"
#include "shared/log/log.h"
#include "shared/security/secret_file.h"

namespace vivier::follow {
namespace {

// A parent that is away comes back soon; one that refuses has to be talked to.
constexpr absl::Duration kAfterFailure = absl::Seconds(10);
constexpr absl::Duration kAfterRefusal = absl::Minutes(10);

absl::Status NotJoined(const std::string& target, absl::string_view why) {
  return Error(absl::StatusCode::kFailedPrecondition, "NOT_JOINED",
               absl::StrCat("this school is not known at ", target, ": ", why,
                            "; ask the parent for a join code (docs/node.md)"));
}

// The secrets themselves stand in no log and in no request_id.
std::string HashOf(const std::string& secret) { return Hex(Sha256(secret)); }

}  // namespace

ParentSecret::ParentSecret(Options options)
    : options_(std::move(options)),
      timer_(*options_.scheduler, Scheduler::Lane::kOutside, [this] { Run(); }) {
  Read();
  timer_.In(absl::ZeroDuration());
}

void ParentSecret::Read() {
  const absl::StatusOr<std::string> text = security::ReadSecretFile(options_.secret_file);
  if (!text.ok()) return;
  if (google::protobuf::TextFormat::ParseFromString(*text, &kept_)) return;
  kept_.Clear();
  Log(LogLevel::kWarning, "what the school is known by at a parent cannot be read",
      {{"target", options_.target}, {"file", options_.secret_file}});
}

void ParentSecret::Run() {
  std::lock_guard<std::mutex> lock(mutex_);
  const bool joined = Refresh().ok();
  const absl::Time now = options_.now();
  const absl::Time due = joined ? ToTime(kept_.renew_time()) : now + kAfterFailure;
  timer_.In(std::max(due, try_again_) - now);
}

absl::StatusOr<std::string> ParentSecret::Authorization() {
  std::lock_guard<std::mutex> lock(mutex_);
  RETURN_IF_ERROR(Refresh());
  return absl::StrCat("Bearer ", kept_.secret());
}

bool ParentSecret::IsGood(absl::Time now) const {
  return !kept_.secret().empty() && now < ToTime(kept_.expire_time());
}

absl::Status ParentSecret::Refresh() {
  const absl::Time now = options_.now();
  const absl::StatusOr<std::string> file = security::ReadSecretFile(options_.code_file);
  const std::string code(absl::StripAsciiWhitespace(file.value_or("")));
  const std::string code_hash = code.empty() ? "" : HashOf(code);
  const bool is_new = !code.empty() && code_hash != kept_.code_hash();
  const bool is_good = IsGood(now);
  if (!is_new && is_good && now < ToTime(kept_.renew_time())) return absl::OkStatus();
  if (now < try_again_ && code_hash == tried_) return is_good ? absl::OkStatus() : failure_;
  absl::Status done;
  if (is_new)
    done = Ask(options_.joining->join, code, code_hash);
  else if (is_good)
    done = Ask(options_.joining->renew, kept_.secret(), kept_.code_hash());
  else if (!kept_.secret().empty())
    done = NotJoined(options_.target, "its secret was not renewed before its end");
  else
    done = NotJoined(options_.target, file.ok() ? absl::StrCat(options_.code_file, " is empty")
                                                : std::string(file.status().message()));
  if (!done.ok()) done = TryAgainLater(std::move(done), code_hash, now);
  return IsGood(now) ? absl::OkStatus() : done;
}

absl::Status ParentSecret::TryAgainLater(absl::Status failure, const std::string& code_hash,
                                         absl::Time now) {
  if (failure != failure_ || now >= log_again_) {
    log_again_ = now + kAfterRefusal;
    Log(LogLevel::kWarning, "a parent does not know this school, or will not for long",
        {{"target", options_.target},
         {"school", options_.school},
         {"error", failure.message()},
         {"reason", ReasonOf(failure)},
         {"known_until",
          kept_.secret().empty() ? "" : absl::FormatTime(ToTime(kept_.expire_time()))}});
  }
  const bool refused = absl::IsFailedPrecondition(failure) || absl::IsPermissionDenied(failure) ||
                       absl::IsUnauthenticated(failure);
  failure_ = failure;
  tried_ = code_hash;
  // A file that somebody puts there is seen at the next look.
  const bool by_parent = refused && ReasonOf(failure) != "NOT_JOINED";
  try_again_ = now + (by_parent ? kAfterRefusal : kAfterFailure);
  if (by_parent) KeepRefusal(failure, now);
  return failure;
}

// For `vivier doctor`, once the secret is over and the parent says nothing of it any more.
void ParentSecret::KeepRefusal(const absl::Status& refusal, absl::Time now) {
  if (kept_.refusal() == refusal.message()) return;
  kept_.set_refusal(std::string(refusal.message()));
  *kept_.mutable_refuse_time() = ToTimestamp(now);
  if (const absl::Status written = Keep(kept_); !written.ok())
    Log(LogLevel::kWarning, "what a parent refused is not kept",
        {{"target", options_.target}, {"error", written.message()}});
}

absl::Status ParentSecret::Keep(const security::v1::MembershipSecret& secret) const {
  std::string text;
  google::protobuf::TextFormat::PrintToString(secret, &text);
  return security::ReplaceSecretFile(options_.secret_file, text);
}

absl::Status ParentSecret::Ask(const rpc::Joining::Ask& ask, const std::string& shown,
                               const std::string& code_hash) {
  const std::string id = UuidOf(
      HashOf(absl::StrCat(options_.salt, "|", options_.target, "|", options_.school, "|", shown)));
  const rpc::Outside outside(options_.school, options_.target, id, {nullptr, ""},
                             {options_.there, absl::StrCat("Bearer ", shown)});
  ASSIGN_OR_RETURN(security::v1::MembershipSecret answer, ask(outside));
  answer.set_code_hash(code_hash);
  RETURN_IF_ERROR(Keep(answer));
  const bool joined = kept_.code_hash() != code_hash;
  kept_ = std::move(answer);
  try_again_ = absl::InfinitePast();
  Log(LogLevel::kInfo,
      joined ? "the school has joined a parent" : "the school's secret at a parent is renewed",
      {{"target", options_.target},
       {"school", options_.school},
       {"known_until", absl::FormatTime(ToTime(kept_.expire_time()))}});
  return absl::OkStatus();
}

}  // namespace vivier::follow
