#include "tests/erasure/scan.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/storage/engines/database.h"
#include "shared/storage/engines/migrate.h"
#include "tests/support/engines.h"

namespace vivier::testing {
namespace {

using storage::Bytes;
using storage::Connection;
using storage::Value;

// A row by its columns.
using Cells = std::map<std::string, Value>;

std::string Text(const Cells& row, const std::string& column) {
  const auto found = row.find(column);
  const auto* text = found == row.end() ? nullptr : std::get_if<std::string>(&found->second);
  return text == nullptr ? "" : *text;
}

void EachRow(const std::string& url,
             const std::function<void(const std::string& table, const Cells&)>& each) {
  const auto database = storage::Database::Open(url);
  ASSERT_TRUE(database.ok()) << database.status();
  const auto connection = (*database)->Connect(storage::Access::kRead);
  ASSERT_TRUE(connection.ok()) << connection.status();
  ASSERT_EQ((*connection)->Begin(storage::Access::kRead), absl::OkStatus());
  for (const std::string& table : TablesIn(**connection)) {
    const auto columns = storage::Columns(**connection, table);
    const auto rows = (*connection)->Query(absl::StrCat("SELECT * FROM ", table));
    ASSERT_TRUE(columns.ok() && rows.ok()) << table << " " << rows.status();
    for (const storage::Row& row : rows->rows) {
      Cells cells;
      for (size_t i = 0; i < row.size(); ++i) cells[(*columns)[i].name] = row[i];
      each(table, cells);
    }
  }
  (*connection)->Rollback();
}

// What a sealed value of that row and column is bound to.
std::string Place(const std::string& table, const std::string& column, const Cells& row) {
  if (table == "events")
    return absl::StrCat("events|", Text(row, "type"), "|", Text(row, "subject"));
  if (table == "answers") return absl::StrCat("answers|", Text(row, "request_id"));
  return absl::StrCat(table, "|", column, "|", Text(row, "name"));
}

std::vector<security::Key> ExistingKeys(const std::string& url,
                                        const security::SchoolKey& school_key) {
  std::vector<security::Key> keys;
  EachRow(url, [&](const std::string& table, const Cells& row) {
    if (table != "person_keys") return;
    const std::string& wrapped = std::get<Bytes>(row.at("wrapped")).data;
    if (wrapped.empty()) return;
    const auto key = school_key.Unwrap(wrapped, Text(row, "person"));
    EXPECT_TRUE(key.ok()) << key.status();
    if (key.ok()) keys.push_back(*key);
  });
  return keys;
}

}  // namespace

Hits FindIn(const std::string& place, const std::string& text, const Words& words) {
  Hits hits;
  for (const std::string& word : words)
    if (absl::StrContains(text, word)) hits.push_back(absl::StrCat(place, ": ", word));
  return hits;
}

Hits FindInFiles(const std::string& folder, const Words& words) {
  std::set<std::string> hits;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ostringstream bytes;
    bytes << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    for (std::string& hit : FindIn(entry.path().filename().string(), bytes.str(), words))
      hits.insert(std::move(hit));
  }
  return {hits.begin(), hits.end()};
}

Hits FindInTables(const std::string& url, const Words& words) {
  std::set<std::string> hits;
  EachRow(url, [&](const std::string& table, const Cells& row) {
    for (const auto& [column, value] : row) {
      const auto* text = std::get_if<std::string>(&value);
      const auto* bytes = std::get_if<Bytes>(&value);
      const std::string content = text != nullptr ? *text : bytes != nullptr ? bytes->data : "";
      for (std::string& hit : FindIn(absl::StrCat(table, ".", column), content, words))
        hits.insert(std::move(hit));
    }
  });
  return {hits.begin(), hits.end()};
}

Hits FindInSealed(const std::string& url, const security::SchoolKey& school_key,
                  const Words& words) {
  const std::vector<security::Key> keys = ExistingKeys(url, school_key);
  std::set<std::string> hits;
  EachRow(url, [&](const std::string& table, const Cells& row) {
    for (const auto& [column, value] : row) {
      const auto* bytes = std::get_if<Bytes>(&value);
      if (bytes == nullptr) continue;
      for (const security::Key& key : keys) {
        const auto opened = security::Decrypt(key, bytes->data, Place(table, column, row));
        if (!opened.ok()) continue;
        for (std::string& hit : FindIn(absl::StrCat(table, ".", column), *opened, words))
          hits.insert(std::move(hit));
      }
    }
  });
  return {hits.begin(), hits.end()};
}

}  // namespace vivier::testing
