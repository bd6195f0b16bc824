#include "services/access/time_zones/rules.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"

namespace vivier::access {
namespace {

using v1::DatedTimeZone;
using Lines = std::vector<DatedTimeZone>;

// Eleven in the evening of 30 June in Paris, of 30 June in the afternoon in Guadeloupe, the morning
// of 1 July in Auckland.
const absl::Time kNow =
    absl::FromCivil(absl::CivilSecond(2027, 6, 30, 21, 0, 0), absl::UTCTimeZone());

DatedTimeZone Since(const std::string& day, const std::string& zone) {
  DatedTimeZone line;
  line.set_name("schools/nancy/datedTimeZones/" + day);
  line.set_time_zone(zone);
  *line.mutable_start_date() = *ReadDateText(day);
  return line;
}

absl::StatusOr<Announcement> Say(const Lines& lines, const std::string& zone,
                                 const std::string& day) {
  v1::AnnounceTimeZoneRequest request;
  request.set_parent("schools/nancy");
  request.set_time_zone(zone);
  if (!day.empty()) *request.mutable_start_date() = *ReadDateText(day);
  return Announce(lines, request, kNow);
}

// "2027-07-01 Europe/Paris, without 2027-09-01", "= …" where nothing changes, the refusal's reason.
std::string Outcome(const absl::StatusOr<Announcement>& announced) {
  if (!announced.ok()) return ReasonOf(announced.status());
  const DatedTimeZone& line = announced->line;
  EXPECT_EQ(IdOf(line.name()), DateText(line.start_date()));
  using Change = Announcement::Change;
  const char* mark = announced->change == Change::kNone      ? "= "
                     : announced->change == Change::kReplace ? "! "
                                                             : "";
  std::string text = absl::StrCat(mark, DateText(line.start_date()), " ", line.time_zone());
  for (const std::string& name : announced->withdrawn)
    absl::StrAppend(&text, ", without ", IdOf(name));
  return text;
}

constexpr char kParis[] = "Europe/Paris", kGuadeloupe[] = "America/Guadeloupe",
               kAuckland[] = "Pacific/Auckland";

TEST(Announce, SaysFromWhichDayOnAndWhatItWithdraws) {
  const Lines none, paris = {Since("0001-01-01", kParis)},
                    moves = {Since("0001-01-01", kParis), Since("2027-09-01", kGuadeloupe),
                             Since("2027-10-01", kAuckland)},
                    came = {Since("0001-01-01", kParis), Since("2027-07-01", kAuckland)};
  const struct {
    const Lines& before;
    const char* zone;
    const char* day;
    const char* outcome;
  } rows[] = {
      {none, kParis, "", "0001-01-01 Europe/Paris"},
      {none, kParis, "2027-06-30", "2027-06-30 Europe/Paris"},
      {paris, kGuadeloupe, "", "2027-06-30 America/Guadeloupe"},
      {paris, kAuckland, "", "2027-07-01 Pacific/Auckland"},
      {paris, kAuckland, "2028-02-29", "2028-02-29 Pacific/Auckland"},
      {moves, kParis, "", "2027-06-30 Europe/Paris, without 2027-09-01, without 2027-10-01"},
      {moves, kParis, "2027-09-02", "2027-09-02 Europe/Paris, without 2027-10-01"},
      {moves, kParis, "2027-09-01", "! 2027-09-01 Europe/Paris, without 2027-10-01"},
      {moves, kParis, "2027-11-01", "2027-11-01 Europe/Paris"},
      // Over there it is the day before still.
      {came, kParis, "", "2027-06-30 Europe/Paris, without 2027-07-01"},
      // It is so already.
      {paris, kParis, "", "= 0001-01-01 Europe/Paris"},
      {paris, kParis, "2028-01-01", "= 0001-01-01 Europe/Paris"},
      {came, kAuckland, "", "= 2027-07-01 Pacific/Auckland"},
      {moves, kAuckland, "2027-10-01", "= 2027-10-01 Pacific/Auckland"},
      {moves, kAuckland, "2027-09-30", "2027-09-30 Pacific/Auckland, without 2027-10-01"},
  };
  for (const auto& row : rows)
    EXPECT_EQ(Outcome(Say(row.before, row.zone, row.day)), row.outcome)
        << row.before.size() << " lines, " << row.zone << " " << row.day;
}

TEST(Announce, RefusesWhatIsNoTimeZoneOrNoDayToCome) {
  const struct {
    const char* zone;
    const char* day;
    const char* field;  // "" where it is taken
  } rows[] = {
      {"Europe/Atlantis", "", "time_zone"},
      {"localtime", "", "time_zone"},
      {"right/UTC", "", "time_zone"},
      {kParis, "2027-06-29", "start_date"},
      {kParis, "0001-01-01", "start_date"},
      {kParis, "2027-06-30", ""},
      {kAuckland, "2027-06-30", "start_date"},
      {kAuckland, "2027-07-01", ""},
      {kParis, "2029-06-30", ""},
      {kParis, "2029-07-01", "start_date"},
      {kAuckland, "2029-07-01", ""},
      {kAuckland, "9999-12-31", "start_date"},
  };
  for (const auto& row : rows) {
    const absl::Status status = Say({}, row.zone, row.day).status();
    EXPECT_EQ(ReasonOf(status), *row.field == '\0' ? "" : "INVALID_FIELD")
        << row.zone << " " << row.day;
    if (!status.ok()) {
      EXPECT_EQ(MetadataOf(status)[0].second, row.field) << status;
    }
  }
}

TEST(Announce, KeepsNoMoreThanCanBeReadAtEachCall) {
  Lines lines;
  for (int i = 0; i < kTimeZonesMax; ++i)
    lines.push_back(Since(DateText(ToDate(absl::CivilDay(2028, 1, 1) + i)), kParis));
  EXPECT_EQ(Outcome(Say(lines, kAuckland, "2029-01-01")), "TOO_MANY_TIME_ZONES");
  EXPECT_EQ(Outcome(Say(lines, kAuckland, DateText(lines.back().start_date()))),
            "! 2028-04-09 Pacific/Auckland");
  EXPECT_EQ(Outcome(Say(lines, kParis, "2029-01-01")), "= 2028-04-09 Europe/Paris");
}

}  // namespace
}  // namespace vivier::access
