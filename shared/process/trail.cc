#include "shared/process/trail.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/process/person_file.h"
#include "shared/storage/log/audit_trail.h"
#include "shared/storage/log/house_tables.h"
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
// Names by which a person is looked for: as many as a request may bring, ten times a long training.
constexpr size_t kPersonNamesMax = 10'000;
constexpr size_t kNamesMax = 100;  // of one statement

// The first day that is asked for, in days since 1970.
int64_t FirstDay(absl::Time now, int32_t days) {
  return UtcDayNumber(now) - (days > 0 ? days : kDaysDefault) + 1;
}

// Where a page begins in a trail: below that number of a record or of a day, in which case behind
// that principal and person, "PERSON PRINCIPAL". Of a record the text says which trail it is of.
struct Place {
  int64_t number = std::numeric_limits<int64_t>::max();
  std::string behind;
};

// Reads a part of one trail from `place` on, at most `room` rows, and says where the rest begins,
// if there is any.
using ReadPart = std::function<absl::StatusOr<std::optional<Place>>(
    Transaction& transaction, const std::string& service, const Place& place, int room)>;

// The token's text behind the name that was asked for: "SERVICE/NUMBER/BEHIND".
absl::StatusOr<std::pair<std::string, Place>> Parse(absl::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('/', 2));
  std::pair<std::string, Place> begin;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[1], &begin.second.number))
    return InvalidField("page_token", "is not a token of this query");
  begin.first = parts[0];
  begin.second.behind = parts[2];
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
  const security::SchoolKey* key = trails.empty() ? nullptr : trails[0].readers->school_key();
  ASSIGN_OR_RETURN(const std::string after,
                   storage::ReadPageToken(key, request.page_token(), request.name(), query));
  std::pair<std::string, Place> begin;
  if (after != first) {
    ASSIGN_OR_RETURN(begin, Parse(absl::string_view(after).substr(first.size())));
  }
  const int page_size = request.page_size() > 0 ? request.page_size() : kPageSizeMax;
  auto trail = std::find_if(trails.begin(), trails.end(), [&](const Trail& some) {
    return begin.first.empty() || some.service->name() == begin.first;
  });
  std::optional<Place> place = begin.second;
  for (; trail != trails.end(); ++trail, place = Place()) {
    RETURN_IF_ERROR(trail->readers->Read(
        std::string(SchoolOf(request.name())), [&](Transaction& transaction) -> absl::Status {
          ASSIGN_OR_RETURN(
              place, read(transaction, trail->service->name(), *place, page_size - size(response)));
          return absl::OkStatus();
        }));
    if (!place.has_value()) continue;
    response.set_next_page_token(storage::PageTokenAfter(
        key, absl::StrCat(first, trail->service->name(), "/", place->number, "/", place->behind),
        query));
    return absl::OkStatus();
  }
  return absl::OkStatus();
}

// All names by which the services know the person, who is asked for by some of them.
absl::StatusOr<std::vector<std::string>> NamesOf(const std::vector<Trail>& trails,
                                                 const v1::SearchPersonReadsRequest& request) {
  std::set<std::string> names(request.names().begin(), request.names().end());
  names.insert(request.name());
  for (size_t before = 0; before < names.size();) {
    before = names.size();
    for (const Trail& trail : trails)
      RETURN_IF_ERROR(trail.readers->Read(
          std::string(SchoolOf(request.name())),
          [&](Transaction& transaction) {
            return AddPersonNames(*trail.service, transaction, kPersonNamesMax, names);
          },
          storage::Access::kLongRead));
  }
  return std::vector<std::string>(names.begin(), names.end());
}

// The order of a page of readings.
bool ComesBefore(const Row& one, const Row& other) {
  const int64_t day = std::get<int64_t>(one[2]), of_other = std::get<int64_t>(other[2]);
  if (day != of_other) return day > of_other;
  const auto text = [](const Row& row, size_t i) { return std::get<std::string>(row[i]); };
  if (one[1] != other[1]) return text(one, 1) < text(other, 1);
  return text(one, 3) < text(other, 3);
}

// The first readings of the days from `first_day` on, at most `limit` of them.
absl::StatusOr<std::vector<Row>> FirstReads(Transaction& transaction,
                                            const std::vector<std::string>& names,
                                            int64_t first_day, const Place& place, int limit) {
  const std::pair<std::string, std::string> behind =
      absl::StrSplit(place.behind, absl::MaxSplits(' ', 1));
  std::vector<Row> first;
  for (absl::Span<const std::string> rest = names; !rest.empty();) {
    const auto some = rest.subspan(0, kNamesMax);
    rest.remove_prefix(some.size());
    std::vector<Value> parameters = {Value(first_day), Value(place.number), Value(behind.second),
                                     Value(behind.first)};
    for (const std::string& name : some) parameters.emplace_back(name);
    ASSIGN_OR_RETURN(std::vector<Row> rows,
                     storage::house::PersonReads().Select(
                         transaction, ReadsOfPersons(some.size(), limit), parameters));
    first.insert(first.end(), std::make_move_iterator(rows.begin()),
                 std::make_move_iterator(rows.end()));
    std::sort(first.begin(), first.end(), &ComesBefore);
    if (std::ssize(first) > limit) first.resize(static_cast<size_t>(limit));
  }
  return first;
}

