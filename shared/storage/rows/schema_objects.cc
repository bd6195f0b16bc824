#include "shared/storage/rows/schema_objects.h"

#include <memory>
#include <mutex>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "shared/base/status.h"
#include "shared/base/unicode.h"
#include "shared/base/uuid.h"
#include "shared/storage/engines/sqlite.h"

namespace vivier::storage {
namespace {

// What our role or database sets for each session, so that triggers do not act. It is no object,
// and holds where migrations are made too.
constexpr char kSettings[] = "setting ";

// How much is told of an object that does not belong there.
constexpr size_t kToldBytesMax = 300;

// Kind, name and definition. ANALYZE makes tables of its own, which say nothing of rows.
constexpr char kObjectsSqlite[] =
    "SELECT type, tbl_name || CASE WHEN type = 'table' OR type = 'view' THEN '' ELSE '.' || name "
    "END, COALESCE(sql, '') FROM sqlite_schema WHERE name NOT IN ('sqlite_stat1', 'sqlite_stat4', "
    "'sqlite_sequence')";

// All of our schema. $1 is its name; what PostgreSQL makes by itself (types of rows, internal
// triggers, indexes of constraints are printed with these) follows from the rest.
constexpr char kObjectsPostgres[] = R"(
SELECT CASE WHEN c.relkind IN ('v', 'm') THEN 'view' ELSE 'table' END AS kind,
    CAST(c.relname AS TEXT), CAST(c.relkind AS TEXT) || CAST(c.relpersistence
    AS TEXT) || CASE WHEN c.relrowsecurity THEN ' row security' ELSE '' END ||
    CASE WHEN c.relforcerowsecurity THEN ' forced' ELSE '' END ||
    CASE WHEN c.relkind IN ('v', 'm') THEN ' ' || pg_get_viewdef(c.oid) ELSE '' END
  FROM pg_class c WHERE c.relnamespace = CAST($1 AS regnamespace) AND c.relkind NOT IN ('i', 'I')
UNION ALL SELECT 'column', c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod) ||
    CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END ||
    COALESCE(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') || CAST(a.attidentity AS TEXT) ||
    CAST(a.attgenerated AS TEXT) || CASE WHEN a.attcollation <> t.typcollation
    THEN ' COLLATE ' || CAST(a.attcollation AS regcollation) ELSE '' END
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE c.relnamespace = CAST($1 AS regnamespace) AND c.relkind NOT IN ('i', 'I') AND
    a.attnum > 0 AND NOT a.attisdropped
UNION ALL SELECT 'constraint', c.relname || '.' || k.conname, pg_get_constraintdef(k.oid) ||
    CASE WHEN k.convalidated THEN '' ELSE ' not valid' END
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
  WHERE k.connamespace = CAST($1 AS regnamespace) AND k.contype NOT IN ('n')
UNION ALL SELECT 'index', t.relname || '.' || c.relname, pg_get_indexdef(i.indexrelid) ||
    CASE WHEN i.indisvalid AND i.indisready AND i.indislive THEN '' ELSE ' not valid' END
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
  WHERE c.relnamespace = CAST($1 AS regnamespace)
UNION ALL SELECT 'trigger', c.relname || '.' || g.tgname, pg_get_triggerdef(g.oid) || ' ' ||
    CAST(g.tgenabled AS TEXT)
  FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
  WHERE c.relnamespace = CAST($1 AS regnamespace) AND NOT g.tgisinternal
UNION ALL SELECT 'rule', c.relname || '.' || r.rulename, pg_get_ruledef(r.oid) || ' ' ||
    CAST(r.ev_enabled AS TEXT)
  FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
  WHERE c.relnamespace = CAST($1 AS regnamespace) AND r.rulename <> '_RETURN'
UNION ALL SELECT 'child', c.relname || '.' || CAST(CAST(h.inhrelid AS regclass) AS TEXT), ''
  FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhparent
  WHERE c.relnamespace = CAST($1 AS regnamespace)
UNION ALL SELECT 'setting', 'session_replication_role', current_setting('session_replication_role')
  WHERE current_setting('session_replication_role') <> 'origin'
UNION ALL SELECT 'policy', c.relname || '.' || p.polname, CAST(p.polcmd AS TEXT) || ' ' ||
    COALESCE(pg_get_expr(p.polqual, p.polrelid), '') || ' ' ||
    COALESCE(pg_get_expr(p.polwithcheck, p.polrelid), '')
  FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
  WHERE c.relnamespace = CAST($1 AS regnamespace)
UNION ALL SELECT 'function', CAST(p.proname AS TEXT) || '(' ||
    pg_get_function_identity_arguments(p.oid) || ')',
    l.lanname || ' ' || CAST(p.provolatile AS TEXT) ||
    CASE WHEN p.prosecdef THEN ' security definer' ELSE '' END || ' ' || p.prosrc
  FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
  WHERE p.pronamespace = CAST($1 AS regnamespace)
)";

// Without the blanks that nobody reads and the schema's name, which two databases have otherwise.
std::string Plain(absl::string_view definition, const std::string& schema) {
  std::string text(definition);
  if (!schema.empty()) text = absl::StrReplaceAll(text, {{schema + ".", ""}});
  absl::RemoveExtraAsciiWhitespace(&text);
  return text;
}

absl::StatusOr<std::string> SchemaOf(Connection& connection) {
  if (connection.engine() == Engine::kSqlite) return "";
  ASSIGN_OR_RETURN(const Result schema, connection.Query("SELECT CAST(current_schema() AS TEXT)"));
  return std::get<std::string>(schema.rows[0][0]);
}

// The transaction's own place, in which nothing is yet.
absl::Status BeginInScratch(Connection& connection) {
  RETURN_IF_ERROR(connection.Begin(Access::kWrite));
  if (connection.engine() == Engine::kSqlite) return absl::OkStatus();
  const std::string schema =
      absl::StrCat("vivier_scratch_", absl::StrReplaceAll(RandomUuid(), {{"-", "_"}}));
  return connection.Script(
      absl::StrCat("CREATE SCHEMA ", schema, "; SET LOCAL search_path TO ", schema, ";"));
}

// What runs by itself.
bool Acts(absl::string_view object) {
  for (const char* kind :
       {"trigger ", "rule ", "view ", "function ", "policy ", "child ", kSettings})
    if (absl::StartsWith(object, kind)) return true;
  return false;
}

std::string Told(const std::string& definition) {
  const std::string text = ReplaceInvalid(definition.substr(0, kToldBytesMax));
  return definition.size() > kToldBytesMax ? text + " …" : text;
}

// What this program's own migrations make, which stays the same for as long as it runs.
absl::StatusOr<SchemaObjects> MadeHere(Database& database, const std::string& service) {
  static std::mutex& mutex = *new std::mutex;
  static auto& known = *new std::map<std::pair<Engine, std::string>, SchemaObjects>;
  const std::pair<Engine, std::string> key(database.engine(), service);
  const std::lock_guard<std::mutex> lock(mutex);
  if (const auto found = known.find(key); found != known.end()) return found->second;
  ASSIGN_OR_RETURN(SchemaObjects made, MakeObjects(database, service, AllMigrations()));
  return known[key] = std::move(made);
}

absl::StatusOr<ObjectsCheck> Compare(const SchemaObjects& made, Connection& connection,
                                     const std::string& service) {
  ASSIGN_OR_RETURN(const SchemaObjects found, ReadObjects(connection));
  ASSIGN_OR_RETURN(const bool is_newer, IsNewer(connection, service, AllMigrations()));
  return ObjectsCheck{static_cast<int64_t>(made.size()), OddObjects(made, found, is_newer), ""};
}

}  // namespace

