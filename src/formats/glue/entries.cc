#include "formats/glue/entries.h"

#include "base/digest.h"
#include "base/text.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cmath>

namespace godwit::glue {

namespace {

/// One JSON object with typed access: absent and null are the default, another type is an error that names the field.
class Object {
public:
    explicit Object(const Json& json) : json_(json) {}

    const Json* find(const char* name) const {
        const auto found = json_.find(name);
        return found == json_.end() || found->is_null() ? nullptr : &*found;
    }

    Result<std::string> text(const char* name) const { return json_string_or(json_, name, ""); }

    Result<std::string> required_text(const char* name) const {
        auto value = TRY(text(name));
        if (value.empty())
            return Error::make(ErrorKind::invalid_input, "the entry names nothing")
                .why("the field is missing or empty")
                .at(name);
        return value;
    }

    Result<bool> flag(const char* name) const {
        const auto* value = find(name);
        if (value == nullptr)
            return false;
        if (!value->is_boolean())
            return wrong_type(name, "true or false");
        return value->get<bool>();
    }

    Result<std::vector<std::string>> texts(const char* name) const {
        std::vector<std::string> out;
        TRY(each(name, [&](const Json& element) -> Status {
            if (!element.is_string())
                return wrong_type(name, "a list of texts");
            out.push_back(element.get<std::string>());
            return {};
        }));
        return out;
    }

    Result<Parameters> parameters(const char* name) const {
        Parameters out;
        const auto* value = find(name);
        if (value == nullptr)
            return out;
        if (!value->is_object())
            return wrong_type(name, "an object");
        for (const auto& [key, element] : value->items()) {
            if (element.is_null())
                continue;
            if (!element.is_string())
                return wrong_type(name, "an object of texts");
            out.emplace(key, element.get<std::string>());
        }
        return out;
    }

    template <typename Visit>
    Status each(const char* name, const Visit& visit) const {
        const auto* value = find(name);
        if (value == nullptr)
            return {};
        if (!value->is_array())
            return wrong_type(name, "a list");
        for (const auto& element : *value)
            TRY(visit(element));
        return {};
    }

    /// Visits the object in the field, if it is there.
    template <typename Visit>
    Status inside(const char* name, const Visit& visit) const {
        const auto* value = find(name);
        if (value == nullptr)
            return {};
        if (!value->is_object())
            return wrong_type(name, "an object");
        auto status = visit(Object(*value), *value);
        if (status.is_error())
            return std::move(status).error().at(name);
        return {};
    }

