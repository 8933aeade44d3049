#include "formats/parquet/footer.h"

#include "base/text.h"
#include "formats/parquet/arrow_io.h"

#include <arrow/util/key_value_metadata.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <algorithm>
#include <array>

namespace godwit::parquet_format {

namespace {

constexpr std::uint64_t kSmallestFile = 12;
/// Of one row group; with at most 2^31 groups the sum cannot overflow.
constexpr std::int64_t kMostRows = std::int64_t{1} << 31;
constexpr std::uint64_t kFooterMemory = std::uint64_t{512} << 20;

PhysicalType physical_of(parquet::Type::type type) {
    switch (type) {
    case parquet::Type::BOOLEAN: return PhysicalType::boolean;
    case parquet::Type::INT32: return PhysicalType::int32;
    case parquet::Type::INT64: return PhysicalType::int64;
    case parquet::Type::INT96: return PhysicalType::int96;
    case parquet::Type::FLOAT: return PhysicalType::float32;
    case parquet::Type::DOUBLE: return PhysicalType::float64;
    case parquet::Type::BYTE_ARRAY: return PhysicalType::byte_array;
    default: return PhysicalType::fixed_len_byte_array;
    }
}

LeafColumn leaf_of(const parquet::SchemaDescriptor& schema, int index) {
    const auto& column = *schema.Column(index);
    LeafColumn leaf;
    leaf.index = index;
    leaf.path = column.path()->ToDotVector();
    leaf.physical = physical_of(column.physical_type());
    leaf.logical = column.logical_type() ? column.logical_type()->ToString() : "None";
    leaf.converted = parquet::ConvertedTypeToString(column.converted_type());
    leaf.field_id = column.schema_node()->field_id();
    leaf.type_length = std::max(0, column.type_length());
    leaf.precision = std::max(0, column.type_precision());
    leaf.scale = std::max(0, column.type_scale());
    leaf.repeated = column.max_repetition_level() > 0;
    leaf.optional = column.max_definition_level() > column.max_repetition_level();
    return leaf;
}

bool any_field_id(const parquet::schema::Node& node) {
    if (node.field_id() >= 0 && node.parent() != nullptr)
        return true;
    if (!node.is_group())
        return false;
    const auto& group = static_cast<const parquet::schema::GroupNode&>(node);
    for (int i = 0; i < group.field_count(); ++i)
        if (any_field_id(*group.field(i)))
            return true;
    return false;
}

/// Where the pages of a row group begin. A row group without columns, or an offset outside the file, makes the list
/// useless for planning, so that there is none.
std::vector<std::int64_t> split_offsets_of(const parquet::FileMetaData& metadata, std::uint64_t file_size) {
    std::vector<std::int64_t> offsets;
    for (int i = 0; i < metadata.num_row_groups(); ++i) {
        const auto group = metadata.RowGroup(i);
        if (group->num_columns() == 0)
            return {};
        const auto column = group->ColumnChunk(0);
        auto offset = column->data_page_offset();
        if (column->has_dictionary_page() && column->dictionary_page_offset() > 0)
            offset = std::min(offset, column->dictionary_page_offset());
        if (offset < 0 || static_cast<std::uint64_t>(offset) >= file_size)
            return {};
        offsets.push_back(offset);
    }
    std::sort(offsets.begin(), offsets.end());
    return offsets;
}

Status check_magic(ByteSource& source) {
    const auto not_parquet = [&](std::string why) {
        return Error::make(ErrorKind::invalid_input, "the file is no Parquet file")
            .why(std::move(why))
            .fix("check the format that the table declares, or leave the file out")
            .at(source.name());
    };
    if (source.size() < kSmallestFile)
        return not_parquet("it has " + std::to_string(source.size()) + " bytes, fewer than the smallest Parquet file");
    const auto magic = TRY(read_exactly(source, source.size() - 4, 4));
    if (magic == "PARE")
        return Error::make(ErrorKind::unsupported, "the Parquet file is encrypted")
            .why("its footer is encrypted (magic PARE)")
            .fix("decrypt the table where its keys are, or leave the file out")
            .at(source.name());
    if (magic != "PAR1")
        return not_parquet("it ends with '" + printable(magic) + "' instead of PAR1; it may be cut off");
    return {};
}

} // namespace

/// Shared with the writer, which has the metadata already.
Footer footer_of(std::shared_ptr<parquet::FileMetaData> metadata, std::uint64_t file_size, const std::string& name) {
    Footer footer;
    footer.name = name;
    footer.file_size = file_size;
    footer.row_groups = metadata->num_row_groups();
    // The row groups decide, as in the reference implementation: some writers leave the total at 0.
    for (int i = 0; i < footer.row_groups; ++i)
        footer.row_count += metadata->RowGroup(i)->num_rows();
    footer.created_by = metadata->created_by();
    if (const auto& pairs = metadata->key_value_metadata())
        for (std::int64_t i = 0; i < pairs->size(); ++i)
            footer.key_values[pairs->key(i)] = pairs->value(i);
    const auto& schema = *metadata->schema();
    for (int i = 0; i < schema.num_columns(); ++i)
        footer.leaves.push_back(leaf_of(schema, i));
    footer.split_offsets = split_offsets_of(*metadata, file_size);
    footer.has_field_ids = any_field_id(*schema.group_node());
    footer.metadata = std::move(metadata);
    return footer;
}

std::string_view to_string(PhysicalType type) {
    static constexpr std::array<std::string_view, 8> kNames{"BOOLEAN", "INT32",  "INT64",      "INT96",
                                                            "FLOAT",   "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"};
    return kNames[static_cast<std::size_t>(type)];
}

std::string LeafColumn::dotted() const { return join(path, "."); }

Result<Footer> read_footer(ByteSource& source) {
    TRY(check_magic(source));
    return guarded(source.name(), [&]() -> Result<Footer> {
        const auto pool = LimitedPool::create(kFooterMemory);
        const auto file = std::make_shared<SourceFile>(source, *pool);
        std::shared_ptr<parquet::FileMetaData> metadata;
        try {
            // The metadata keeps these properties, and with them a pool that has to outlive it: the default one.
            const parquet::ReaderProperties properties;
            metadata = parquet::ParquetFileReader::Open(file, properties)->metadata();
        } catch (const std::exception& exception) {
            if (auto error = file->take_error())
                return *std::move(error);
            return read_error(exception, source.name());
        }
        for (int i = 0; i < metadata->num_row_groups(); ++i)
            if (metadata->RowGroup(i)->num_rows() < 0 || metadata->RowGroup(i)->num_rows() > kMostRows)
                return Error::make(ErrorKind::invalid_input, "the Parquet file cannot be read")
                    .why("row group " + std::to_string(i) + " claims " +
                         std::to_string(metadata->RowGroup(i)->num_rows()) + " rows")
                    .fix("copy the file again from its source, or leave it out")
                    .at(source.name());
        return footer_of(std::move(metadata), source.size(), source.name());
    });
}

} // namespace godwit::parquet_format
