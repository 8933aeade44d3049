#include "store/state.h"

#include "base/text.h"

#include <libpq-fe.h>

#include <algorithm>
#include <map>
#include <memory>

namespace godwit::store {

namespace {

struct FreeOptions {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

/// User, host, port and database as libpq understands them, and nothing else of the URL. A password with a bare `@` or
/// `/` would become part of the host or the port, and be shown there: such a URL is refused, without a word of it.
Result<std::string> shown(const Secret& url) {
    char* message = nullptr;
    const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconninfoParse(url.reveal().c_str(), &message));
    PQfreemem(message); // it quotes the URL
    std::map<std::string, std::string> values;
    for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr; ++option)
        values[option->keyword] = option->val == nullptr ? "" : option->val;
    const auto& port = values["port"];
    const bool is_plain = values["host"].find_first_of("@:/?#") == std::string::npos || values["host"].starts_with('/');
    if (!options || !is_plain || !std::ranges::all_of(port, [](char c) { return (c >= '0' && c <= '9') || c == ','; }))
        return Error::make(ErrorKind::usage, "the URL of the state database is not understood")
            .why("it is not postgresql://USER@HOST:PORT/DATABASE?OPTIONS")
            .fix("percent-encode special characters, or keep the password out of the URL, in a file that PGPASSFILE "
                 "names");
    std::string text = "postgresql://";
    if (!values["user"].empty())
        text += printable(values["user"]) + "@";
    text += printable(values["host"]) + (port.empty() ? "" : ":" + port);
    return text + "/" + printable(values["dbname"]);
}

} // namespace

Result<StateLocation> StateLocation::parse(std::string_view text) {
    StateLocation location;
    if (text.starts_with("postgresql://") || text.starts_with("postgres://")) {
        location.kind = Kind::postgresql;
        location.url = Secret(std::string(text));
        TRY(shown(location.url));
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
    return shown(url).value_or("postgresql://");
}

} // namespace godwit::store
