// The row digest of Parquet files, as the verification of a converted table takes it of each side.
#include "base/text.h"
#include "bench/tool.h"
#include "clients/file_source.h"
#include "formats/parquet/reader.h"
#include "lanes/lakehouse/comparison.h"
#include "rows/row_digest.h"

#include <arrow/record_batch.h>
#include <nlohmann/json.hpp>

namespace {

using namespace godwit;

Status digest_file(const clients::FileSource& folder, const std::string& name, const iceberg::Schema& schema,
                   rows::RowDigester& digester) {
    auto file = TRY(folder.open_file(name));
    parquet_format::ReadOptions options;
    options.names = iceberg::name_mapping_of(schema);
    auto reader = TRY(parquet_format::ParquetReader::open(file, schema, std::move(options)));
    for (auto read = TRY(reader.next()); read.batch; read = TRY(reader.next()))
        TRY(digester.add(*read.batch));
    return {};
}

Result<Json> work(const std::vector<std::string>& arguments) {
    const auto folder = TRY(clients::FileSource::open(arguments[0]));
    const auto schema = TRY(iceberg::parse_schema_text(TRY(read_file(arguments[1]))));
    SystemClock clock;
    const bench::Stopwatch stopwatch(clock);
    auto digester = TRY(rows::RowDigester::create(lakehouse::comparison_schema(schema, {}, false), rows::Side::target));
    auto names = TRY(folder.list());
    for (auto entry = TRY(names.next()); entry; entry = TRY(names.next()))
        TRY(digest_file(folder, entry->key, schema, digester));
    const auto digest = digester.finish();
    return Json{
        {"seconds", stopwatch.seconds()}, {"rows", digest.rows}, {"high", std::to_string(digest.groups.at("").high)}};
}

} // namespace

int main(int count, char** values) { return bench::run_tool(count, values, "digest_rows FOLDER SCHEMA", 2, work); }
