#include "catalog/names.h"

#include "base/digest.h"
#include "base/text.h"

namespace godwit::catalog {

namespace {

constexpr std::size_t kLongestName = 1024;
/// NAME_MAX is 255; below it remains room for what clients append.
constexpr std::size_t kLongestElement = 200;

Error refused_name(std::string_view name, std::string why) {
    return Error::make(ErrorKind::invalid_input, "the name is refused")
        .why(std::move(why))
        .fix("use a name of 1 to 1,024 bytes of UTF-8 without control separators")
        .at(printable(name));
}

Status check_name(std::string_view name) {
    if (name.empty())
        return refused_name(name, "it is empty");
    if (name.size() > kLongestName)
        return refused_name(name, "it has " + std::to_string(name.size()) + " bytes");
    if (!is_storable_text(name))
        return refused_name(name, "it is not UTF-8, or holds U+0000");
    // RFC 3986 section 5.2.4: clients take them out of a path before they send it, so nobody could name it again.
    if (name == "." || name == "..")
        return refused_name(name, "it cannot stand in the path of a URL");
    if (name.find(kLevelSeparator) != std::string_view::npos)
        return refused_name(name, "it holds the namespace separator 0x1F");
    return {};
}

} // namespace

Result<std::string> join_levels(const std::vector<std::string>& levels) {
    if (levels.empty())
        return refused_name("", "a namespace needs at least one level");
    std::string space;
    for (const std::string& level : levels) {
        TRY(check_name(level));
        if (!space.empty())
            space += kLevelSeparator;
        space += level;
    }
    if (space.size() > kLongestName)
        return refused_name(space, "all levels together have " + std::to_string(space.size()) + " bytes");
    return space;
}

Result<std::string> check_space(std::string_view joined) { return join_levels(levels_of(joined)); }

std::vector<std::string> levels_of(std::string_view space) { return split(space, kLevelSeparator); }

std::string_view parent_of(std::string_view space) {
    const std::size_t end = space.rfind(kLevelSeparator);
    return end == std::string_view::npos ? std::string_view() : space.substr(0, end);
}

std::string display_space(std::string_view space) {
    std::string text;
    for (const std::string& level : levels_of(space))
        text += (text.empty() ? "" : ".") + level;
    return printable(text);
}

std::string TableId::display() const { return display_space(space) + "." + printable(name); }

Status check_table_name(std::string_view name) { return check_name(name); }

std::string path_element(std::string_view name) {
    std::string element = percent_encode(name);
    // A leading dot hides a folder, and `.` and `..` lead elsewhere.
    if (element.starts_with('.'))
        element.replace(0, 1, "%2E");
    if (element.size() > kLongestElement)
        element = element.substr(0, kLongestElement - 17) + "-" + sha256_hex(name).substr(0, 16);
    return element;
}

std::string random_uuid(Random& random) {
    std::string bytes = random.bytes(16);
    bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes[6]) & 0x0FU) | 0x40U);
    bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3FU) | 0x80U);
    return uuid_text(bytes);
}

} // namespace godwit::catalog
