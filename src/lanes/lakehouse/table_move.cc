#include "lanes/lakehouse/table_move.h"

#include "base/json.h"
#include "base/text.h"

#include <nlohmann/json.hpp>

namespace godwit::lakehouse {

namespace {

Error bad_body(std::string_view field) {
    return Error::make(ErrorKind::invalid_input, "a step of the plan cannot be understood")
        .why("its body has no usable '" + std::string(field) + "'")
        .fix("make the plan again with this version");
}

/// Names and paths may hold any bytes; JSON may not. What begins with the sign of the encoding is encoded too.
std::string encoded(const std::string& text) {
    return is_storable_text(text) && !text.starts_with('%') ? text : "%" + percent_encode(text);
}

Result<std::string> decoded(const std::string& text) {
    return text.starts_with('%') ? percent_decode(std::string_view(text).substr(1)) : Result<std::string>(text);
}

} // namespace

std::string to_json(const TableMove& move) {
    Json pairs = Json::array();
    for (const auto& [from, to] : move.pairs)
        pairs.push_back({{"from", encoded(from)}, {"to", encoded(to)}});
    Json levels = Json::array();
    for (const auto& level : move.levels)
        levels.push_back(encoded(level));
    return canonical_json({{"levels", levels},
                           {"name", encoded(move.name)},
                           {"root", encoded(move.root)},
                           {"metadata_location", encoded(move.metadata_location)},
                           {"pairs", pairs},
                           {"table", move.table.empty() ? Json(nullptr) : Json::parse(move.table)},
                           {"copy_step", move.copy_step},
                           {"metadata_step", move.metadata_step},
                           {"options", move.options.empty() ? Json(nullptr) : Json::parse(move.options)}});
}

Result<TableMove> table_move_from_json(std::string_view text) {
    const auto json = TRY(parse_json(text));
    if (!json.is_object() || !json.contains("levels") || !json["levels"].is_array())
        return bad_body("levels");
    if (!json.contains("pairs") || !json["pairs"].is_array())
        return bad_body("pairs");
    TableMove move;
    for (const auto& level : json["levels"]) {
        if (!level.is_string())
            return bad_body("levels");
        move.levels.push_back(TRY(decoded(level.get<std::string>())));
    }
    for (const auto& pair : json["pairs"])
        move.pairs.emplace_back(TRY(decoded(TRY(json_string(pair, "from")))),
                                TRY(decoded(TRY(json_string(pair, "to")))));
    move.name = TRY(decoded(TRY(json_string(json, "name"))));
    move.root = TRY(decoded(TRY(json_string(json, "root"))));
    move.metadata_location = TRY(decoded(TRY(json_string(json, "metadata_location"))));
    move.copy_step = TRY(json_string(json, "copy_step"));
    move.metadata_step = TRY(json_string(json, "metadata_step"));
    if (json.contains("table") && !json["table"].is_null())
        move.table = canonical_json(json["table"]);
    if (json.contains("options") && !json["options"].is_null())
        move.options = canonical_json(json["options"]);
    return move;
}

std::string to_json(const WrittenTable& written) {
    return canonical_json({{"metadata_location", written.metadata_location},
                           {"table_uuid", written.table_uuid},
                           {"snapshot_id", written.snapshot_id}});
}

Result<WrittenTable> written_table_from_json(std::string_view text) {
    const auto json = TRY(parse_json(text));
    WrittenTable written;
    written.metadata_location = TRY(json_string(json, "metadata_location"));
    written.table_uuid = TRY(json_string(json, "table_uuid"));
    written.snapshot_id = TRY(json_string(json, "snapshot_id"));
    return written;
}

} // namespace godwit::lakehouse
