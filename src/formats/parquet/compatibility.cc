#include "formats/parquet/compatibility.h"

#include "base/text.h"
#include "formats/parquet/arrow_io.h"
#include "formats/parquet/file_schema.h"
#include "formats/parquet/leaf_fit.h"

#include <arrow/type.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>

namespace godwit::parquet_format {

namespace {

class Check {
public:
    Check(const Footer& footer, const iceberg::NameMapping& names, const std::vector<std::int32_t>& partition_ids,
          Compatibility& result)
        : footer_(footer), names_(names), partition_ids_(partition_ids.begin(), partition_ids.end()), result_(result) {}

    void run(const iceberg::Schema& schema, const std::vector<FileField>& columns) {
        if (!footer_.has_field_ids)
            issue(IssueKind::no_field_ids, -1, "", "columns are found by name");
        fields(schema.fields, match_fields(schema.fields, columns), columns, "");
    }

private:
    void issue(IssueKind kind, std::int32_t id, std::string column, std::string detail) {
        result_.issues.push_back({kind, id, std::move(column), std::move(detail)});
    }

    static std::string inside(const std::string& parent, const std::string& name) {
        return parent.empty() ? name : parent + "." + name;
    }

    void fields(const std::vector<iceberg::Field>& fields, const std::vector<Match>& matches,
                const std::vector<FileField>& columns, const std::string& parent) {
        std::set<const FileField*> used;
        for (std::size_t i = 0; i < fields.size(); ++i) {
            const auto name = inside(parent, fields[i].name);
            const auto count = std::count_if(columns.begin(), columns.end(),
                                             [&](const FileField& column) { return column.id == fields[i].id; });
            if (count > 1)
                issue(IssueKind::duplicate_name, fields[i].id, name,
                      std::to_string(count) + " columns of the file fit");
            if (matches[i].column == nullptr) {
                missing(fields[i], columns, name, used);
                continue;
            }
            used.insert(matches[i].column);
            column(matches[i], name);
        }
        const auto is_known = [&](const FileField& column) {
            return used.contains(&column) ||
                   std::any_of(fields.begin(), fields.end(),
                               [&](const iceberg::Field& field) { return field.id == column.id; });
        };
        for (const auto& column : columns)
            if (!is_known(column))
                issue(IssueKind::extra_column, -1, inside(parent, column.name), column.type->ToString());
    }

    void missing(const iceberg::Field& field, const std::vector<FileField>& columns, const std::string& name,
                 std::set<const FileField*>& used) {
        if (partition_ids_.contains(field.id))
            return;
        for (const auto& column : columns)
            if (column.id < 0 && column.name != field.name && equals_ignoring_case(column.name, field.name)) {
                used.insert(&column);
                issue(IssueKind::name_differs_in_case, field.id, name, "the file calls it " + printable(column.name));
                return;
            }
        if (field.required && !field.initial_default)
            issue(IssueKind::required_column_missing, field.id, name, "the field is required");
        else
            issue(IssueKind::missing_column, field.id, name,
                  field.initial_default ? "reads as " + *field.initial_default : "reads as null");
    }

    void column(const Match& match, const std::string& name) {
        const auto& field = *match.field;
        const auto& column = *match.column;
        if (footer_.has_field_ids && !may_be_called(names_, field, column.name))
            issue(IssueKind::field_id_differs, field.id, name,
                  "the file's field id " + std::to_string(field.id) + " is " + printable(column.name));
        if (field.required && column.nullable)
            issue(IssueKind::required_column_optional, field.id, name, "the file's column is optional");
        if (!shapes_agree(field.type, column)) {
            issue(IssueKind::nested_differs, field.id, name, column.type->ToString());
            return;
        }
        if (column.two_level)
            issue(IssueKind::old_list_structure, field.id, name, "a list of two levels");
        if (field.type.is_primitive())
            leaf(match, name);
        else
            nested(match, name);
    }

    void nested(const Match& match, const std::string& name) {
        if (match.field->type.kind == iceberg::TypeKind::structure) {
            fields(match.field->type.fields, match.children, match.column->children, name);
            return;
        }
        for (const auto& child : match.children)
            column_inside(child, inside(name, child.field->name));
    }

