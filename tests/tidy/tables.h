// Who owns a table: one part of its service names it, and whoever else needs its rows asks that
// part. So what a row means, and what is checked before it is written, stands in one folder. The
// tables of the house (shared/storage/schema) are named by no service that writes. Functions
// without state, thread-safe.
#pragma once

#include "tests/tidy/tree.h"

namespace vivier::tidy {

// OneTableOnePart: of the folders of a service, one at most names a table of its schema/*.sql, in
// SQL or as storage::Table<its message>. Tests may name what they like, and so may invariants.cc of
// the service, which joins tables of several parts for `verify`.
// NoForeignTable: code of a service names no other table, but invariants.cc those of the house.
Findings CheckTables(const Tree& tree);

}  // namespace vivier::tidy
