#include "lanes/lakehouse/sizes.h"

#include "base/text.h"

#include <algorithm>

namespace godwit::lakehouse {

bool is_hidden(std::string_view key) {
    while (!key.empty()) {
        const auto end = key.find('/');
        const auto element = key.substr(0, end);
        if (element.starts_with('.') || (element.starts_with('_') && element.find('=') == std::string_view::npos))
            return true;
        key.remove_prefix(end == std::string_view::npos ? key.size() : end + 1);
    }
    return false;
}

Place place_of(std::string_view location, const clients::PrefixMap& map) {
    Place place;
    place.location = std::string(location);
    if (trim(location).empty()) {
        place.problem = "absent";
        place.detail = "the catalogue's entry has no location";
        return place;
    }
    auto folder = map.map(location);
    if (folder.is_error()) {
        place.problem = folder.error().kind() == ErrorKind::not_found ? "unmapped" : "invalid";
        place.detail = folder.error().to_line();
        return place;
    }
    place.folder = std::move(folder).release();
    return place;
}

Result<OpenPlace> open_place(const Place& place, const clients::PrefixMap& map) {
    const auto* pair = map.find(TRY(clients::Location::parse(place.location)));
    if (pair == nullptr)
        return Error::make(ErrorKind::not_found, "no folder is mapped to this location").at(printable(place.location));
    auto source = TRY(clients::FileSource::open(pair->to));
    auto key = place.folder.substr(std::min(place.folder.size(), pair->to.size()));
    while (key.starts_with('/'))
        key.erase(0, 1);
    return OpenPlace{std::move(source), std::move(key)};
}

void set_problem(Place& place, const Error& error) {
    place.problem = error.kind() == ErrorKind::not_found ? "missing" : "unreadable";
    place.detail = error.to_line();
}

Result<Sizes> list_place(const OpenPlace& place, Sha256& digest, const ObjectVisitor& visit, std::stop_token stop) {
    Sizes sizes;
    auto lister = TRY(place.source.list(place.key));
    const auto skipped = place.key.empty() ? 0 : place.key.size() + 1;
    while (const auto entry = TRY(lister.next())) {
        if (stop.stop_requested())
            return Error::make(ErrorKind::interrupted, "listing was stopped").fix("run the command again");
        const auto key = std::string_view(entry->key).substr(std::min(skipped, entry->key.size()));
        if (entry->state.type != FileState::Type::file) {
            ++sizes.other_objects;
            continue;
        }
        const auto size = entry->state.size;
        digest.update(percent_encode(key) + " " + std::to_string(size) + " " + std::to_string(entry->state.mtime_ns) +
                      "\n");
        ++sizes.objects;
        sizes.bytes += size;
        sizes.largest = std::max(sizes.largest, size);
        const bool hidden = is_hidden(key);
        sizes.hidden_objects += hidden ? 1 : 0;
        sizes.empty_objects += size == 0 ? 1 : 0;
        const bool data = !hidden && size > 0;
        if (data) {
            ++sizes.data_objects;
            sizes.data_bytes += size;
        }
        TRY(visit({key, entry->state, data}, place.source, entry->key));
    }
    return sizes;
}

} // namespace godwit::lakehouse
