#include "transfer/changed_files.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace godwit::transfer {

namespace {

struct KindName {
    Occupant::Kind kind;
    std::string_view name;
    std::string_view words; ///< before the identity
};
constexpr std::array kKinds{
    KindName{Occupant::Kind::file, "file", ""},
    KindName{Occupant::Kind::unreadable, "unreadable", "a file that cannot be read, "},
    KindName{Occupant::Kind::changing, "changing", "a file that is being changed, "},
    KindName{Occupant::Kind::folder, "folder", "a folder, "},
    KindName{Occupant::Kind::special, "special", "no plain file, "},
    KindName{Occupant::Kind::hidden, "hidden", "what cannot be looked at: "},
};
const KindName& name_of(Occupant::Kind kind) { return *std::ranges::find(kKinds, kind, &KindName::kind); }

Result<Occupant::Kind> parse_kind(const std::string& text, const std::string& path) {
    const auto* found = std::ranges::find(kKinds, text, &KindName::name);
    if (found == kKinds.end())
        return Error::make(ErrorKind::corrupt, "a list of changed files is damaged")
            .why("nothing is of the kind '" + printable(text) + "'")
            .fix("restore the folder of the run's files")
            .at(printable(path));
    return found->kind;
}

Json line_of(const ChangedFiles::value_type& file) {
    return {{"key", percent_encode(file.first)},
            {"kind", name_of(file.second.kind).name},
            {"identity", file.second.identity}};
}

std::string text_of(const ChangedFiles& files) {
    std::string text;
    for (const auto& file : files)
        text += canonical_json(line_of(file)) + "\n";
    return text;
}

} // namespace

std::string to_words(const Occupant& occupant) { return std::string(name_of(occupant.kind).words) + occupant.identity; }

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
        const auto kind = TRY(parse_kind(TRY(json_string(json, "kind")), path));
        auto identity = TRY(json_string(json, "identity"));
        files.emplace(std::move(key), Occupant{kind, std::move(identity)});
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
