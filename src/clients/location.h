#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace godwit::clients {

/// Where data lies, as catalogues and table metadata spell it: `s3://bucket/key` (s3a and s3n are the same place),
/// `file:///path`, `file:/path`, or a plain path. The bytes after the scheme are taken as they are: Hadoop, Iceberg and
/// PyIceberg do not percent-decode them, and Hive writes real `%3A` into names.
struct Location {
    enum class Scheme { file, s3 };
    Scheme scheme = Scheme::file;
    std::string bucket; ///< empty for file
    std::string path;   ///< s3: the key, without the slash after the bucket; file: the path, absolute or relative

    /// Refuses NUL, other schemes, a missing bucket and a host other than localhost.
    static Result<Location> parse(std::string_view text);
    /// `s3://bucket/key` or the path alone: one spelling per place, used for comparing.
    std::string canonical() const;
    bool operator==(const Location&) const = default;
};

/// The path elements of a key or path without empty ones; `.` and `..` are errors, since a store takes them literally
/// and a file system does not.
Result<std::vector<std::string>> path_elements(std::string_view path);

/// A folder as one spelling: what a connection's identity holds. The folder must exist; links are resolved.
Result<std::string> canonical_folder(const std::string& path);
/// `file://` and an absolute path.
std::string file_uri(std::string_view absolute_path);

/// Prefix of a location to what replaces it. The longest prefix wins, and prefixes end at path elements: `s3://b/a`
/// maps `s3://b/a/x` and `s3://b/a`, not `s3://b/ab`. s3, s3a and s3n are alike.
class PrefixMap {
public:
    struct Pair {
        std::string from; ///< as Location::canonical, without a trailing slash
        std::string to;   ///< a local folder or a URI, without a trailing slash
    };

    /// The same prefix twice is an error unless both say the same.
    Status add(std::string_view from, std::string_view to);
    /// `s3://bucket/prefix=FOLDER`, divided at the last `=`.
    Status add_option(std::string_view text);

    /// The location below what its prefix maps to, without empty path elements. An error names the location and the
    /// option that is missing; `..` in a location is an error.
    Result<std::string> map(std::string_view location) const;
    /// The pair that applies, or nullptr.
    const Pair* find(const Location& location) const;
    bool empty() const { return pairs_.empty(); }
    const std::vector<Pair>& pairs() const { return pairs_; }

private:
    std::vector<Pair> pairs_; ///< longest first, equal lengths in byte order
};

} // namespace godwit::clients
