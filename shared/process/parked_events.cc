#include "shared/process/parked_events.h"

#include <functional>
#include <string>
#include <utility>
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
#include "shared/storage/rows/page_token.h"

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

// Events of one page: some thousand statements of a retry, each a commit.
constexpr int kPageSizeMax = 500;

// SERVICE/PRODUCER/NUMBER.
struct Place {
  std::string service;
  follow::ParkedPlace event;
};

absl::StatusOr<Place> Parse(absl::string_view text, absl::string_view field) {
  const std::vector<std::string> parts = absl::StrSplit(text, '/');
  Place place;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[2], &place.event.number))
    return InvalidField(field, "is no SERVICE/PRODUCER/NUMBER");
  place.service = parts[0];
  place.event.producer = parts[1];
  return place;
}

const security::SchoolKey* KeyOf(const std::vector<follow::ParkedAt>& services) {
  return services.empty() ? nullptr : services[0].readers->school_key();
}

// Where the page of a query begins; without a service, at the first.
absl::StatusOr<Place> BeginOf(const security::SchoolKey* key, const std::string& token,
                              const std::string& parent, const std::string& query) {
  ASSIGN_OR_RETURN(const std::string after, storage::ReadPageToken(key, token, parent, query));
  const size_t first = parent.size() + 1;
  return after.size() == first ? Place()
                               : Parse(absl::string_view(after).substr(first), "page_token");
}

using See =
    std::function<absl::Status(const follow::ParkedAt& at, std::vector<v1::ParkedEvent> page)>;

// Shows one page, in parts of one service each; gives the token of the next.
absl::StatusOr<std::string> SeePage(const std::vector<follow::ParkedAt>& services,
                                    const std::string& parent, const follow::ParkedSubject& of,
                                    Place begin, int size, const std::string& query,
                                    const See& see) {
  int room = size > 0 ? size : kPageSizeMax;
  for (const follow::ParkedAt& at : services) {
    if (!begin.service.empty() && begin.service != at.service) continue;
    ASSIGN_OR_RETURN(
        std::vector<v1::ParkedEvent> page,
        follow::ReadParked(at, std::string(SchoolOf(parent)), of, begin.event, room + 1));
    const bool more = page.size() > static_cast<size_t>(room);
    if (more) page.pop_back();
    room -= static_cast<int>(page.size());
    if (!page.empty()) begin.event = {page.back().producer(), page.back().number()};
    const std::string last =
        absl::StrCat(parent, "/", at.service, "/", begin.event.producer, "/", begin.event.number);
    RETURN_IF_ERROR(see(at, std::move(page)));
    if (more) return storage::PageTokenAfter(KeyOf(services), last, query);
    begin = Place();
  }
  return "";
}

// The services that are asked, and whose events: of one subject, or all.
struct Asked {
  std::vector<follow::ParkedAt> services;
  follow::ParkedSubject of;
};

absl::StatusOr<Asked> AskedBy(const std::vector<follow::ParkedAt>& services,
                              const v1::RetryParkedEventsRequest& request) {
  if (request.event().empty()) return Asked{services, {}};
  ASSIGN_OR_RETURN(const Place place, Parse(request.event(), "event"));
  for (const follow::ParkedAt& at : services)
    if (at.service == place.service) {
      ASSIGN_OR_RETURN(
          follow::ParkedSubject of,
          follow::FindParked(at, std::string(SchoolOf(request.parent())), place.event));
      return Asked{{at}, std::move(of)};
    }
  return Asked();
}

}  // namespace

absl::StatusOr<v1::SearchParkedEventsResponse> SearchParked(
    const std::vector<follow::ParkedAt>& services, const v1::SearchParkedEventsRequest& request) {
  ASSIGN_OR_RETURN(const Place begin,
                   BeginOf(KeyOf(services), request.page_token(), request.parent(), ""));
  v1::SearchParkedEventsResponse response;
  ASSIGN_OR_RETURN(*response.mutable_next_page_token(),
                   SeePage(services, request.parent(), {}, begin, request.page_size(), "",
                           [&](const follow::ParkedAt&, std::vector<v1::ParkedEvent> page) {
                             for (v1::ParkedEvent& event : page)
                               *response.add_events() = std::move(event);
                             return absl::OkStatus();
                           }));
  return response;
}

absl::StatusOr<v1::RetryParkedEventsResponse> RetryParked(
    const std::vector<follow::ParkedAt>& services, const v1::RetryParkedEventsRequest& request,
    const security::Caller& caller) {
  const std::string& query = request.event();
  ASSIGN_OR_RETURN(const Place begin,
                   BeginOf(KeyOf(services), request.page_token(), request.parent(), query));
  ASSIGN_OR_RETURN(const Asked asked, AskedBy(services, request));
  v1::RetryParkedEventsResponse response;
  const auto retry = [&](const follow::ParkedAt& at,
                         const std::vector<v1::ParkedEvent>& page) -> absl::Status {
    RETURN_IF_ERROR(Remember(at, request, caller));
    const v1::RetryParkedEventsResponse retried =
        follow::RetryParked(at, std::string(SchoolOf(request.parent())), page);
    response.set_applied(response.applied() + retried.applied());
    response.mutable_parked()->MergeFrom(retried.parked());
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(*response.mutable_next_page_token(),
                   SeePage(asked.services, request.parent(), asked.of, begin, 0, query, retry));
  return response;
}

}  // namespace vivier::site
