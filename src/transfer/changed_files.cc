#include "transfer/changed_files.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

#include <nlohmann/json.hpp>

namespace godwit::transfer {

namespace {

Json line_of(const ChangedFiles::value_type& file) {
    return {{"key", percent_encode(file.first)}, {"digest", file.second}};
}

std::string text_of(const ChangedFiles& files) {
    std::string text;
    for (const auto& file : files)
        text += canonical_json(line_of(file)) + "\n";
    return text;
}

} // namespace

std::string changed_files_path(const std::string& run_files, const std::string& marker) {
    return run_files + "/" + marker + ".changed";
}

Status write_changed_files(const std::string& path, const ChangedFiles& files) {
    return write_file_durably(path, text_of(files), 0600);
}

Result<ChangedFiles> read_changed_files(const std::string& path) {
    ChangedFiles files;
    if (!file_exists(path))
        return files;
    const auto text = TRY(read_file(path));
    for (const auto& line : split(text, '\n')) {
        if (line.empty())
            continue;
        const auto json = TRY(parse_json(line));
        auto key = TRY(percent_decode(TRY(json_string(json, "key"))));
        auto digest = TRY(json_string(json, "digest"));
        files.emplace(std::move(key), std::move(digest));
    }
    return files;
}

std::string value_of(const ChangedFiles& files) {
    if (files.empty())
        return {};
    return canonical_json({{"files", std::to_string(files.size())},
                           {"digest", sha256_hex(text_of(files))},
                           {"first", line_of(*files.begin())}});
}

} // namespace godwit::transfer
