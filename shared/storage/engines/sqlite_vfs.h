// How the writer's connection reaches its files: as SQLite does, but for the write-ahead log.
// SQLite writes each page of a commit to the log in two system calls; here they are gathered in
// memory and go down in one, before the log is synced, read, cut or measured. Nothing is visible to
// a reader before that either, for SQLite publishes a commit after its sync (synchronous=FULL).
// Thread-safe; a file belongs to its connection.
#pragma once

namespace vivier::storage {

// The name of that VFS for sqlite3_open_v2. The first call registers it over the default VFS of
// that moment.
const char* GatheringVfs();

}  // namespace vivier::storage
