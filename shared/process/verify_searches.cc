#include "shared/process/verify_searches.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/base/message.h"
#include "shared/base/status.h"
#include "shared/storage/rows/field_encoding.h"

namespace vivier::site {
namespace {

using rpc::Breaches;
using storage::Connection;
using storage::Result;
using storage::Row;
using storage::Schema;
using storage::SearchTable;
using storage::Transaction;
using storage::Value;

// Rows that are read at a time.
constexpr int kPage = 500;

// The texts of a list as its column keeps it.
absl::StatusOr<std::set<std::string>> TextsIn(const Schema& schema, const SearchTable& search,
                                              const Value& column) {
  const std::string* json = std::get_if<std::string>(&column);
  if (json == nullptr) return std::set<std::string>();
  const std::unique_ptr<google::protobuf::Message> message = NewMessage(schema.descriptor());
  RETURN_IF_ERROR(storage::MergeFieldJson(*message, search.field(), *json));
  return search.TextsOf(*message);
}

// Asks the search table for every text of these rows, in one round trip.
absl::Status CheckFound(Transaction& transaction, const Schema& schema, const SearchTable& search,
                        const std::vector<Row>& rows, Breaches& breaches) {
  const std::string found =
      absl::StrCat("SELECT COUNT(*) FROM ", search.table(), " WHERE school = $1 AND ",
                   search.column(), " = $2 AND name = $3");
  std::vector<Connection::Statement> statements;
  for (const Row& row : rows) {
    ASSIGN_OR_RETURN(const std::set<std::string> texts, TextsIn(schema, search, row[1]));
    for (const std::string& text : texts)
      statements.push_back({found, {Value(transaction.school()), Value(text), row[0]}});
  }
  ASSIGN_OR_RETURN(const std::vector<Result> results,
                   transaction.connection().QueryAll(statements));
  for (size_t i = 0; i < results.size(); ++i) {
    if (std::get<int64_t>(results[i].rows[0][0]) == 1) continue;
    const std::vector<Value>& asked = statements[i].parameters;
    breaches.Add(
        std::get<std::string>(asked[2]),
        absl::StrCat(search.table(), " does not find it by ", std::get<std::string>(asked[1])));
  }
  return absl::OkStatus();
}

// Each row is found by what its list says.
absl::Status CheckRows(Transaction& transaction, const Schema& schema, const SearchTable& search,
                       Breaches& breaches) {
  const std::string page_after =
      absl::StrCat("SELECT name, ", search.field()->name(), " FROM ", schema.table(),
                   " WHERE school = $1 AND name > $2 ORDER BY name LIMIT ", kPage);
  Value after = std::string();
  while (true) {
    ASSIGN_OR_RETURN(const Result page, transaction.connection().Query(
                                            page_after, {Value(transaction.school()), after}));
    breaches.checked += static_cast<int64_t>(page.rows.size());
    RETURN_IF_ERROR(CheckFound(transaction, schema, search, page.rows, breaches));
    if (page.rows.size() < kPage) return absl::OkStatus();
    after = page.rows.back()[0];
  }
}

// Nothing is found by what its list does not say.
absl::Status CheckTexts(Transaction& transaction, const Schema& schema, const SearchTable& search,
                        Breaches& breaches) {
  const std::string key = absl::StrCat("s.", search.column(), ", s.name");
  const std::string page_after = absl::StrCat(
      "SELECT ", key, ", r.", search.field()->name(), " FROM ", search.table(), " s LEFT JOIN ",
      schema.table(), " r ON r.school = s.school AND r.name = s.name WHERE s.school = $1 AND (",
      key, ") > ($2, $3) ORDER BY ", key, " LIMIT ", kPage);
  std::vector<Value> parameters = {Value(transaction.school()), std::string(), std::string()};
  while (true) {
    ASSIGN_OR_RETURN(const Result page, transaction.connection().Query(page_after, parameters));
    for (const Row& row : page.rows) {
      ASSIGN_OR_RETURN(const std::set<std::string> texts, TextsIn(schema, search, row[2]));
      const std::string& text = std::get<std::string>(row[0]);
      if (texts.count(text) == 0)
        breaches.Add(
            std::get<std::string>(row[1]),
            absl::StrCat(search.table(), " finds it by ", text, ", which its row does not say"));
    }
    if (page.rows.size() < kPage) return absl::OkStatus();
    parameters = {parameters[0], page.rows.back()[0], page.rows.back()[1]};
  }
}

}  // namespace

absl::StatusOr<Breaches> CheckSearchTable(Transaction& transaction, const Schema& schema,
                                          const SearchTable& search) {
  Breaches breaches;
  RETURN_IF_ERROR(CheckRows(transaction, schema, search, breaches));
  RETURN_IF_ERROR(CheckTexts(transaction, schema, search, breaches));
  return breaches;
}

}  // namespace vivier::site
