#include "store/sqlite_checked_file.h"

#include <sqlite3.h>

#include <array>
#include <cstring>

namespace godwit::store {

namespace {

// https://sqlite.org/c3ref/vfs.html and io_methods.html: what SQLite expects of these structures.

/// SQLite allocates it together with the room for the real file behind it.
struct CheckedFile {
    sqlite3_file base;
    bool is_main;
};

sqlite3_file* real(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<CheckedFile*>(file) + 1);
}

/// Calls the method of the real file that has the same name.
template <auto method, typename... Arguments>
int forward(sqlite3_file* file, Arguments... arguments) {
    return (real(file)->pMethods->*method)(real(file), arguments...);
}

std::uint64_t stored_checksum(const char* page) {
    std::uint64_t value = 0;
    std::memcpy(&value, page + kSqlitePageBytes - kSqliteReservedBytes, sizeof value);
    return value;
}

int read_checked(sqlite3_file* file, void* into, int bytes, sqlite3_int64 offset) {
    const int code = forward<&sqlite3_io_methods::xRead>(file, into, bytes, offset);
    constexpr int kSmallestPage = 512; // less is a glance at the header, whose page is read as a whole before it counts
    if (code != SQLITE_OK || !reinterpret_cast<CheckedFile*>(file)->is_main || bytes < kSmallestPage)
        return code;
    if (bytes != kSqlitePageBytes)
        return SQLITE_IOERR_DATA; // the page size is fixed when the file is made
    auto* page = static_cast<char*>(into);
    const auto stored = stored_checksum(page);
    if (stored != 0 && stored != page_checksum({page, kSqlitePageBytes}, static_cast<std::uint64_t>(offset)))
        return SQLITE_IOERR_DATA;
    std::memset(page + kSqlitePageBytes - kSqliteReservedBytes, 0, kSqliteReservedBytes);
    return SQLITE_OK;
}

int write_checked(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 offset) {
    if (!reinterpret_cast<CheckedFile*>(file)->is_main)
        return forward<&sqlite3_io_methods::xWrite>(file, from, bytes, offset);
    if (bytes != kSqlitePageBytes)
        return SQLITE_IOERR_WRITE;
    std::array<char, kSqlitePageBytes> page;
    std::memcpy(page.data(), from, page.size());
    const auto checksum = page_checksum({page.data(), page.size()}, static_cast<std::uint64_t>(offset));
    std::memcpy(page.data() + kSqlitePageBytes - kSqliteReservedBytes, &checksum, sizeof checksum);
    return forward<&sqlite3_io_methods::xWrite>(file, page.data(), bytes, offset);
}

void shm_barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }

const sqlite3_io_methods* methods() {
    static const sqlite3_io_methods kMethods = [] {
        sqlite3_io_methods out = {};
        out.iVersion = 2; // without memory-mapped reading, which would go round the check
        out.xClose = [](sqlite3_file* f) { return forward<&sqlite3_io_methods::xClose>(f); };
        out.xRead = read_checked;
        out.xWrite = write_checked;
        out.xTruncate = [](sqlite3_file* f, sqlite3_int64 size) {
            return forward<&sqlite3_io_methods::xTruncate>(f, size);
        };
        out.xSync = [](sqlite3_file* f, int flags) { return forward<&sqlite3_io_methods::xSync>(f, flags); };
        out.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
            return forward<&sqlite3_io_methods::xFileSize>(f, size);
        };
        out.xLock = [](sqlite3_file* f, int lock) { return forward<&sqlite3_io_methods::xLock>(f, lock); };
        out.xUnlock = [](sqlite3_file* f, int lock) { return forward<&sqlite3_io_methods::xUnlock>(f, lock); };
        out.xCheckReservedLock = [](sqlite3_file* f, int* held) {
            return forward<&sqlite3_io_methods::xCheckReservedLock>(f, held);
        };
        out.xFileControl = [](sqlite3_file* f, int operation, void* argument) {
            return forward<&sqlite3_io_methods::xFileControl>(f, operation, argument);
        };
        out.xSectorSize = [](sqlite3_file* f) { return forward<&sqlite3_io_methods::xSectorSize>(f); };
        out.xDeviceCharacteristics = [](sqlite3_file* f) {
            return forward<&sqlite3_io_methods::xDeviceCharacteristics>(f);
        };
        out.xShmMap = [](sqlite3_file* f, int region, int size, int extend, void volatile** memory) {
            return forward<&sqlite3_io_methods::xShmMap>(f, region, size, extend, memory);
        };
        out.xShmLock = [](sqlite3_file* f, int offset, int count, int flags) {
            return forward<&sqlite3_io_methods::xShmLock>(f, offset, count, flags);
        };
        out.xShmBarrier = shm_barrier;
        out.xShmUnmap = [](sqlite3_file* f, int remove) { return forward<&sqlite3_io_methods::xShmUnmap>(f, remove); };
        return out;
    }();
    return &kMethods;
}

int open_checked(sqlite3_vfs* layer, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    auto* system = static_cast<sqlite3_vfs*>(layer->pAppData);
    auto* checked = reinterpret_cast<CheckedFile*>(file);
    checked->is_main = (flags & SQLITE_OPEN_MAIN_DB) != 0;
    const int code = system->xOpen(system, name, real(file), flags, out_flags);
    // SQLite closes a file whose methods are set, also after a failed opening.
    file->pMethods = real(file)->pMethods != nullptr ? methods() : nullptr;
    return code;
}

} // namespace

const char* checked_file_layer() {
    static sqlite3_vfs layer = [] {
        auto* system = sqlite3_vfs_find(nullptr);
        sqlite3_vfs out = *system;
        out.pNext = nullptr;
        out.zName = "godwit-checked";
        out.szOsFile = static_cast<int>(sizeof(CheckedFile)) + system->szOsFile;
        out.pAppData = system;
        out.xOpen = open_checked;
        return out;
    }();
    static const int registered = sqlite3_vfs_register(&layer, 0);
    return registered == SQLITE_OK ? layer.zName : nullptr;
}

std::uint64_t page_checksum(std::string_view page, std::uint64_t offset) {
    // Each word is mixed in by steps that can be undone, so two different words never lead to the same value.
    constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;
    std::uint64_t value = offset + kOdd;
    for (std::size_t at = 0; at + kSqliteReservedBytes < page.size(); at += sizeof value) {
        std::uint64_t word = 0;
        std::memcpy(&word, page.data() + at, sizeof word);
        value = (value ^ word) * kOdd;
        value ^= value >> 32;
    }
    return value == 0 ? 1 : value;
}

} // namespace godwit::store
