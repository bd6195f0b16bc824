#include "shared/process/trail.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/storage/log/unit.h"
#include "shared/storage/rows/page_token.h"

namespace vivier::site {
namespace {

using storage::Result;
using storage::Row;
using storage::Transaction;
using storage::Value;

constexpr int kDaysDefault = 30;
constexpr int kPageSizeMax = 500;
// Records that one page looks at, a few milliseconds' worth: no index leads to a resource's, since
// it is asked rarely and every write would pay.
constexpr int64_t kLookedAtMax = 10'000;

// The first day that is asked for, in days since 1970.
int64_t FirstDay(absl::Time now, int32_t days) {
  return UtcDayNumber(now) - (days > 0 ? days : kDaysDefault) + 1;
}

// Where a page begins in a trail: below that number of a record or of a day, in which case behind
// that principal.
struct Place {
  int64_t number = std::numeric_limits<int64_t>::max();
  std::string principal;
};

// Reads a part of one trail from `place` on, at most `room` rows, and says where the rest begins,
// if there is any.
using ReadPart = std::function<absl::StatusOr<std::optional<Place>>(
    Transaction& transaction, const std::string& service, const Place& place, int room)>;

// The token's text behind the name that was asked for: "SERVICE/NUMBER/PRINCIPAL".
absl::StatusOr<std::pair<std::string, Place>> Parse(absl::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('/', 2));
  std::pair<std::string, Place> begin;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[1], &begin.second.number))
    return InvalidField("page_token", "is not a token of this query");
  begin.first = parts[0];
  begin.second.principal = parts[2];
  return begin;
}

template <class Request>
std::string QueryOf(const Request& request) {
  return ChainHash(
      "", {request.GetDescriptor()->full_name(), request.name(), absl::StrCat(request.days())});
}

