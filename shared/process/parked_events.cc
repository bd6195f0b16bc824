#include "shared/process/parked_events.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/base/canonical.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/service/channel.h"
#include "shared/storage/log/perform.h"

namespace vivier::site {
namespace {

using storage::Transaction;

// Once for a request_id: a repetition goes on where the first one ended, and needs no other record.
absl::Status Remember(const follow::ParkedAt& at, const v1::RetryParkedEventsRequest& request,
                      const security::Caller& caller) {
  const std::string id = absl::AsciiStrToLower(request.request_id());
  const std::string method =
      rpc::MethodTaking(*v1::RetryParkedEventsRequest::descriptor())->full_name();
  const storage::Answer answer{caller.subject, method, CanonicalHash(request), "", ""};
  const auto remember = [&](Transaction& transaction, absl::Time now) -> absl::Status {
    ASSIGN_OR_RETURN(const storage::Answer* known, transaction.FindAnswer(id));
    if (known == nullptr) {
      storage::Unit unit(transaction);
      unit.Remember(id, answer, now);
      return unit.Apply({caller.subject, method, request.parent(), id, answer.request_hash, "", ""},
                        now);
    }
    if (known->principal == caller.subject && known->method == method &&
        known->request_hash == answer.request_hash)
      return absl::OkStatus();
    return Error(absl::StatusCode::kInvalidArgument, "REQUEST_ID_REUSED",
                 "this request_id was used for another request", {{"field", "request_id"}});
  };
  return storage::Perform(*at.writer, std::string(SchoolOf(request.parent())), remember);
}

// The producer and the subject of SERVICE/PRODUCER/NUMBER; both empty for all.
struct Subject {
  std::string producer, subject;
};

absl::StatusOr<Subject> SubjectOf(const follow::ParkedAt& at, const std::string& school,
                                  const std::vector<std::string>& parts) {
  ASSIGN_OR_RETURN(const std::vector<v1::ParkedEvent> all,
                   follow::ReadParked(*at.readers, at.service, school));
  const auto found = std::find_if(all.begin(), all.end(), [&](const v1::ParkedEvent& event) {
    return event.producer() == parts[1] && absl::StrCat(event.number()) == parts[2];
  });
  if (found == all.end()) return NotFound(absl::StrCat(parts[0], "/", parts[1], "/", parts[2]));
  return Subject{found->producer(), found->subject()};
}

}  // namespace

absl::StatusOr<v1::RetryParkedEventsResponse> RetryParkedAt(
    const follow::ParkedAt& at, const v1::RetryParkedEventsRequest& request,
    const security::Caller& caller) {
  const std::string school(SchoolOf(request.parent()));
  Subject subject;
  if (!request.event().empty()) {
    const std::vector<std::string> parts = absl::StrSplit(request.event(), '/');
    if (parts.size() != 3) return InvalidField("event", "is no SERVICE/PRODUCER/NUMBER");
    if (parts[0] != at.service) return v1::RetryParkedEventsResponse();
    ASSIGN_OR_RETURN(subject, SubjectOf(at, school, parts));
  }
  RETURN_IF_ERROR(Remember(at, request, caller));
  return follow::RetryParked(at, school, subject.producer, subject.subject);
}

}  // namespace vivier::site
