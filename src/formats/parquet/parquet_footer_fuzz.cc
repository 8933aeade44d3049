#include "base/bytes.h"
#include "formats/iceberg/schema.h"
#include "formats/parquet/compatibility.h"
#include "formats/parquet/footer.h"
#include "formats/parquet/reader.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using namespace godwit;

iceberg::Field field(std::int32_t id, const char* name, iceberg::Type type) {
    return {id, name, false, std::move(type), {}, {}, {}};
}

/// The columns of the seed files, with types that some of their values have to be converted to.
iceberg::Schema seed_schema() {
    using iceberg::TypeKind;
    auto list = iceberg::primitive(TypeKind::list);
    list.fields = {field(11, "element", iceberg::primitive(TypeKind::int64))};
    auto map = iceberg::primitive(TypeKind::map);
    map.fields = {field(12, "key", iceberg::primitive(TypeKind::string)),
                  field(13, "value", iceberg::primitive(TypeKind::float64))};
    auto structure = iceberg::primitive(TypeKind::structure);
    structure.fields = {field(14, "x", iceberg::primitive(TypeKind::int64)),
                        field(15, "absent", iceberg::primitive(TypeKind::string))};
    iceberg::Schema schema;
    schema.fields = {field(1, "i", iceberg::primitive(TypeKind::int64)),
                     field(2, "s", iceberg::primitive(TypeKind::string)),
                     field(3, "d", iceberg::decimal(20, 2)),
                     field(4, "t", iceberg::primitive(TypeKind::timestamp)),
                     field(5, "l", list),
                     field(6, "m", map),
                     field(7, "st", structure),
                     field(8, "f", iceberg::primitive(TypeKind::float64)),
                     field(9, "b", iceberg::primitive(TypeKind::binary))};
    return schema;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    MemorySource source(bytes);
    const auto footer = parquet_format::read_footer(source);
    if (footer.is_error())
        return 0;
    static const auto schema = seed_schema();
    static const auto names = iceberg::name_mapping_of(schema);
    const auto compatibility = parquet_format::check_compatibility(*footer, schema, names);
    static_cast<void>(parquet_format::metrics_of(*footer, compatibility.leaves));
    parquet_format::ReadOptions options;
    options.names = names;
    options.memory_limit = std::uint64_t{64} << 20;
    auto reader = parquet_format::ParquetReader::open(source, schema, std::move(options));
    if (reader.is_error())
        return 0;
    for (int batches = 0; batches < 8; ++batches) {
        const auto read = reader->next();
        if (read.is_error() || !read->batch)
            break;
    }
    return 0;
}
