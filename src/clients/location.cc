#include "clients/location.h"

#include "base/file.h"
#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

namespace godwit::clients {

namespace {

Error bad_location(std::string_view text, std::string why) {
    return Error::make(ErrorKind::invalid_input, "the location cannot be understood")
        .why(std::move(why))
        .fix("give s3://BUCKET/KEY, file:///PATH or a plain path")
        .at(printable(text));
}

/// `a//b/` as `a/b`; a leading slash stays.
std::string without_empty_elements(std::string_view path) {
    std::string out;
    out.reserve(path.size());
    for (const char c : path) {
        if (c != '/' || out.empty() || out.back() != '/')
            out += c;
    }
    while (out.size() > 1 && out.back() == '/')
        out.pop_back();
    return out;
}

/// To a file system `./a` and `a/./b` are `a` and `a/b`; in a bucket they would be keys of their own.
std::string without_dots(std::string_view path) {
    std::vector<std::string> elements;
    for (auto& element : split(path, '/'))
        if (element != ".")
            elements.push_back(std::move(element));
    auto out = join(elements, "/");
    return out.empty() ? std::string(path) : out;
}

} // namespace

Result<Location> Location::parse(std::string_view text) {
    if (text.empty())
        return bad_location(text, "it is empty");
    if (text.find('\0') != std::string_view::npos)
        return bad_location(text, "it contains a NUL byte");
    // RFC 3986 section 3.1: a scheme is letters, digits, `+`, `-`, `.`; one letter is more likely a file's name.
    const std::size_t colon = text.find(':');
    const bool has_scheme =
        colon != std::string_view::npos && colon > 1 && std::ranges::all_of(text.substr(0, colon), [](unsigned char c) {
            return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.';
        });
    if (!has_scheme || (text.substr(colon + 1, 1) != "/"))
        return Location{Scheme::file, "", without_dots(text)};
    const std::string scheme = lower_ascii(text.substr(0, colon));
    std::string_view rest = text.substr(colon + 1);
    const bool has_authority = rest.starts_with("//");
    if (scheme == "file") {
        if (!has_authority)
            return Location{Scheme::file, "", std::string(rest)};
        rest.remove_prefix(2);
        const std::size_t slash = rest.find('/');
        const std::string_view host = rest.substr(0, slash);
        if (slash == std::string_view::npos || !(host.empty() || equals_ignoring_case(host, "localhost")))
            return bad_location(text, "after file:// stands a host: three slashes are needed before a path");
        return Location{Scheme::file, "", std::string(rest.substr(slash))};
    }
    if (scheme != "s3" && scheme != "s3a" && scheme != "s3n")
        return bad_location(text, "the scheme '" + scheme + "' is none of s3, s3a, s3n, file");
    if (!has_authority)
        return bad_location(text, "two slashes are missing after the scheme");
    rest.remove_prefix(2);
    const std::size_t slash = rest.find('/');
    const std::string_view bucket = rest.substr(0, slash);
    if (bucket.empty())
        return bad_location(text, "the bucket is missing");
    return Location{Scheme::s3, std::string(bucket),
                    std::string(slash == std::string_view::npos ? "" : rest.substr(slash + 1))};
}

std::string Location::canonical() const {
    if (scheme == Scheme::file)
        return without_empty_elements(path);
    const std::string key = without_empty_elements("/" + path);
    return "s3://" + bucket + (key == "/" ? "" : key);
}

Result<std::vector<std::string>> path_elements(std::string_view path) {
    std::vector<std::string> elements;
    for (std::string& element : split(path, '/')) {
        if (element.empty())
            continue;
        if (element == "." || element == "..")
            return Error::make(ErrorKind::invalid_input, "the path is not taken literally by a file system")
                .why("it has the element '" + element + "'")
                .fix("rename the object at the source, or leave it out")
                .at(printable(path));
        elements.push_back(std::move(element));
    }
    return elements;
}

Result<std::string> canonical_folder(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
    if (!real)
        return system_error(errno, "the folder cannot be found", path);
    const FileState state = TRY(file_state(real.get()));
    if (state.type != FileState::Type::folder)
        return Error::make(ErrorKind::invalid_input, "a folder is needed")
            .why("something else stands there")
            .fix("name a folder")
            .at(printable(path));
    return std::string(real.get());
}

std::string file_uri(std::string_view absolute_path) { return "file://" + std::string(absolute_path); }

Status PrefixMap::add(std::string_view from, std::string_view to) {
    const Location location = TRY(Location::parse(from));
    TRY(path_elements(location.path));
    if (to.empty())
        return Error::make(ErrorKind::usage, "a mapped prefix needs a folder")
            .why("nothing stands after '='")
            .fix("write it as s3://bucket/prefix=FOLDER")
            .at(printable(from));
    // `file://` alone is a scheme, not a path that ends in slashes.
    std::string target(to);
    while (target.size() > 1 && target.back() == '/' && !target.ends_with("://"))
        target.pop_back();
    Pair pair{location.canonical(), std::move(target)};
    for (const Pair& other : pairs_) {
        if (other.from != pair.from)
            continue;
        if (other.to == pair.to)
            return {};
        return Error::make(ErrorKind::usage, "a prefix is mapped twice")
            .why("once to " + printable(other.to) + ", once to " + printable(pair.to))
            .fix("keep one of them")
            .at(printable(pair.from));
    }
    const auto before = [](const Pair& a, const Pair& b) {
        return a.from.size() != b.from.size() ? a.from.size() > b.from.size() : a.from < b.from;
    };
    pairs_.insert(std::ranges::upper_bound(pairs_, pair, before), std::move(pair));
    return {};
}

Status PrefixMap::add_option(std::string_view text) {
    const std::size_t equals = text.rfind('=');
    if (equals == std::string_view::npos || equals == 0)
        return Error::make(ErrorKind::usage, "a mapping needs a prefix and a folder")
            .why("there is no '=' between them")
            .fix("write it as s3://bucket/prefix=FOLDER")
            .at(printable(text));
    return add(text.substr(0, equals), text.substr(equals + 1));
}

const PrefixMap::Pair* PrefixMap::find(const Location& location) const {
    const std::string canonical = location.canonical();
    for (const Pair& pair : pairs_) {
        if (!canonical.starts_with(pair.from))
            continue;
        if (canonical.size() == pair.from.size() || pair.from.ends_with('/') || canonical[pair.from.size()] == '/')
            return &pair;
    }
    return nullptr;
}

Result<std::string> PrefixMap::map(std::string_view location) const {
    const Location parsed = TRY(Location::parse(location));
    TRY(path_elements(parsed.path));
    const Pair* pair = find(parsed);
    const std::string canonical = parsed.canonical();
    if (!pair)
        return Error::make(ErrorKind::not_found, "no folder is mapped to this location")
            .why("none of the " + std::to_string(pairs_.size()) + " mapped prefixes begins it")
            .fix("add --map " + printable(parsed.scheme == Location::Scheme::s3 ? "s3://" + parsed.bucket : canonical) +
                 "=FOLDER")
            .at(printable(location));
    std::string rest = canonical.substr(pair->from.size());
    if (rest.empty())
        return pair->to;
    if (!rest.starts_with('/'))
        rest.insert(rest.begin(), '/');
    return pair->to == "/" ? rest : pair->to + rest;
}

} // namespace godwit::clients
