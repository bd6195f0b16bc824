#include "tests/tidy/tables.h"

#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "re2/re2.h"

namespace vivier::tidy {
namespace {

// "presence_entries" of "presenceEntries".
std::string SnakeCase(std::string name) {
  static const RE2& capital = *new RE2("([A-Z])");
  RE2::GlobalReplace(&name, capital, "_\\1");
  return absl::AsciiStrToLower(name);
}

// The table of each resource message, from the `plural` of its .proto.
std::map<std::string, std::string> TablesOfMessages(const Tree& tree) {
  static const RE2& message = *new RE2("(?m)^message (\\w+) \\{|^\\s*plural: \"(\\w+)\"");
  std::map<std::string, std::string> tables;
  for (const auto& [path, text] : tree) {
    if (!absl::EndsWith(path, ".proto")) continue;
    re2::StringPiece rest(text);
    std::string current, name, plural;
    while (RE2::FindAndConsume(&rest, message, &name, &plural)) {
      if (!name.empty()) current = name;
      if (!plural.empty()) tables[current] = SnakeCase(plural);
    }
  }
  return tables;
}

// The tables by the folder that has them: "services/funding" of services/funding/schema/001.sql.
std::map<std::string, std::set<std::string>> TablesOfFolders(const Tree& tree) {
  static const RE2& create = *new RE2("(?m)^CREATE TABLE (\\w+)");
  static const RE2& file = *new RE2("(services/[a-z]+|shared/storage)(?:/.*)?/schema/\\w+\\.sql");
  std::map<std::string, std::set<std::string>> tables;
  for (const auto& [path, text] : tree) {
    std::string folder, table;
    if (!RE2::FullMatch(path, file, &folder)) continue;
    re2::StringPiece rest(text);
    while (RE2::FindAndConsume(&rest, create, &table)) tables[folder].insert(table);
  }
  return tables;
}

// `verify` evaluates what holds between the tables of several parts: its SQL joins them on one
// snapshot and writes nothing. What the tables of one part tell stands in that part.
bool JoinsParts(const std::string& path) {
  static const RE2& invariants = *new RE2("services/[a-z]+/invariants\\.cc");
  return RE2::FullMatch(path, invariants);
}

// The tables that a C++ text names. SQL is written in literals, its keywords in capitals.
std::set<std::string> NamedIn(std::string text,
                              const std::map<std::string, std::string>& messages) {
  static const RE2& sql = *new RE2("\\b(?:FROM|INTO|UPDATE|JOIN) ([a-z_]+)\\b");
  static const RE2& table = *new RE2("\\bTable<(?:\\w+::)*(\\w+)>");
  static const RE2& with = *new RE2("\\b([a-z_]+)(?: ?\\([a-z_, ]+\\))? AS \\(");
  RE2::GlobalReplace(&text, "IS DISTINCT FROM ", "<> ");
  std::set<std::string> named;
  std::string name;
  re2::StringPiece rest(text);
  while (RE2::FindAndConsume(&rest, sql, &name)) named.insert(name);
  rest = text;
  while (RE2::FindAndConsume(&rest, with, &name)) named.erase(name);
  rest = text;
  while (RE2::FindAndConsume(&rest, table, &name)) {
    const auto found = messages.find(name);
    if (found != messages.end()) named.insert(found->second);
  }
  return named;
}

}  // namespace

Findings CheckTables(const Tree& tree) {
  static const RE2& of_service = *new RE2("^(services/[a-z]+)/");
  const std::map<std::string, std::string> messages = TablesOfMessages(tree);
  const std::map<std::string, std::set<std::string>> owned = TablesOfFolders(tree);
  std::map<std::string, std::set<std::string>> parts;  // by "services/funding: invoices"
  Findings findings;
  for (const auto& [path, text] : tree) {
    std::string service;
    if (!IsCode(path) || IsTest(path) || !RE2::PartialMatch(path, of_service, &service)) continue;
    const auto own = owned.find(service), house = owned.find("shared/storage");
    for (const std::string& table : NamedIn(text, messages)) {
      // What was done and told stands in tables of the house.
      if (JoinsParts(path) && house != owned.end() && house->second.count(table) > 0) continue;
      if (own == owned.end() || own->second.count(table) == 0)
        findings.push_back({"NoForeignTable", path, "names " + table});
      else if (!JoinsParts(path))
        parts[absl::StrCat(service, ": ", table)].insert(FolderOf(path));
    }
  }
  for (const auto& [table, folders] : parts) {
    if (folders.size() > 1)
      findings.push_back({"OneTableOnePart", table, "is named in " + absl::StrJoin(folders, ", ")});
  }
  return findings;
}

}  // namespace vivier::tidy