absl::StatusOr<std::optional<Place>> ReadReads(Transaction& transaction, const std::string& service,
                                               const std::vector<std::string>& names,
                                               int64_t first_day, const Place& place, int room,
                                               v1::SearchPersonReadsResponse& response) {
  ASSIGN_OR_RETURN(const std::vector<Row> rows,
                   FirstReads(transaction, names, first_day, place, room + 1));
  const size_t count = std::min(rows.size(), static_cast<size_t>(room));
  Place last = place;
  for (size_t i = 0; i < count; ++i) {
    const Row& row = rows[i];  // of house::PersonReads()
    v1::PersonRead& read = *response.add_reads();
    read.set_service(service);
    read.set_principal(std::get<std::string>(row[1]));
    read.set_person(std::get<std::string>(row[3]));
    *read.mutable_first_time() = ToTimestamp(absl::FromUnixMicros(std::get<int64_t>(row[6])));
    read.set_first_method(std::get<std::string>(row[5]));
    read.set_reads(std::get<int64_t>(row[4]));
    read.set_opened(std::get<int64_t>(row[7]));
    last = {std::get<int64_t>(row[2]), absl::StrCat(read.person(), " ", read.principal())};
  }
  if (count == rows.size()) return std::nullopt;
  return last;
}

// One of the two trails: its table, the head row's column with its last number, and what it says
// beside who, what and when.
struct Kind {
  const char *table, *last, *columns, *changes;
};
constexpr Kind kActs = {"audit_records", "audit_number", "request_id, changes", "changes"};
constexpr Kind kReadings = {"reading_records", "reading_number", "persons", "''"};
// In a token for the second.
constexpr char kOfReadings[] = "readings";

v1::AuditRecord ToRecord(const std::string& service, const Kind& kind, const std::string& school,
                         const Row& row) {
  v1::AuditRecord record;
  record.set_service(service);
  record.set_number(std::get<int64_t>(row[0]));
  record.set_principal(std::get<std::string>(row[1]));
  record.set_method(std::get<std::string>(row[2]));
  record.set_resource(std::get<std::string>(row[3]));
  record.set_reason(std::get<std::string>(row[4]));
  *record.mutable_create_time() = ToTimestamp(absl::FromUnixMicros(std::get<int64_t>(row[5])));
  if (&kind == &kReadings) {
    record.set_reading(true);
    record.set_persons(std::get<int64_t>(row[6]));
    return record;
  }
  record.set_request_id(std::get<std::string>(row[6]));
  const auto changes = storage::ReadChanges(school, std::get<std::string>(row[7]));
  if (!changes.has_value()) return record;
  record.set_more_changes(changes->more);
  for (const storage::RowChange& change : changes->named) {
    v1::RowChange& changed = *record.add_changes();
    changed.set_name(change.name);
    changed.set_version(change.version);
  }
  return record;
}

absl::StatusOr<int64_t> LastRecord(Transaction& transaction, const Kind& kind) {
  ASSIGN_OR_RETURN(const Result head,
                   transaction.connection().Query(
                       absl::StrCat("SELECT ", kind.last, " FROM heads WHERE school = $1"),
                       {Value(transaction.school())}));
  return head.rows.empty() ? 0 : std::get<int64_t>(head.rows[0][0]);
}

// The number of the first that there may be: readings end from the front.
absl::StatusOr<int64_t> FirstRecord(Transaction& transaction, const Kind& kind) {
  if (&kind != &kReadings) return 1;
  ASSIGN_OR_RETURN(
      const Result ended,
      transaction.connection().Query("SELECT last_number FROM ended_readings WHERE school = $1 AND "
                                     "last_number > 0 ORDER BY last_number DESC LIMIT 1",
                                     {Value(transaction.school())}));
  return ended.rows.empty() ? 1 : std::get<int64_t>(ended.rows[0][0]) + 1;
}

// What stands in the text of changes that name a resource, or one below it.
std::string Naming(absl::string_view school, const std::string& name, absl::string_view behind) {
  const std::string text = storage::ChangesText(school, {{{name, 1}}, 0});
  const std::string relative = text.substr(text.find(':'));
  return relative == ":" ? relative : absl::StrCat(relative, behind);
}

