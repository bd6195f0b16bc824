#include "shared/storage/engines/sqlite_vfs.h"

#include <sqlite3.h>

#include <cstddef>
#include <new>
#include <string>

namespace vivier::storage {
namespace {

// SQLite's own VFS takes less than 128 KiB in one call.
constexpr size_t kGatheredBytesMax = (128 << 10) - 1;

// Ours lies before the file of the VFS below, in the memory that SQLite gives for both.
struct LogFile {
  const sqlite3_io_methods* methods;  // where SQLite looks for it: a LogFile is a sqlite3_file
  std::string gathered;
  sqlite3_int64 offset = 0;  // of the gathered bytes in the file

  sqlite3_file* below() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
static_assert(offsetof(LogFile, methods) == offsetof(sqlite3_file, pMethods));

LogFile* Log(sqlite3_file* file) { return reinterpret_cast<LogFile*>(file); }

sqlite3_vfs* Below() {
  static sqlite3_vfs* const below = sqlite3_vfs_find(nullptr);
  return below;
}

// What could not be written is forgotten: SQLite gives the transaction up and writes those places
// anew.
int Flush(LogFile* log) {
  if (log->gathered.empty()) return SQLITE_OK;
  const int code = log->below()->pMethods->xWrite(
      log->below(), log->gathered.data(), static_cast<int>(log->gathered.size()), log->offset);
  log->gathered.clear();
  return code;
}

// Flushes, then does what the VFS below does.
template <auto kMethod, typename... Arguments>
int AfterFlush(sqlite3_file* file, Arguments... arguments) {
  const int flushed = Flush(Log(file));
  return flushed != SQLITE_OK
             ? flushed
             : (Log(file)->below()->pMethods->*kMethod)(Log(file)->below(), arguments...);
}

template <auto kMethod, typename... Arguments>
int Pass(sqlite3_file* file, Arguments... arguments) {
  return (Log(file)->below()->pMethods->*kMethod)(Log(file)->below(), arguments...);
}

int Write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  LogFile* log = Log(file);
  const auto end = log->offset + static_cast<sqlite3_int64>(log->gathered.size());
  if (offset != end || log->gathered.size() + static_cast<size_t>(size) > kGatheredBytesMax) {
    if (const int code = Flush(log); code != SQLITE_OK) return code;
    log->offset = offset;
  }
  log->gathered.append(static_cast<const char*>(bytes), static_cast<size_t>(size));
  return SQLITE_OK;
}

int Close(sqlite3_file* file) {
  LogFile* log = Log(file);
  const int flushed = Flush(log);
  const int closed = log->below()->pMethods->xClose(log->below());
  log->~LogFile();
  return flushed != SQLITE_OK ? flushed : closed;
}

// A log is neither locked nor shared nor mapped: SQLite asks that of the database's file.
constexpr sqlite3_io_methods kMethods = {
    .iVersion = 1,
    .xClose = Close,
    .xRead = AfterFlush<&sqlite3_io_methods::xRead, void*, int, sqlite3_int64>,
    .xWrite = Write,
    .xTruncate = AfterFlush<&sqlite3_io_methods::xTruncate, sqlite3_int64>,
    .xSync = AfterFlush<&sqlite3_io_methods::xSync, int>,
    .xFileSize = AfterFlush<&sqlite3_io_methods::xFileSize, sqlite3_int64*>,
    .xLock = Pass<&sqlite3_io_methods::xLock, int>,
    .xUnlock = Pass<&sqlite3_io_methods::xUnlock, int>,
    .xCheckReservedLock = Pass<&sqlite3_io_methods::xCheckReservedLock, int*>,
    .xFileControl = Pass<&sqlite3_io_methods::xFileControl, int, void*>,
    .xSectorSize = Pass<&sqlite3_io_methods::xSectorSize>,
    .xDeviceCharacteristics = Pass<&sqlite3_io_methods::xDeviceCharacteristics>,
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int Open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  if ((flags & SQLITE_OPEN_WAL) == 0) return Below()->xOpen(Below(), name, file, flags, flags_out);
  LogFile* log = new (file) LogFile{.methods = nullptr, .gathered = {}};
  const int code = Below()->xOpen(Below(), name, log->below(), flags, flags_out);
  // SQLite closes what has methods, also after an error.
  if (log->below()->pMethods != nullptr) log->methods = &kMethods;
  if (log->methods == nullptr) log->~LogFile();
  return code;
}

}  // namespace

const char* GatheringVfs() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs gathering = *Below();
    gathering.zName = "vivier-gathering";
    gathering.szOsFile += static_cast<int>(sizeof(LogFile));
    gathering.pNext = nullptr;
    gathering.xOpen = Open;
    return gathering;
  }();
  static const int registered = sqlite3_vfs_register(&vfs, 0);
  return registered == SQLITE_OK ? vfs.zName : nullptr;
}

}  // namespace vivier::storage
