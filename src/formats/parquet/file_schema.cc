#include "formats/parquet/file_schema.h"

#include "formats/parquet/arrow_io.h"

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/schema.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

namespace godwit::parquet_format {

namespace {

constexpr const char* kFieldIdKey = "PARQUET:field_id";
constexpr const char* kArrowSchemaKey = "ARROW:schema";

std::int32_t id_of(const arrow::Field& field) {
    if (!field.metadata())
        return -1;
    const auto found = field.metadata()->Get(kFieldIdKey);
    std::int32_t id = -1;
    if (found.ok())
        std::from_chars(found->data(), found->data() + found->size(), id);
    return id;
}

FileField field_of(const parquet::arrow::SchemaField& field, const std::string& name) {
    FileField result;
    result.name = name;
    result.file_name = field.field->name();
    result.id = id_of(*field.field);
    result.type = field.field->type();
    result.nullable = field.field->nullable();
    result.leaf = field.column_index;
    switch (result.type->id()) {
    case arrow::Type::STRUCT:
        result.shape = FileField::Shape::structure;
        for (const auto& child : field.children)
            result.children.push_back(field_of(child, child.field->name()));
        break;
    case arrow::Type::LIST:
        result.shape = FileField::Shape::list;
        result.children.push_back(field_of(field.children.at(0), "element"));
        break;
    case arrow::Type::MAP: {
        result.shape = FileField::Shape::map;
        const auto& entry = field.children.at(0);
        result.children.push_back(field_of(entry.children.at(0), "key"));
        result.children.push_back(field_of(entry.children.at(1), "value"));
        break;
    }
    default: break;
    }
    return result;
}

void forget_ids(std::vector<FileField>& fields) {
    for (auto& field : fields) {
        field.id = -1;
        forget_ids(field.children);
    }
}

void give_ids(std::vector<FileField>& fields, const iceberg::NameMapping& names) {
    for (auto& field : fields)
        for (const auto& mapped : names) {
            if (std::find(mapped.names.begin(), mapped.names.end(), field.name) == mapped.names.end())
                continue;
            field.id = mapped.field_id.value_or(-1);
            give_ids(field.children, mapped.fields);
            break;
        }
}

/// A list's repeated node is its element itself, and no group that only holds the element.
bool is_two_level(const parquet::schema::Node& node) {
    if (node.is_repeated())
        return true;
    if (!node.is_group())
        return false;
    const auto& group = static_cast<const parquet::schema::GroupNode&>(node);
    if (group.field_count() != 1 || !group.field(0)->is_repeated())
        return false;
    const auto& repeated = *group.field(0);
    if (repeated.is_primitive())
        return true;
    return static_cast<const parquet::schema::GroupNode&>(repeated).field_count() != 1 || repeated.name() == "array" ||
           repeated.name() == node.name() + "_tuple";
}

const parquet::schema::Node* child_at(const parquet::schema::Node& node, int index) {
    if (!node.is_group())
        return nullptr;
    const auto& group = static_cast<const parquet::schema::GroupNode&>(node);
    return index < group.field_count() ? group.field(index).get() : nullptr;
}

const parquet::schema::Node* child_named(const parquet::schema::Node& node, const std::string& name) {
    for (int i = 0; const auto* child = child_at(node, i); ++i)
        if (child->name() == name)
            return child;
    return nullptr;
}

/// `node` is the column's own, or null where it cannot be told.
void mark_two_level(FileField& field, const parquet::schema::Node* node) {
    if (node == nullptr)
        return;
    if (field.shape == FileField::Shape::structure) {
        for (auto& child : field.children)
            mark_two_level(child, child_named(*node, child.name));
        return;
    }
    if (field.shape == FileField::Shape::primitive)
        return;
    const auto* repeated = node->is_repeated() ? node : child_at(*node, 0);
    if (field.shape == FileField::Shape::list) {
        field.two_level = is_two_level(*node);
        mark_two_level(field.children[0], field.two_level || repeated == nullptr ? repeated : child_at(*repeated, 0));
    } else if (repeated != nullptr) {
        mark_two_level(field.children[1], child_at(*repeated, 1));
    }
}

Match match(const iceberg::Field& field, const FileField* column) {
    Match result{&field, column, {}, -1};
    if (column == nullptr || !shapes_agree(field.type, *column) || field.type.is_primitive())
        return result;
    if (field.type.kind == iceberg::TypeKind::structure) {
        result.children = match_fields(field.type.fields, column->children);
        return result;
    }
    // Elements, keys and values stand at fixed places; ids cannot differ there without the parent's differing.
    for (std::size_t i = 0; i < field.type.fields.size(); ++i)
        result.children.push_back(match(field.type.fields[i], &column->children[i]));
    return result;
}

int first_leaf(const FileField& column) {
    return column.leaf >= 0 || column.children.empty() ? column.leaf : first_leaf(column.children.front());
}

void add_leaves(const Match& match, std::set<int>& leaves) {
    if (match.column == nullptr)
        return;
    const auto before = leaves.size();
    if (match.column->shape == FileField::Shape::primitive)
        leaves.insert(match.column->leaf);
    for (const auto& child : match.children)
        add_leaves(child, leaves);
    // A struct none of whose wanted fields the file has: any leaf tells where the struct itself is null.
    if (leaves.size() == before && first_leaf(*match.column) >= 0)
        leaves.insert(first_leaf(*match.column));
}

bool is_chosen(const FileField& column, const std::set<int>& leaves) {
    return leaves.contains(column.leaf) ||
           std::any_of(column.children.begin(), column.children.end(),
                       [&](const FileField& child) { return is_chosen(child, leaves); });
}

void set_places(std::vector<Match>& matches, const std::vector<FileField>& columns, const std::set<int>& leaves) {
    std::map<const FileField*, int> places;
    for (const auto& column : columns)
        if (is_chosen(column, leaves))
            places.emplace(&column, static_cast<int>(places.size()));
    for (auto& match : matches) {
        const auto found = places.find(match.column);
        match.place = found == places.end() ? -1 : found->second;
        if (match.column != nullptr)
            set_places(match.children, match.column->children, leaves);
    }
}

} // namespace

parquet::ArrowReaderProperties arrow_reader_properties(std::int64_t rows_per_batch) {
    parquet::ArrowReaderProperties properties(false);
    properties.set_batch_size(rows_per_batch);
    properties.set_pre_buffer(false);
    properties.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
    properties.set_arrow_extensions_enabled(false);
    properties.set_should_load_statistics(false);
    return properties;
}

void forget_arrow_schema(const parquet::FileMetaData& metadata) {
    const auto& pairs = metadata.key_value_metadata();
    // Arrow made this object mutable and shows it read-only; there is no other way to take the key out.
    if (pairs && pairs->Contains(kArrowSchemaKey))
        static_cast<void>(const_cast<arrow::KeyValueMetadata&>(*pairs).Delete(kArrowSchemaKey));
}

Result<std::vector<FileField>> file_schema(const Footer& footer, const iceberg::NameMapping& names) {
    return guarded(footer.name, [&]() -> Result<std::vector<FileField>> {
        parquet::arrow::SchemaManifest manifest;
        const auto& schema = *footer.metadata->schema();
        const auto status =
            parquet::arrow::SchemaManifest::Make(&schema, nullptr, arrow_reader_properties(1), &manifest);
        if (!status.ok())
            return read_error(status, footer.name);
        std::vector<FileField> fields;
        for (const auto& field : manifest.schema_fields)
            fields.push_back(field_of(field, field.field->name()));
        for (auto& field : fields)
            mark_two_level(field, child_named(*schema.group_node(), field.name));
        if (!footer.has_field_ids) {
            forget_ids(fields);
            give_ids(fields, names);
        }
        return fields;
    });
}

bool shapes_agree(const iceberg::Type& type, const FileField& column) {
    switch (type.kind) {
    case iceberg::TypeKind::structure: return column.shape == FileField::Shape::structure;
    case iceberg::TypeKind::list: return column.shape == FileField::Shape::list && type.fields.size() == 1;
    case iceberg::TypeKind::map: return column.shape == FileField::Shape::map && type.fields.size() == 2;
    default: return column.shape == FileField::Shape::primitive;
    }
}

std::vector<Match> match_fields(const std::vector<iceberg::Field>& fields, const std::vector<FileField>& columns) {
    std::vector<Match> matches;
    for (const auto& field : fields) {
        const auto found =
            std::find_if(columns.begin(), columns.end(), [&](const auto& column) { return column.id == field.id; });
        matches.push_back(match(field, found == columns.end() ? nullptr : &*found));
    }
    return matches;
}

const Match* first_disagreement(const std::vector<Match>& matches) {
    for (const auto& match : matches) {
        if (match.column != nullptr && !shapes_agree(match.field->type, *match.column))
            return &match;
        if (const auto* inner = first_disagreement(match.children))
            return inner;
    }
    return nullptr;
}

std::vector<int> choose_leaves(std::vector<Match>& matches, const std::vector<FileField>& columns) {
    std::set<int> leaves;
    for (const auto& match : matches)
        add_leaves(match, leaves);
    set_places(matches, columns, leaves);
    return {leaves.begin(), leaves.end()};
}

} // namespace godwit::parquet_format
