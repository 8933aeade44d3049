#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "formats/iceberg/manifest.h"
#include "formats/iceberg/types.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parquet {
class FileMetaData;
}

namespace godwit::parquet_format {

enum class PhysicalType { boolean, int32, int64, int96, float32, float64, byte_array, fixed_len_byte_array };

std::string_view to_string(PhysicalType type);

/// A leaf of the file's schema.
struct LeafColumn {
    std::int32_t index = 0;        ///< of the column chunk in each row group
    std::vector<std::string> path; ///< names from the root, with the groups that lists and maps are made of
    PhysicalType physical = PhysicalType::int32;
    std::string logical;          ///< as Parquet writes it: `Decimal(precision=10, scale=2)`; `None` without one
    std::string converted;        ///< the older annotation: `DECIMAL`, `UTF8`; `NONE` without one
    std::int32_t field_id = -1;   ///< -1 without one
    std::int32_t type_length = 0; ///< of fixed_len_byte_array
    std::int32_t precision = 0;   ///< of decimals
    std::int32_t scale = 0;       ///< of decimals
    bool repeated = false;        ///< lies in a list or map
    bool optional = false;        ///< it or one of its parents may be null
    std::string dotted() const;   ///< `tags.list.element`
};

/// What the footer of a file says. Reads the footer only.
struct Footer {
    std::string name; ///< of the source, for messages
    std::uint64_t file_size = 0;
    std::int64_t row_count = 0;
    std::int32_t row_groups = 0;
    std::string created_by;
    std::map<std::string, std::string> key_values;
    std::vector<LeafColumn> leaves;
    std::vector<std::int64_t> split_offsets; ///< where row groups begin, ascending
    bool has_field_ids = false;
    std::shared_ptr<const parquet::FileMetaData> metadata;
};

/// Errors: invalid_input for what is no Parquet file, is cut off or breaks the format; unsupported for encryption.
Result<Footer> read_footer(ByteSource& source);

/// Which Iceberg field a leaf holds. The type is that of the schema, which may be wider than what the file stores.
struct LeafMapping {
    std::int32_t leaf = 0; ///< LeafColumn::index
    std::int32_t field_id = 0;
    iceberg::Type type;
};

/// Why a column has no bounds although it has values.
enum class NoBounds {
    no_statistics,  ///< at least one row group has none, or none that can be trusted
    not_a_number,   ///< a bound is NaN
    int96,          ///< INT96 has no order
    nested,         ///< lies in a list or map: Iceberg keeps no bounds there
    type_differs,   ///< the stored bound is no value of the Iceberg type
    no_upper_bound, ///< truncation found no greater value; only the upper bound is missing
};

std::string_view to_string(NoBounds reason);

/// What an Iceberg manifest keeps of a data file, by field id, ascending.
struct FileMetrics {
    std::int64_t record_count = 0;
    std::uint64_t file_size = 0;
    iceberg::ColumnCounts column_sizes;
    iceberg::ColumnCounts value_counts;
    iceberg::ColumnCounts null_value_counts;
    iceberg::ColumnBounds lower_bounds; ///< Iceberg's binary single-value serialization
    iceberg::ColumnBounds upper_bounds;
    std::vector<std::int64_t> split_offsets;
    std::vector<std::pair<std::int32_t, NoBounds>> without_bounds;
};

/// The metrics as the reference implementation makes them with mode `truncate(16)`: strings cut to 16 code points and
/// bytes to 16, upper bounds raised. NaN counts need a scan and are never made.
/// An error where row groups do not have the columns of the schema.
Result<FileMetrics> metrics_of(const Footer& footer, const std::vector<LeafMapping>& mapping);

} // namespace godwit::parquet_format
