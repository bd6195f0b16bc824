#include "shared/storage/engines/sqlite_vfs.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <new>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "shared/log/log.h"
#include "shared/log/log_limit.h"
#include "shared/storage/engines/sqlite_log.h"
#include "shared/storage/engines/sqlite_pages.h"

namespace vivier::storage {
namespace {

// SQLite's own VFS takes less than 128 KiB in one call.
constexpr size_t kGatheredBytesMax = (128 << 10) - 1;
// SQLite reads its header and its counter of changes, both within these, before it reads the page.
constexpr sqlite3_int64 kFileHeaderBytes = 100;

// Ours lies before the file of the VFS below, in the memory that SQLite gives for both.
struct OurFile {
  const sqlite3_io_methods* methods;  // where SQLite looks for it: an OurFile is a sqlite3_file
  const char* path;                   // SQLite keeps it as long as the file
  // Of a log only:
  std::shared_ptr<LogPages> pages = nullptr;
  bool is_written = false;
  std::string gathered = {};
  sqlite3_int64 offset = 0;  // of the gathered bytes in the file

  sqlite3_file* below() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
static_assert(offsetof(OurFile, methods) == offsetof(sqlite3_file, pMethods));

OurFile* Ours(sqlite3_file* file) { return reinterpret_cast<OurFile*>(file); }

sqlite3_vfs* Below() {
  static sqlite3_vfs* const below = sqlite3_vfs_find(nullptr);
  return below;
}

[[noreturn]] void Stop(const std::string& path, const std::string& error) {
  Log(LogLevel::kError,
      "a sync of the database failed, its disk failed; stopping: look at the disk, then start "
      "again, and restore a backup if `vivier verify` finds damage",
      {{"file", path}, {"error", error}});
  std::abort();
}

int BadPage(const char* path, sqlite3_int64 offset) {
  static LogLimit limit(/*lines_max=*/10);
  if (limit.Enter(absl::Now()).has_value())
    Log(LogLevel::kError,
        "a page of the database is not what was written, its disk or another program changed it; "
        "stop and restore a "
        "backup, `vivier doctor` reads every page",
        {{"file", path}, {"offset", absl::StrCat(offset)}});
  return SQLITE_IOERR_DATA;
}

// What could not be written is forgotten: SQLite gives the transaction up and writes those places
// anew.
int Flush(OurFile* ours) {
  if (ours->gathered.empty()) return SQLITE_OK;
  const int code = ours->below()->pMethods->xWrite(
      ours->below(), ours->gathered.data(), static_cast<int>(ours->gathered.size()), ours->offset);
  ours->gathered.clear();
  return code;
}

template <auto kMethod, typename... Arguments>
auto Pass(sqlite3_file* file, Arguments... arguments) {
  return (Ours(file)->below()->pMethods->*kMethod)(Ours(file)->below(), arguments...);
}

// Flushes, then does what the VFS below does.
template <auto kMethod, typename... Arguments>
int AfterFlush(sqlite3_file* file, Arguments... arguments) {
  const int flushed = Flush(Ours(file));
  return flushed != SQLITE_OK ? flushed : Pass<kMethod>(file, arguments...);
}

int Sync(sqlite3_file* file, int flags) {
  if (const int flushed = Flush(Ours(file)); flushed != SQLITE_OK) return flushed;
  const int code = Pass<&sqlite3_io_methods::xSync>(file, flags);
  if (code != SQLITE_OK) Stop(Ours(file)->path, absl::StrCat("SQLite code ", code));
  return code;
}

int Close(sqlite3_file* file) {
  OurFile* ours = Ours(file);
  const int flushed = Flush(ours);
  // Another process may write the log next.
  if (ours->is_written) ours->pages->Forget();
  const int closed = Pass<&sqlite3_io_methods::xClose>(file);
  ours->~OurFile();
  return flushed != SQLITE_OK ? flushed : closed;
}

int ReadDatabase(sqlite3_file* file, void* bytes, int size, sqlite3_int64 offset) {
  const int code = Pass<&sqlite3_io_methods::xRead>(file, bytes, size, offset);
  // What is beyond the end of the file is read as zeros.
  if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ) return code;
  if (offset + size <= kFileHeaderBytes) return code;
  const bool is_page = size == kPageBytes && offset % kPageBytes == 0;
  if (is_page && IsPageIntact(static_cast<const char*>(bytes), offset)) return code;
  return BadPage(Ours(file)->path, offset);
}

int WriteDatabase(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  if (size != kPageBytes || offset % kPageBytes != 0) return SQLITE_IOERR_WRITE;
  std::array<char, kPageBytes> page;
  std::memcpy(page.data(), bytes, kPageBytes);
  SealPage(page.data(), offset);
  return Pass<&sqlite3_io_methods::xWrite>(file, static_cast<const void*>(page.data()), size,
                                           offset);
}

int ReadLog(sqlite3_file* file, void* bytes, int size, sqlite3_int64 offset) {
  const int code = AfterFlush<&sqlite3_io_methods::xRead>(file, bytes, size, offset);
  if (code != SQLITE_OK) return code;
  const bool matches = Ours(file)->pages->Matches(static_cast<const char*>(bytes), size, offset);
  return matches ? code : BadPage(Ours(file)->path, offset);
}

int WriteLog(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  OurFile* log = Ours(file);
  const auto end = log->offset + static_cast<sqlite3_int64>(log->gathered.size());
  if (offset != end || log->gathered.size() + static_cast<size_t>(size) > kGatheredBytesMax) {
    if (const int code = Flush(log); code != SQLITE_OK) return code;
    log->offset = offset;
  }
  log->is_written = true;
  log->pages->Write(static_cast<const char*>(bytes), size, offset);
  log->gathered.append(static_cast<const char*>(bytes), static_cast<size_t>(size));
  return SQLITE_OK;
}

// With version 2 SQLite has no way to map the file.
constexpr sqlite3_io_methods kDatabaseMethods = {
    .iVersion = 2,
    .xClose = Close,
    .xRead = ReadDatabase,
    .xWrite = WriteDatabase,
    .xTruncate = AfterFlush<&sqlite3_io_methods::xTruncate, sqlite3_int64>,
    .xSync = Sync,
    .xFileSize = AfterFlush<&sqlite3_io_methods::xFileSize, sqlite3_int64*>,
    .xLock = Pass<&sqlite3_io_methods::xLock, int>,
    .xUnlock = Pass<&sqlite3_io_methods::xUnlock, int>,
    .xCheckReservedLock = Pass<&sqlite3_io_methods::xCheckReservedLock, int*>,
    .xFileControl = Pass<&sqlite3_io_methods::xFileControl, int, void*>,
    .xSectorSize = Pass<&sqlite3_io_methods::xSectorSize>,
    .xDeviceCharacteristics = Pass<&sqlite3_io_methods::xDeviceCharacteristics>,
    .xShmMap = Pass<&sqlite3_io_methods::xShmMap, int, int, int, void volatile**>,
    .xShmLock = Pass<&sqlite3_io_methods::xShmLock, int, int, int>,
    .xShmBarrier = Pass<&sqlite3_io_methods::xShmBarrier>,
    .xShmUnmap = Pass<&sqlite3_io_methods::xShmUnmap, int>,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

// A log and a journal are neither shared nor mapped: SQLite asks that of the database's file.
constexpr sqlite3_io_methods kJournalMethods = [] {
  sqlite3_io_methods methods = kDatabaseMethods;
  methods.iVersion = 1;
  methods.xRead = Pass<&sqlite3_io_methods::xRead, void*, int, sqlite3_int64>;
  methods.xWrite = Pass<&sqlite3_io_methods::xWrite, const void*, int, sqlite3_int64>;
  return methods;
}();

constexpr sqlite3_io_methods kLogMethods = [] {
  sqlite3_io_methods methods = kJournalMethods;
  methods.xRead = ReadLog;
  methods.xWrite = WriteLog;
  return methods;
}();

// Null for a file of passing worth.
const sqlite3_io_methods* MethodsOf(int flags) {
  if ((flags & SQLITE_OPEN_MAIN_DB) != 0) return &kDatabaseMethods;
  if ((flags & SQLITE_OPEN_WAL) != 0) return &kLogMethods;
  return (flags & SQLITE_OPEN_MAIN_JOURNAL) != 0 ? &kJournalMethods : nullptr;
}

// So that a new file is found after a loss of power. SQLite does so at its first sync, and ignores
// what comes of it.
void SyncFolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;  // it may be written and not read
  const int synced = fsync(descriptor);
  const int error = errno;
  close(descriptor);
  if (synced != 0) Stop(folder, std::strerror(error));
}

int Open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  const sqlite3_io_methods* methods = MethodsOf(flags);
  if (methods == nullptr) return Below()->xOpen(Below(), name, file, flags, flags_out);
  const bool is_log = methods == &kLogMethods;
  const bool is_new = (flags & SQLITE_OPEN_CREATE) != 0 && access(name, F_OK) != 0;
  auto* ours = new (file) OurFile{.methods = nullptr, .path = name};
  if (is_log) ours->pages = LogPages::Of(name);
  const int code = Below()->xOpen(Below(), name, ours->below(), flags, flags_out);
  // SQLite closes what has methods, also after an error.
  if (ours->below()->pMethods != nullptr) ours->methods = methods;
  if (ours->methods == nullptr) ours->~OurFile();
  if (code == SQLITE_OK && is_new) SyncFolderOf(name);
  return code;
}

int Delete(sqlite3_vfs*, const char* name, int sync_folder) {
  const int code = Below()->xDelete(Below(), name, sync_folder);
  if (code == SQLITE_IOERR_DIR_FSYNC) Stop(name, "its folder keeps it");
  return code;
}

}  // namespace

const char* VivierVfs() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs ours = *Below();
    ours.zName = "vivier";
    ours.szOsFile += static_cast<int>(sizeof(OurFile));
    ours.pNext = nullptr;
    ours.xOpen = Open;
    ours.xDelete = Delete;
    return ours;
  }();
  static const int registered = sqlite3_vfs_register(&vfs, 0);
  return registered == SQLITE_OK ? vfs.zName : nullptr;
}

}  // namespace vivier::storage