// Fills a page from the trails and gives the token of the next.
template <class Request, class Response>
absl::Status FillPage(const std::vector<Trail>& trails, const Request& request,
                      const std::function<int(const Response&)>& size, const ReadPart& read,
                      Response& response) {
  const std::string query = QueryOf(request), first = request.name() + "/";
  ASSIGN_OR_RETURN(const std::string after,
                   storage::ReadPageToken(request.page_token(), request.name(), query));
  std::pair<std::string, Place> begin;
  if (after != first) {
    ASSIGN_OR_RETURN(begin, Parse(absl::string_view(after).substr(first.size())));
  }
  const int page_size = request.page_size() > 0 ? request.page_size() : kPageSizeMax;
  auto trail = std::find_if(trails.begin(), trails.end(), [&](const Trail& some) {
    return begin.first.empty() || some.service == begin.first;
  });
  std::optional<Place> place = begin.second;
  for (; trail != trails.end(); ++trail, place = Place()) {
    RETURN_IF_ERROR(trail->readers->Read(
        std::string(SchoolOf(request.name())), [&](Transaction& transaction) -> absl::Status {
          ASSIGN_OR_RETURN(place,
                           read(transaction, trail->service, *place, page_size - size(response)));
          return absl::OkStatus();
        }));
    if (!place.has_value()) continue;
    response.set_next_page_token(storage::PageTokenAfter(
        absl::StrCat(first, trail->service, "/", place->number, "/", place->principal), query));
    return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Place>> ReadReads(Transaction& transaction, const std::string& service,
                                               const v1::SearchPersonReadsRequest& request,
                                               int64_t first_day, const Place& place, int room,
                                               v1::SearchPersonReadsResponse& response) {
  ASSIGN_OR_RETURN(
      const Result result,
      transaction.connection().Query(
          absl::StrCat(
              "SELECT day, principal, first_time, first_method, reads, opened FROM person_reads "
              "WHERE school = $1 AND person = $2 AND day >= $3 AND day <= $4 AND "
              "(day < $4 OR principal > $5) ORDER BY day DESC, principal LIMIT ",
              room + 1),
          {Value(transaction.school()), Value(request.name()), Value(first_day),
           Value(place.number), Value(place.principal)}));
  const size_t count = std::min(result.rows.size(), static_cast<size_t>(room));
  Place last = place;
  for (size_t i = 0; i < count; ++i) {
    const Row& row = result.rows[i];
    v1::PersonRead& read = *response.add_reads();
    read.set_service(service);
    read.set_principal(std::get<std::string>(row[1]));
    *read.mutable_first_time() = ToTimestamp(absl::FromUnixMicros(std::get<int64_t>(row[2])));
    read.set_first_method(std::get<std::string>(row[3]));
    read.set_reads(std::get<int64_t>(row[4]));
    read.set_opened(std::get<int64_t>(row[5]));
    last = {std::get<int64_t>(row[0]), read.principal()};
  }
  if (count == result.rows.size()) return std::nullopt;
  return last;
}

v1::AuditRecord ToRecord(const std::string& service, const Row& row) {
  v1::AuditRecord record;
  record.set_service(service);
  record.set_number(std::get<int64_t>(row[0]));
  record.set_principal(std::get<std::string>(row[1]));
  record.set_method(std::get<std::string>(row[2]));
  record.set_resource(std::get<std::string>(row[3]));
  record.set_request_id(std::get<std::string>(row[4]));
  record.set_reason(std::get<std::string>(row[5]));
  *record.mutable_create_time() = ToTimestamp(absl::FromUnixMicros(std::get<int64_t>(row[6])));
  return record;
}

absl::StatusOr<int64_t> LastRecord(Transaction& transaction) {
  ASSIGN_OR_RETURN(const Result head, transaction.connection().Query(
                                          "SELECT audit_number FROM heads WHERE school = $1",
                                          {Value(transaction.school())}));
  return head.rows.empty() ? 0 : std::get<int64_t>(head.rows[0][0]);
}

absl::StatusOr<std::optional<Place>> ReadChanges(Transaction& transaction,
                                                 const std::string& service,
                                                 const v1::SearchAuditRecordsRequest& request,
                                                 absl::Time first_time, const Place& place,
                                                 int room,
                                                 v1::SearchAuditRecordsResponse& response) {
  ASSIGN_OR_RETURN(const int64_t last, LastRecord(transaction));
  const int64_t below = std::min(place.number, last + 1);
  const int64_t from = std::max<int64_t>(1, below - kLookedAtMax);
  // '0' follows '/': what lies below the name.
  ASSIGN_OR_RETURN(
      const Result result,
      transaction.connection().Query(
          absl::StrCat(
              "SELECT number, principal, method, resource, request_id, reason, create_time "
              "FROM audit_records WHERE school = $1 AND number < $2 AND number >= $3 AND "
              "(resource = $4 OR resource >= $5 AND resource < $6) AND create_time >= $7 "
              "ORDER BY number DESC LIMIT ",
              room + 1),
          {Value(transaction.school()), Value(below), Value(from), Value(request.name()),
           Value(request.name() + "/"), Value(request.name() + "0"),
           Value(absl::ToUnixMicros(first_time))}));
  const size_t count = std::min(result.rows.size(), static_cast<size_t>(room));
  for (size_t i = 0; i < count; ++i) *response.add_records() = ToRecord(service, result.rows[i]);
  if (count < result.rows.size())
    return Place{std::get<int64_t>(result.rows[count][0]) + 1, ""};  // begins with that one
  if (from == 1) return std::nullopt;
  return Place{from, ""};
}

}  // namespace

absl::StatusOr<v1::SearchPersonReadsResponse> FindReads(const std::vector<Trail>& trails,
                                                        const v1::SearchPersonReadsRequest& request,
                                                        absl::Time now) {
  v1::SearchPersonReadsResponse response;
  RETURN_IF_ERROR((FillPage<v1::SearchPersonReadsRequest, v1::SearchPersonReadsResponse>(
      trails, request, [](const auto& page) { return page.reads_size(); },
      [&](Transaction& transaction, const std::string& service, const Place& place, int room) {
        return ReadReads(transaction, service, request, FirstDay(now, request.days()), place, room,
                         response);
      },
      response)));
  return response;
}

absl::StatusOr<v1::SearchAuditRecordsResponse> FindChanges(
    const std::vector<Trail>& trails, const v1::SearchAuditRecordsRequest& request,
    absl::Time now) {
  const absl::Time first = absl::UnixEpoch() + absl::Hours(24) * FirstDay(now, request.days());
  v1::SearchAuditRecordsResponse response;
  RETURN_IF_ERROR((FillPage<v1::SearchAuditRecordsRequest, v1::SearchAuditRecordsResponse>(
      trails, request, [](const auto& page) { return page.records_size(); },
      [&](Transaction& transaction, const std::string& service, const Place& place, int room) {
        return ReadChanges(transaction, service, request, first, place, room, response);
      },
      response)));
  return response;
}

}  // namespace vivier::site