// Whether the text, with blanks around it, has the parameter's in it. The range of numbers bounds
// how many are looked at.
std::string Has(absl::string_view text, absl::string_view parameter) {
  const std::string framed = absl::StrCat("' ' || ", text, " || ' '");
  return absl::StrCat("REPLACE(", framed, ", ", parameter, ", '') <> ", framed);
}

absl::StatusOr<std::optional<Place>> ReadTrail(Transaction& transaction, const Kind& kind,
                                               const std::string& service,
                                               const v1::SearchAuditRecordsRequest& request,
                                               absl::Time first_time, const Place& place, int room,
                                               v1::SearchAuditRecordsResponse& response) {
  ASSIGN_OR_RETURN(const int64_t last, LastRecord(transaction, kind));
  ASSIGN_OR_RETURN(const int64_t first, FirstRecord(transaction, kind));
  const int64_t below = std::min(place.number, last + 1);
  const int64_t from = std::max(first, below - kLookedAtMax);
  const std::string& school = transaction.school();
  // '0' follows '/': what lies below the name.
  ASSIGN_OR_RETURN(
      const Result result,
      transaction.connection().Query(
          absl::StrCat("SELECT number, principal, method, resource, reason, create_time, ",
                       kind.columns, " FROM ", kind.table,
                       " WHERE school = $1 AND number < $2 AND number >= $3 AND "
                       "(resource = $4 OR resource >= $5 AND resource < $6 OR ",
                       Has(kind.changes, "$7"), " OR ", Has(kind.changes, "$8"),
                       ") AND create_time >= $9 "
                       "ORDER BY number DESC LIMIT ",
                       room + 1),
          {Value(school), Value(below), Value(from), Value(request.name()),
           Value(request.name() + "/"), Value(request.name() + "0"),
           Value(Naming(school, request.name(), "/")), Value(Naming(school, request.name(), " ")),
           Value(absl::ToUnixMicros(first_time))}));
  const size_t count = std::min(result.rows.size(), static_cast<size_t>(room));
  for (size_t i = 0; i < count; ++i) {
    v1::AuditRecord& record = *response.add_records();
    record = ToRecord(service, kind, school, result.rows[i]);
    ASSIGN_OR_RETURN(*record.mutable_reason(),
                     storage::OpenReason(transaction, record.resource(), record.reason()));
  }
  const std::string trail = &kind == &kReadings ? kOfReadings : "";
  if (count < result.rows.size())
    return Place{std::get<int64_t>(result.rows[count][0]) + 1, trail};  // begins with that one
  if (from == first) return std::nullopt;
  return Place{from, trail};
}

// The acts, and behind them the readings.
absl::StatusOr<std::optional<Place>> ReadChanges(Transaction& transaction,
                                                 const std::string& service,
                                                 const v1::SearchAuditRecordsRequest& request,
                                                 absl::Time first_time, const Place& place,
                                                 int room,
                                                 v1::SearchAuditRecordsResponse& response) {
  Place readings = place;
  if (place.behind != kOfReadings) {
    const int before = response.records_size();
    ASSIGN_OR_RETURN(
        const std::optional<Place> rest,
        ReadTrail(transaction, kActs, service, request, first_time, place, room, response));
    if (rest.has_value()) return rest;
    room -= response.records_size() - before;
    readings = {std::numeric_limits<int64_t>::max(), kOfReadings};
    if (room == 0) return readings;
  }
  return ReadTrail(transaction, kReadings, service, request, first_time, readings, room, response);
}

}  // namespace

std::string ReadsOfPersons(size_t names, int limit) {
  constexpr size_t kFirstName = 6;
  std::vector<std::string> places;
  for (size_t i = 0; i < names; ++i) places.push_back(absl::StrCat("$", kFirstName + i));
  return absl::StrCat("person IN (", absl::StrJoin(places, ", "),
                      ") AND day >= $2 AND day <= $3 AND (day < $3 OR principal > $4 OR principal "
                      "= $4 AND person > $5) ORDER BY day DESC, principal, person LIMIT ",
                      limit);
}

absl::StatusOr<v1::SearchPersonReadsResponse> FindReads(const std::vector<Trail>& trails,
                                                        const v1::SearchPersonReadsRequest& request,
                                                        absl::Time now) {
  v1::SearchPersonReadsResponse response;
  ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesOf(trails, request));
  response.mutable_names()->Assign(names.begin(), names.end());
  RETURN_IF_ERROR((FillPage<v1::SearchPersonReadsRequest, v1::SearchPersonReadsResponse>(
      trails, request, [](const auto& page) { return page.reads_size(); },
      [&](Transaction& transaction, const std::string& service, const Place& place, int room) {
        return ReadReads(transaction, service, names, FirstDay(now, request.days()), place, room,
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
