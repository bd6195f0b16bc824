// How our connections reach their files: as SQLite does, but that
//
// - each page of the database's file has a checksum, written with it and compared when it is read
//   (sqlite_pages.h); one that does not pass is SQLITE_IOERR_DATA and a line in the log. The file
//   is never mapped into memory, which would pass by it;
// - pages of the write-ahead log are compared with what was written (sqlite_log.h);
// - a failed sync of the database's file, its log, its journal or their folder ends the process:
//   what the disk has of it nobody can say, and the kernel may have forgotten the pages. SQLite
//   itself tells nobody of one in a checkpoint that closes the file, and of its folder;
// - what goes to the log is gathered. SQLite writes each page of a commit to the log in two system
//   calls; here they are gathered in memory and go down in one, before the log is synced, read, cut
//   or measured. Nothing is visible to a reader before that either, for SQLite publishes a commit
//   after its sync (synchronous=FULL).
//
// Thread-safe; a file belongs to its connection.
#pragma once

namespace vivier::storage {

// The name of that VFS for sqlite3_open_v2. The first call registers it over the default VFS of
// that moment.
const char* VivierVfs();

}  // namespace vivier::storage
