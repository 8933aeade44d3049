#pragma once

#include "base/file.h"
#include "base/text.h"

#include <string>
#include <vector>

/// For tests: tables that other writers made, in tests/fixtures and in a folder beside the project that may be absent.
namespace godwit::iceberg {

/// Every file below `folder` whose name ends with one of `endings`.
inline void find_files(const std::string& folder, const std::vector<std::string>& endings,
                       std::vector<std::string>& found) {
    const auto entries = list_folder(folder);
    if (entries.is_error())
        return;
    for (const auto& entry : *entries) {
        const auto path = folder + "/" + entry.name;
        if (entry.state.type == FileState::Type::folder)
            find_files(path, endings, found);
        for (const auto& ending : endings)
            if (entry.state.type == FileState::Type::file && entry.name.ends_with(ending))
                found.push_back(path);
    }
}

/// Nothing where neither folder is there. `project` is GODWIT_SOURCE_DIR.
inline std::vector<std::string> corpus_files(const std::string& project, const std::vector<std::string>& endings) {
    std::vector<std::string> found;
    find_files(project + "/../shared/corpus/lakehouse", endings, found);
    find_files(project + "/tests/fixtures/iceberg", endings, found);
    return found;
}

} // namespace godwit::iceberg
