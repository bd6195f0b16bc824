#include "shared/storage/log/house_tables.h"

namespace vivier::storage::house {

const PlainTable& Answers() {
  static const auto& table = *new PlainTable("answers", 2,
                                             {"school", "request_id", "principal", "method",
                                              "request_hash", "person", "answer", "create_time"});
  return table;
}

const PlainTable& Cursors() {
  static const auto& table =
      *new PlainTable("cursors", 2, {"school", "producer", "number", "hash"});
  return table;
}

const PlainTable& Deliveries() {
  static const auto& table = *new PlainTable(
      "deliveries", 3, {"school", "target", "type", "number", "outcome", "deliver_time"});
  return table;
}

const PlainTable& EndedReadings() {
  static const auto& table = *new PlainTable(
      "ended_readings", 2, {"school", "last_number", "first_number", "last_hash", "end_time"});
  return table;
}

const PlainTable& Erasures() {
  static const auto& table = *new PlainTable(
      "erasures", 2, {"school", "subject", "type", "payload", "number", "erase_time", "list_time"});
  return table;
}

const PlainTable& Followers() {
  static const auto& table = *new PlainTable("followers", 2, {"school", "follower", "number"});
  return table;
}

const PlainTable& Operations() {
  static const auto& table =
      *new PlainTable("operations", 2,
                      {"school", "name", "method", "resource", "principal", "caller", "traceparent",
                       "steps", "position", "metadata", "error", "create_time", "end_time"});
  return table;
}

const PlainTable& OperationSteps() {
  static const auto& table =
      *new PlainTable("operation_steps", 3, {"school", "operation", "number", "input", "output"});
  return table;
}

const PlainTable& ParkedEvents() {
  static const auto& table = *new PlainTable(
      "parked_events", 3,
      {"school", "producer", "number", "hash", "type", "subject", "reason", "park_time"});
  return table;
}

const PlainTable& PersonKeys() {
  static const auto& table =
      *new PlainTable("person_keys", 2, {"school", "person", "wrapped", "erase_time"});
  return table;
}

const PlainTable& PersonReads() {
  static const auto& table = *new PlainTable(
      "person_reads", 4,
      {"school", "principal", "day", "person", "reads", "first_method", "first_time", "opened"});
  return table;
}

const PlainTable& ReadingCounts() {
  static const auto& table =
      *new PlainTable("reading_counts", 3, {"school", "month", "method", "readings", "persons"});
  return table;
}

const PlainTable& Rights() {
  static const auto& table =
      *new PlainTable("rights", 3,
                      {"school", "membership", "position", "subject", "role", "company",
                       "start_time", "end_time", "scope", "permissions", "funder"});
  return table;
}

const PlainTable& SchoolKeys() {
  static const auto& table =
      *new PlainTable("school_keys", 2,
                      {"school", "number", "key_id", "public_key", "begin_time", "end_time",
                       "signature", "position", "rows_seen"});
  return table;
}

const PlainTable& TimeZones() {
  static const auto& table = *new PlainTable("time_zones", 2, {"school", "since", "time_zone"});
  return table;
}

const std::vector<const PlainTable*>& Tables() {
  static const auto& tables = *new std::vector<const PlainTable*>{
      &Answers(),     &Cursors(),       &Deliveries(),     &EndedReadings(), &Erasures(),
      &Followers(),   &Operations(),    &OperationSteps(), &ParkedEvents(),  &PersonKeys(),
      &PersonReads(), &ReadingCounts(), &Rights(),         &SchoolKeys(),    &TimeZones()};
  return tables;
}

}  // namespace vivier::storage::house
