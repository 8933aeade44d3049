#pragma once

#include "base/result.h"
#include "formats/iceberg/schema.h"
#include "formats/parquet/footer.h"

#include <arrow/type_fwd.h>
#include <parquet/properties.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

// How the columns of a file and the fields of an Iceberg schema find each other. Private to this folder.
namespace godwit::parquet_format {

/// A column of the file as Iceberg sees it: without the helper groups of lists and maps.
struct FileField {
    enum class Shape { primitive, structure, list, map };
    std::string name;
    std::string file_name; ///< of elements, keys and values: what the file calls them, `array_element` for one
    std::int32_t id = -1;  ///< of the file, or given by the name mapping
    Shape shape = Shape::primitive;
    bool nullable = true;
    bool two_level = false; ///< a list without the group between it and its element
    int leaf = -1;          ///< column index of a primitive
    std::shared_ptr<arrow::DataType> type;
    std::vector<FileField> children; ///< structure: fields; list: element; map: key, value
};

/// The properties with which every reader of this folder reads.
parquet::ArrowReaderProperties arrow_reader_properties(std::int64_t rows_per_batch);

/// Readers would otherwise take types from a copy of the Arrow schema that some writers store beside the columns; only
/// the Parquet schema counts. Call before the metadata is handed to Arrow.
void forget_arrow_schema(const parquet::FileMetaData& metadata);

/// The schema of the file. Ids come from the file if it has any, else from `names`.
Result<std::vector<FileField>> file_schema(const Footer& footer, const iceberg::NameMapping& names);

/// An Iceberg field and its column.
struct Match {
    const iceberg::Field* field = nullptr;
    const FileField* column = nullptr; ///< null where the file has none
    std::vector<Match> children;       ///< as the type's fields; empty without column or where shapes differ
    int place = -1; ///< among the columns, or the struct's fields, that Arrow gives for the leaves asked for
};

bool shapes_agree(const iceberg::Type& type, const FileField& column);
std::vector<Match> match_fields(const std::vector<iceberg::Field>& fields, const std::vector<FileField>& columns);
/// The first match whose column has another shape than the field, at any depth; null if there is none.
const Match* first_disagreement(const std::vector<Match>& matches);
/// The leaves that matched columns need, ascending. Sets the places.
std::vector<int> choose_leaves(std::vector<Match>& matches, const std::vector<FileField>& columns);

} // namespace godwit::parquet_format
