#include "catalog/warehouse.h"

#include "base/file.h"
#include "base/text.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace godwit::catalog {

namespace {

constexpr std::uint64_t kLargestMetadata = std::uint64_t{1} << 30;

Error bad_location(std::string_view location, std::string why) {
    return Error::make(ErrorKind::invalid_input, "the location is refused")
        .why(std::move(why))
        .fix("give a file:// URI or an absolute path below the warehouse")
        .at(printable(location));
}

/// The absolute path that a location spells, its bytes as they are.
Result<std::string> spelled_path(std::string_view location) {
    std::string_view path = location;
    if (lower_ascii(path.substr(0, 5)) == "file:")
        path.remove_prefix(5);
    if (path.starts_with("//"))
        path.remove_prefix(path.starts_with("///") ? 2 : 0);
    if (!path.starts_with('/') || path.starts_with("//"))
        return bad_location(location, "it is no path on this machine");
    if (path.find('\0') != std::string_view::npos)
        return bad_location(location, "it contains a NUL byte");
    for (const std::string& element : split(path, '/')) {
        if (element == "." || element == "..")
            return bad_location(location, "it has the element '" + element + "'");
    }
    return std::string(path);
}

bool is_below(std::string_view path, std::string_view root) {
    return path.size() > root.size() && path.starts_with(root) && path[root.size()] == '/';
}

/// Links in what exists of the path are resolved.
Result<std::string> resolved(const std::string& path, std::string_view location) {
    std::error_code failed;
    std::string real = std::filesystem::weakly_canonical(path, failed).string();
    if (failed)
        return bad_location(location, failed.message());
    while (real.size() > 1 && real.ends_with('/'))
        real.pop_back();
    return real;
}

} // namespace

Result<std::string> canonical_root(const std::string& folder) {
    const bool is_uri = lower_ascii(std::string_view(folder).substr(0, 5)) == "file:";
    const std::string path = is_uri ? TRY(spelled_path(folder)) : folder;
    std::error_code failed;
    std::string real = std::filesystem::canonical(path, failed).string();
    if (failed || !std::filesystem::is_directory(real, failed) || failed)
        return Error::make(ErrorKind::usage, "the folder cannot be used")
            .why(failed ? failed.message() : "it is no folder")
            .fix("name a folder that exists")
            .at(printable(folder));
    if (real == "/")
        return Error::make(ErrorKind::usage, "the folder cannot be used")
            .why("a catalogue that may write everywhere protects nothing")
            .fix("make a folder for the warehouse and name it")
            .at("/");
    return real;
}

Result<Warehouse> Warehouse::open(const std::string& warehouse, const std::vector<std::string>& extra_roots) {
    Warehouse made;
    made.roots_.push_back(TRY(canonical_root(warehouse)));
    std::error_code failed; // then nobody but us may read what is made
    made.mode_ = static_cast<unsigned>(std::filesystem::status(made.roots_.front(), failed).permissions()) & 0777;
    if (failed)
        made.mode_ = 0700;
    for (const std::string& root : extra_roots)
        made.roots_.push_back(TRY(canonical_root(root)));
    return made;
}

bool Warehouse::holds(std::string_view canonical_path) const {
    return std::ranges::any_of(
        roots_, [&](const std::string& root) { return canonical_path == root || is_below(canonical_path, root); });
}

bool Warehouse::is_in_warehouse(std::string_view canonical_path) const { return is_below(canonical_path, path()); }

Result<std::string> Warehouse::local_path(std::string_view location) const {
    std::string real = TRY(resolved(TRY(spelled_path(location)), location));
    const bool inside = std::ranges::any_of(roots_, [&](const std::string& root) { return is_below(real, root); });
    if (!inside)
        return Error::make(ErrorKind::permission, "the location lies outside of what this catalogue serves")
            .why("it is not below " + printable(path()) + " or another listed root")
            .fix("choose a location below the warehouse, or start the catalogue with this root")
            .at(printable(location))
            .code("ForbiddenException");
    return real;
}

Result<iceberg::TableMetadata> Warehouse::read_metadata(const std::string& location) const {
    const std::string path = TRY(local_path(location));
    const std::string bytes = TRY(read_file(path, kLargestMetadata));
    return iceberg::TableMetadata::parse(bytes, path);
}

Result<Warehouse::Written> Warehouse::write_metadata(const iceberg::TableMetadata& metadata, std::int64_t version,
                                                     const std::string& uuid) const {
    const std::string* folder_property = iceberg::find_property(metadata.properties(), "write.metadata.path");
    std::string folder = folder_property != nullptr ? *folder_property : metadata.location() + "/metadata";
    while (folder.size() > 1 && folder.ends_with('/'))
        folder.pop_back();
    const std::string* codec = iceberg::find_property(metadata.properties(), "write.metadata.compression-codec");
    const bool compressed = codec != nullptr && equals_ignoring_case(*codec, "gzip");
    char number[24];
    std::snprintf(number, sizeof number, "%05lld", static_cast<long long>(version));
    const std::string name =
        std::string("/") + number + "-" + uuid + (compressed ? ".gz.metadata.json" : ".metadata.json");

    Written written;
    const std::string folder_path = TRY(local_path(folder));
    written.location = folder + name;
    written.path = folder_path + name;
    std::string bytes = metadata.to_json_text();
    if (compressed)
        bytes = TRY(iceberg::gzip(bytes));
    written.folders = TRY(make_folders(folder_path, mode_));
    if (Status status = write_file_durably(written.path, bytes, mode_ & 0666); status.is_error()) {
        discard(written);
        return std::move(status).error();
    }
    return written;
}

void Warehouse::discard(const Written& written) {
    // What cannot be removed stays as an orphan: no pointer names it, so it does no harm.
    (void)remove_file(written.path).is_error();
    for (auto folder = written.folders.rbegin(); folder != written.folders.rend(); ++folder)
        (void)remove_empty_folder(*folder).is_error();
}

} // namespace godwit::catalog
