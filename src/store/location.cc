#include "store/state.h"

#include "base/text.h"

namespace godwit::store {

Result<StateLocation> StateLocation::parse(std::string_view text) {
    StateLocation location;
    if (text.starts_with("postgresql://") || text.starts_with("postgres://")) {
        location.kind = Kind::postgresql;
        location.url = Secret(std::string(text));
        return location;
    }
    if (text.starts_with("sqlite:"))
        text.remove_prefix(std::string_view("sqlite:").size());
    if (text.empty() || text.ends_with('/') || text.find('\0') != std::string_view::npos ||
        text.find("://") != std::string_view::npos)
        return Error::make(ErrorKind::usage, "the place of the state database is not understood")
            .why("'" + printable(text) + "' is neither a file nor postgresql://...")
            .fix("give --state FILE, --state sqlite:FILE or --state postgresql://USER@HOST/DATABASE");
    location.file = text;
    return location;
}

std::string StateLocation::display() const {
    if (kind == Kind::sqlite)
        return file;
    // postgresql://[user[:password]@]host[:port]/database[?options]: the password stands before the last @, and options
    // may name one too.
    const std::string& whole = url.reveal();
    const auto begin = whole.find("://") + 3;
    const auto end = whole.find('?', begin);
    const auto rest = whole.substr(begin, end == std::string::npos ? end : end - begin);
    const auto at = rest.rfind('@');
    if (at == std::string::npos)
        return "postgresql://" + rest;
    const auto user = rest.substr(0, rest.find(':') < at ? rest.find(':') : at);
    return "postgresql://" + user + rest.substr(at);
}

} // namespace godwit::store
