#pragma once

#include "base/random.h"
#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace godwit::catalog {

/// Divides the levels of a namespace in paths, in the protocol and in the catalogue's own rows.
inline constexpr char kLevelSeparator = '\x1f';

/// A namespace as one text, its levels joined by 0x1F. Empty levels, `.` and `..`, levels that hold 0x1F or U+0000 or
/// are not UTF-8, and more than 1,024 bytes are refused.
Result<std::string> join_levels(const std::vector<std::string>& levels);
Result<std::string> check_space(std::string_view joined);
std::vector<std::string> levels_of(std::string_view space);
/// The namespace above, empty at the top.
std::string_view parent_of(std::string_view space);
/// `a.b`, for messages.
std::string display_space(std::string_view space);

struct TableId {
    std::string space;
    std::string name;

    std::string display() const;
    auto operator<=>(const TableId&) const = default;
};
Status check_table_name(std::string_view name);

/// One element of a path for a namespace's level or a table's name: the name itself where it is plain, else
/// percent-encoded so that it neither leads elsewhere nor hides; cut and given a digest where it is too long for a file
/// system.
std::string path_element(std::string_view name);

/// Version 4 of RFC 9562, section 5.4.
std::string random_uuid(Random& random);

} // namespace godwit::catalog
