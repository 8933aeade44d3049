#pragma once

#include <string>
#include <string_view>

/// What is kept out of everything that is shown or stored. Nobody can know every name that a secret goes by: these are
/// a second line of defence.
namespace godwit {

inline constexpr std::string_view kRedacted = "**redacted**";

/// Whether what stands under this name is one by all appearances: `password`, `fs.azure.account.key`, ...
bool looks_secret(std::string_view name);

/// `scheme://user:password@host` without user and password, wherever it stands in the text.
std::string without_user_information(std::string_view text);

} // namespace godwit
