#include "formats/glue/presto_view.h"

#include "base/json.h"
#include "base/text.h"

#include <nlohmann/json.hpp>

namespace godwit::glue {

namespace {

constexpr std::string_view kBegin = "/* Presto View: ";
constexpr std::string_view kEnd = "*/";

Error bad_view(std::string why) {
    return Error::make(ErrorKind::invalid_input, "the view's definition cannot be decoded")
        .why(std::move(why))
        .fix("run SHOW CREATE VIEW at the source and keep its answer")
        .at("ViewOriginalText");
}

Result<PrestoView> from_document(const Json& json) {
    PrestoView view;
    view.original_sql = TRY(json_string(json, "originalSql"));
    view.catalogue = TRY(json_string_or(json, "catalog", ""));
    view.schema = TRY(json_string_or(json, "schema", ""));
    view.owner = TRY(json_string_or(json, "owner", ""));
    const auto invoker = json.find("runAsInvoker");
    view.run_as_invoker = invoker != json.end() && invoker->is_boolean() && invoker->get<bool>();
    const auto columns = json.find("columns");
    if (columns == json.end() || !columns->is_array())
        return view;
    for (const auto& column : *columns) {
        auto name = TRY(json_string(column, "name"));
        auto type = TRY(json_string_or(column, "type", ""));
        view.columns.push_back({std::move(name), std::move(type)});
    }
    return view;
}

} // namespace

bool is_presto_view_text(std::string_view text) { return trim(text).starts_with(trim(kBegin)); }

Result<PrestoView> decode_presto_view(std::string_view text) {
    text = trim(text);
    if (!is_presto_view_text(text) || !text.ends_with(kEnd))
        return bad_view("it is not framed as /* Presto View: ... */");
    text.remove_prefix(trim(kBegin).size());
    text.remove_suffix(kEnd.size());
    auto bytes = from_base64(trim(text));
    if (bytes.is_error())
        return bad_view("its base64 is broken: " + bytes.error().why());
    auto document = parse_json(*bytes);
    if (document.is_error())
        return bad_view("the JSON inside is broken: " + document.error().why());
    if (!document->is_object())
        return bad_view("the JSON inside is no object");
    auto view = from_document(*document);
    if (view.is_error())
        return bad_view("the JSON inside lacks a field or has another type there: " + view.error().where());
    return view;
}

} // namespace godwit::glue