    static Error wrong_type(const char* name, std::string_view wanted) {
        return Error::make(ErrorKind::invalid_input, "a field has an unexpected type")
            .why("it is not " + std::string(wanted))
            .at(name);
    }

private:
    const Json& json_;
};

Status check_object(const Json& json, std::string_view what) {
    if (!json.is_object())
        return Error::make(ErrorKind::invalid_input, "a " + std::string(what) + " is no JSON object");
    return {};
}

Result<Column> parse_column(const Json& json) {
    TRY(check_object(json, "column"));
    const Object object(json);
    Column column;
    column.name = TRY(object.required_text("Name"));
    column.type = TRY(object.text("Type"));
    column.comment = TRY(object.text("Comment"));
    column.parameters = TRY(object.parameters("Parameters"));
    return column;
}

Result<std::vector<Column>> parse_columns(const Object& object, const char* name) {
    std::vector<Column> columns;
    TRY(object.each(name, [&](const Json& element) -> Status {
        auto column = parse_column(element);
        if (column.is_error())
            return std::move(column).error().at(std::string(name) + "[" + std::to_string(columns.size()) + "]");
        columns.push_back(std::move(column).release());
        return {};
    }));
    return columns;
}

Status parse_serde(const Object& object, SerdeInfo& into) {
    into.name = TRY(object.text("Name"));
    into.library = TRY(object.text("SerializationLibrary"));
    into.parameters = TRY(object.parameters("Parameters"));
    return {};
}

Status parse_storage(const Object& object, const Json& json, StorageDescriptor& into) {
    into.columns = TRY(parse_columns(object, "Columns"));
    into.location = TRY(object.text("Location"));
    into.additional_locations = TRY(object.texts("AdditionalLocations"));
    into.input_format = TRY(object.text("InputFormat"));
    into.output_format = TRY(object.text("OutputFormat"));
    into.compressed = TRY(object.flag("Compressed"));
    into.buckets = TRY(json_int64_or(json, "NumberOfBuckets", 0));
    TRY(object.inside("SerdeInfo", [&](const Object& serde, const Json&) { return parse_serde(serde, into.serde); }));
    into.bucket_columns = TRY(object.texts("BucketColumns"));
    TRY(object.each("SortColumns", [&](const Json& element) -> Status {
        TRY(check_object(element, "sort column"));
        auto name = TRY(Object(element).text("Column"));
        const auto order = TRY(json_int64_or(element, "SortOrder", 1));
        into.sort_columns.push_back({std::move(name), order != 0});
        return {};
    }));
    into.parameters = TRY(object.parameters("Parameters"));
    into.has_schema_reference = object.find("SchemaReference") != nullptr;
    return {};
}

Result<std::optional<LinkTarget>> parse_link(const Object& object, const char* name, bool to_table) {
    std::optional<LinkTarget> link;
    TRY(object.inside(name, [&](const Object& target, const Json&) -> Status {
        link.emplace();
        link->catalogue = TRY(target.text("CatalogId"));
        link->database = TRY(target.text("DatabaseName"));
        if (to_table)
            link->name = TRY(target.text("Name"));
        link->region = TRY(target.text("Region"));
        return {};
    }));
    return link;
}

Status parse_view_definition(const Object& object, Table& into) {
    return object.inside("ViewDefinition", [&](const Object& definition, const Json&) {
        return definition.each("Representations", [&](const Json& element) -> Status {
            TRY(check_object(element, "view representation"));
            const Object representation(element);
            auto& view = into.view_representations.emplace_back();
            view.dialect = TRY(representation.text("Dialect"));
            view.dialect_version = TRY(representation.text("DialectVersion"));
            view.original_text = TRY(representation.text("ViewOriginalText"));
            view.expanded_text = TRY(representation.text("ViewExpandedText"));
            return {};
        });
    });
}

Micros time_in(const Object& object, const char* name) {
    const auto* value = object.find(name);
    return value == nullptr ? 0 : parse_aws_time(*value);
}

/// Two or more digits at `at`, or -1.
int digits(std::string_view text, std::size_t at, std::size_t count) {
    if (at + count > text.size())
        return -1;
    int value = 0;
    for (std::size_t i = at; i < at + count; ++i) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

/// Microseconds of `.106000`; moves `at` behind it. More digits than six are cut.
std::int64_t fraction(std::string_view text, std::size_t& at) {
    if (at >= text.size() || text[at] != '.')
        return 0;
    std::int64_t value = 0;
    int places = 0;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
        if (places < 6) {
            value = value * 10 + (text[at] - '0');
            ++places;
        }
    }
    for (; places < 6; ++places)
        value *= 10;
    return value;
}

/// Seconds east of UTC of `Z`, `+02:00`, `+0200` or nothing at all; false where something else stands there.
bool offset_seconds(std::string_view text, std::int64_t& seconds) {
    seconds = 0;
    if (text.empty() || text == "Z" || text == "z")
        return true;
    if (text[0] != '+' && text[0] != '-')
        return false;
    const int hours = digits(text, 1, 2);
    const bool colon = text.size() > 3 && text[3] == ':';
    const int minutes = digits(text, colon ? 4 : 3, 2);
    if (hours < 0 || minutes < 0 || text.size() != (colon ? 6u : 5u))
        return false;
    seconds = (text[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    return true;
}

} // namespace

Micros parse_iso_time(std::string_view text) {
    using namespace std::chrono;
    const int y = digits(text, 0, 4), m = digits(text, 5, 2), d = digits(text, 8, 2);
    const int hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
    if (y < 0 || m < 0 || d < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
        return 0;
    if (text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != ' ') || text[13] != ':' || text[16] != ':')
        return 0;
    const year_month_day date{year(y), month(static_cast<unsigned>(m)), day(static_cast<unsigned>(d))};
    if (!date.ok())
        return 0;
    std::size_t at = 19;
    const auto micros = fraction(text, at);
    std::int64_t offset = 0;
    if (!offset_seconds(text.substr(at), offset))
        return 0;
    const auto days = sys_days(date).time_since_epoch().count();
    return (std::int64_t{days} * 86'400 + hour * 3600 + minute * 60 + second - offset) * 1'000'000 + micros;
}

Micros parse_aws_time(const Json& value) {
    constexpr double kLatest = 253'402'300'800; // year 10000
    if (value.is_string())
        return parse_iso_time(value.get_ref<const std::string&>());
    if (!value.is_number())
        return 0;
    const auto seconds = value.get<double>();
    if (!std::isfinite(seconds) || seconds < 0 || seconds >= kLatest)
        return 0;
    // The command line prints at most milliseconds; a double holds microseconds of this century only nearly.
    return std::llround(seconds * 1'000) * 1'000;
}

Result<Database> parse_database(const Json& entry) {
    TRY(check_object(entry, "database"));
    const Object object(entry);
    Database database;
    database.name = TRY(object.required_text("Name"));
    database.catalogue = TRY(object.text("CatalogId"));
    database.description = TRY(object.text("Description"));
    database.location = TRY(object.text("LocationUri"));
    database.parameters = TRY(object.parameters("Parameters"));
    database.link = TRY(parse_link(object, "TargetDatabase", false));
    database.federated = object.find("FederatedDatabase") != nullptr;
    database.created = time_in(object, "CreateTime");
    return database;
}

Result<Table> parse_table(const Json& entry) {
    TRY(check_object(entry, "table"));
    const Object object(entry);
    Table table;
    table.name = TRY(object.required_text("Name"));
    table.database = TRY(object.required_text("DatabaseName"));
    table.catalogue = TRY(object.text("CatalogId"));
    table.description = TRY(object.text("Description"));
    table.owner = TRY(object.text("Owner"));
    table.table_type = TRY(object.text("TableType"));
    table.created = time_in(object, "CreateTime");
    table.updated = time_in(object, "UpdateTime");
    TRY(object.inside("StorageDescriptor", [&](const Object& storage, const Json& json) {
        return parse_storage(storage, json, table.storage);
    }));
    table.partition_keys = TRY(parse_columns(object, "PartitionKeys"));
    table.parameters = TRY(object.parameters("Parameters"));
    table.view_original_text = TRY(object.text("ViewOriginalText"));
    table.view_expanded_text = TRY(object.text("ViewExpandedText"));
    TRY(parse_view_definition(object, table));
    table.is_multi_dialect_view = TRY(object.flag("IsMultiDialectView"));
    table.is_materialized_view = TRY(object.flag("IsMaterializedView"));
    table.is_lake_formation = TRY(object.flag("IsRegisteredWithLakeFormation"));
    table.is_federated = object.find("FederatedTable") != nullptr;
    table.link = TRY(parse_link(object, "TargetTable", true));
    table.digest = sha256_hex(canonical_json(entry));
    return table;
}

Result<Partition> parse_partition(const Json& entry) {
    TRY(check_object(entry, "partition"));
    const Object object(entry);
    Partition partition;
    partition.database = TRY(object.required_text("DatabaseName"));
    partition.table = TRY(object.required_text("TableName"));
    partition.catalogue = TRY(object.text("CatalogId"));
    partition.values = TRY(object.texts("Values"));
    if (partition.values.empty())
        return Error::make(ErrorKind::invalid_input, "the partition has no values").at("Values");
    partition.created = time_in(object, "CreationTime");
    TRY(object.inside("StorageDescriptor", [&](const Object& storage, const Json& json) {
        return parse_storage(storage, json, partition.storage);
    }));
    partition.parameters = TRY(object.parameters("Parameters"));
    partition.digest = sha256_hex(canonical_json(entry));
    return partition;
}

} // namespace godwit::glue
