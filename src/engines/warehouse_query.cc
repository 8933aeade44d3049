#include "engines/warehouse_query.h"

#include "base/text.h"
#include "clients/catalogue_connection.h"
#include "clients/location.h"
#include "engines/iceberg_scan.h"
#include "formats/parquet/arrow_schema.h"

namespace godwit::engines {

namespace {

Result<std::unique_ptr<ByteSource>> open_local(const std::string& location) {
    const auto parsed = TRY(clients::Location::parse(location));
    if (parsed.scheme != clients::Location::Scheme::file)
        return Error::make(ErrorKind::unsupported, "a file of the table does not lie on file://")
            .at(printable(location));
    return std::unique_ptr<ByteSource>(std::make_unique<FileSource>(TRY(FileSource::open(parsed.path))));
}

Status add_table(DuckDb& database, const clients::IcebergRest& catalogue, const clients::TableName& name,
                 const std::stop_token& stop) {
    auto loaded = TRY(catalogue.load_table(name, stop));
    auto metadata = TRY(iceberg::TableMetadata::parse(loaded.metadata, loaded.metadata_location));
    DuckDbTable table;
    table.schema = join(name.space, ".");
    table.name = name.name;
    table.columns = TRY(parquet_format::arrow_schema(metadata.current_schema()));
    table.open = [metadata]() -> Result<rows::BatchStream> {
        return TRY(IcebergScan::create(open_local, metadata)).open();
    };
    return database.add_table(std::move(table));
}

} // namespace

Result<QueryText> query_warehouse(const std::string& catalogue, const std::string& sql, Clock& clock, Random& random,
                                  std::size_t max_rows, std::stop_token stop) {
    const auto connection = TRY(clients::CatalogueConnection::open(clock, random, {catalogue, {}, {}, {}}, stop));
    auto database = TRY(DuckDb::open());
    TRY(connection->rest().each_namespace(
        [&](const std::vector<std::string>& levels) -> Status {
            for (const auto& name : TRY(connection->rest().list_tables(levels, stop)))
                TRY(add_table(database, connection->rest(), name, stop));
            return {};
        },
        stop));
    return database.query(sql, max_rows, std::move(stop));
}

} // namespace godwit::engines
