#pragma once

#include "base/digest.h"
#include "base/result.h"
#include "clients/file_source.h"
#include "clients/location.h"
#include "lanes/lakehouse/facts.h"

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

namespace godwit::lakehouse {

/// An opened place: the root that a `--map` names, and the folder below it. Nothing leads out of the root.
struct OpenPlace {
    clients::FileSource source;
    std::string key; ///< of the folder below the root; empty: the root itself
};

/// Where a location lies by the map, without looking at the disk: `folder`, or problem "absent", "unmapped", "invalid".
Place place_of(std::string_view location, const clients::PrefixMap& map);
/// Opens the folder; an error says why it is "missing" or "unreadable" (see `set_problem`).
Result<OpenPlace> open_place(const Place& place, const clients::PrefixMap& map);
/// Notes an error of opening or listing in the place.
void set_problem(Place& place, const Error& error);

struct ListedObject {
    std::string_view key; ///< below the place
    FileState state;
    bool data = false; ///< neither hidden nor empty
};
using ObjectVisitor =
    std::function<Status(const ListedObject& object, const clients::FileSource& source, const std::string& full_key)>;

/// Spark's rule: an element that begins with `.`, or with `_` and holds no `=`.
bool is_hidden(std::string_view key);

/// Adds up everything below the place, and feeds `digest` with the percent-encoded key, size and mtime_ns of each
/// object in byte order of keys. An error is of the visitor or of the disk.
Result<Sizes> list_place(const OpenPlace& place, Sha256& digest, const ObjectVisitor& visit, std::stop_token stop);

} // namespace godwit::lakehouse
