#pragma once

#include "base/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace godwit::lakehouse {

/// Beside the exported files: what the files themselves do not say. `map` is an object of prefix to folder; folders are
/// relative to the export.
inline constexpr std::string_view kExportSettingsFile = "godwit-export.json";

struct ExportSettings {
    std::string account;
    std::string region;
    std::vector<std::pair<std::string, std::string>> maps; ///< prefix and absolute folder
};

/// Empty where the file is absent; an error where it is broken or has a field that nobody knows.
Result<ExportSettings> read_export_settings(const std::string& folder);

/// Every `*.json` below the folder but the settings, as paths relative to it, sorted; symbolic links are followed by no
/// one.
Result<std::vector<std::string>> export_files(const std::string& folder);

/// A digest of what the file system says about those files: name, size, time of change and inode.
Result<std::string> export_state(const std::string& folder);

/// The first CatalogId in the export, or nothing.
Result<std::optional<std::string>> first_catalogue(const std::string& folder);

} // namespace godwit::lakehouse