    /// Elements, keys and values: their names are fixed, and required ones are optional in many good files.
    void column_inside(const Match& match, const std::string& name) {
        if (match.column->two_level)
            issue(IssueKind::old_list_structure, match.field->id, name, "a list of two levels");
        if (!shapes_agree(match.field->type, *match.column))
            issue(IssueKind::nested_differs, match.field->id, name, match.column->type->ToString());
        else if (match.field->type.is_primitive())
            leaf(match, name);
        else
            nested(match, name);
    }

    void leaf(const Match& match, const std::string& name) {
        const auto& type = match.field->type;
        const auto& descriptor = *footer_.metadata->schema()->Column(match.column->leaf);
        const auto problem = leaf_issue(descriptor, type);
        if (problem)
            issue(*problem, match.field->id, name, leaf_detail(descriptor, type));
        if (!problem || !needs_rewrite(*problem))
            result_.leaves.push_back({match.column->leaf, match.field->id, type});
    }

    static bool may_be_called(const iceberg::NameMapping& names, const iceberg::Field& field, const std::string& name) {
        if (field.name == name)
            return true;
        return std::any_of(names.begin(), names.end(), [&](const iceberg::MappedField& mapped) {
            return mapped.field_id == field.id &&
                   std::find(mapped.names.begin(), mapped.names.end(), name) != mapped.names.end();
        });
    }

    const Footer& footer_;
    const iceberg::NameMapping& names_;
    std::set<std::int32_t> partition_ids_;
    Compatibility& result_;
};

/// The first column whose bytes are stored as differences in any row group.
Result<std::optional<std::string>> delta_encoded_column(const Footer& footer) {
    constexpr std::array kDelta{parquet::Encoding::DELTA_BYTE_ARRAY, parquet::Encoding::DELTA_LENGTH_BYTE_ARRAY};
    return guarded(footer.name, [&]() -> Result<std::optional<std::string>> {
        for (int group = 0; group < footer.metadata->num_row_groups(); ++group) {
            const auto chunks = footer.metadata->RowGroup(group);
            for (int i = 0; i < chunks->num_columns(); ++i) {
                const auto chunk = chunks->ColumnChunk(i);
                const auto& encodings = chunk->encodings();
                if (std::ranges::find_first_of(encodings, kDelta) != encodings.end())
                    return std::optional(chunk->path_in_schema()->ToDotString());
            }
        }
        return std::optional<std::string>();
    });
}

} // namespace

std::string_view to_string(IssueKind kind) {
    static constexpr std::array<std::string_view, 20> kNames{"type differs",
                                                             "decimal differs",
                                                             "INT96 timestamp",
                                                             "nanosecond timestamp",
                                                             "time zone differs",
                                                             "unsigned integer",
                                                             "name differs in case",
                                                             "duplicate name",
                                                             "field id differs",
                                                             "required column missing",
                                                             "required column optional",
                                                             "unreadable schema",
                                                             "old list structure",
                                                             "nested type differs",
                                                             "millisecond timestamp",
                                                             "delta encoded bytes",
                                                             "missing column",
                                                             "extra column",
                                                             "unannotated string",
                                                             "no field ids"};
    return kNames[static_cast<std::size_t>(kind)];
}

bool needs_rewrite(IssueKind kind) { return kind <= IssueKind::nested_differs; }

bool forbids_batches(IssueKind kind) {
    return kind == IssueKind::millisecond_timestamp || kind == IssueKind::delta_encoded_bytes;
}

bool Compatibility::needs_rewrite() const {
    return std::any_of(issues.begin(), issues.end(),
                       [](const Issue& issue) { return parquet_format::needs_rewrite(issue.kind); });
}

Compatibility check_compatibility(const Footer& footer, const iceberg::Schema& schema,
                                  const iceberg::NameMapping& names, const std::vector<std::int32_t>& partition_ids) {
    Compatibility result;
    const auto columns = file_schema(footer, names);
    if (columns.is_error()) {
        result.issues.push_back({IssueKind::unreadable_schema, -1, "", columns.error().to_line()});
        return result;
    }
    Check(footer, names, partition_ids, result).run(schema, *columns);
    if (const auto column = delta_encoded_column(footer); column.is_error())
        result.issues.push_back({IssueKind::unreadable_schema, -1, "", column.error().to_line()});
    else if (*column)
        result.issues.push_back({IssueKind::delta_encoded_bytes, -1, **column, "DELTA_BYTE_ARRAY"});
    return result;
}

} // namespace godwit::parquet_format
