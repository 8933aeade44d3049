#include "formats/parquet/file_names.h"

#include "formats/parquet/file_schema.h"

#include <arrow/type.h>

#include <algorithm>

namespace godwit::parquet_format {

namespace {

iceberg::MappedField* find(iceberg::NameMapping& names, const std::string& name) {
    const auto found = std::ranges::find_if(
        names, [&](const auto& mapped) { return std::ranges::find(mapped.names, name) != mapped.names.end(); });
    return found == names.end() ? nullptr : &*found;
}

void name_all(const std::vector<FileField>& columns, iceberg::NameMapping& names, std::int32_t& next_id) {
    for (const auto& column : columns) {
        auto* mapped = find(names, column.name);
        if (mapped == nullptr)
            mapped = &names.emplace_back(iceberg::MappedField{next_id++, {column.name}, {}});
        if (find(names, column.file_name) == nullptr)
            mapped->names.push_back(column.file_name);
        name_all(column.children, mapped->fields, next_id);
    }
}

} // namespace

Status name_all_columns(const Footer& footer, iceberg::NameMapping& names, std::int32_t& next_id) {
    if (!footer.has_field_ids)
        name_all(TRY(file_schema(footer, names)), names, next_id);
    return {};
}

} // namespace godwit::parquet_format