absl::StatusOr<SchemaObjects> ReadObjects(Connection& connection) {
  ASSIGN_OR_RETURN(const std::string schema, SchemaOf(connection));
  ASSIGN_OR_RETURN(const Result found, schema.empty()
                                           ? connection.Query(kObjectsSqlite)
                                           : connection.Query(kObjectsPostgres, {Value(schema)}));
  SchemaObjects objects;
  for (const Row& row : found.rows)
    objects[absl::StrCat(std::get<std::string>(row[0]), " ", std::get<std::string>(row[1]))] =
        Plain(std::get<std::string>(row[2]), schema);
  return objects;
}

absl::StatusOr<SchemaObjects> MakeObjects(Database& database, absl::string_view service,
                                          absl::Span<const Migration> migrations) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                   database.engine() == Engine::kSqlite ? OpenSqliteInMemory()
                                                        : database.Connect(Access::kWrite));
  RETURN_IF_ERROR(BeginInScratch(*connection));
  absl::Status status = MakeTables(*connection, service, migrations);
  absl::StatusOr<SchemaObjects> made = status.ok() ? ReadObjects(*connection) : status;
  connection->Rollback();
  if (made.ok())
    std::erase_if(*made, [](const auto& one) { return absl::StartsWith(one.first, kSettings); });
  return made;
}

std::vector<std::string> OddObjects(const SchemaObjects& made, const SchemaObjects& found,
                                    bool is_newer) {
  std::vector<std::string> acting, others;
  for (const auto& [object, definition] : found) {
    const auto known = made.find(object);
    if (known != made.end() && known->second == definition) continue;
    if (!Acts(object) && is_newer) continue;
    (Acts(object) ? acting : others)
        .push_back(known == made.end()
                       ? absl::StrCat(object, " was not made by this program: ", Told(definition))
                       : absl::StrCat(object, " is another: ", Told(definition),
                                      "; migrations make it: ", Told(known->second)));
  }
  for (const auto& [object, definition] : made)
    if (found.count(object) == 0 && (Acts(object) || !is_newer))
      others.push_back(absl::StrCat(object, " is gone; migrations make it: ", Told(definition)));
  acting.insert(acting.end(), others.begin(), others.end());
  return acting;
}

absl::StatusOr<ObjectsCheck> CheckObjects(Database& database, const std::string& service) {
  const absl::StatusOr<SchemaObjects> made = MadeHere(database, service);
  if (!made.ok())
    return ObjectsCheck{
        0, {}, absl::StrCat("what migrations make could not be made: ", made.status().message())};
  ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection, database.Connect(Access::kRead));
  RETURN_IF_ERROR(connection->Begin(Access::kLongRead));
  absl::StatusOr<ObjectsCheck> check = Compare(*made, *connection, service);
  connection->Rollback();
  return check;
}

}  // namespace vivier::storage
