#include "lanes/lakehouse/catalogue_reader.h"

#include "formats/iceberg/table_metadata.h"

namespace godwit::lakehouse {

namespace {

class CatalogueReader final : public TargetCatalogue {
public:
    explicit CatalogueReader(std::unique_ptr<clients::CatalogueConnection> connection)
        : connection_(std::move(connection)) {}

    std::string endpoint() const override { return rest().endpoint(); }
    std::string uuid() const override { return rest().config().uuid; }
    std::string warehouse() const override { return rest().config().warehouse; }

    Status each_namespace(const NamespaceVisitor& visit, std::stop_token stop) override {
        return rest().each_namespace(
            [&](const std::vector<std::string>& levels) -> Status {
                auto state = TRY(rest().load_namespace(levels, stop));
                NamespaceFacts facts;
                facts.levels = std::move(state.levels);
                facts.properties = std::move(state.properties);
                return visit(facts);
            },
            stop);
    }

    Status each_table(const std::vector<std::string>& levels, const TableVisitor& visit,
                      std::stop_token stop) override {
        for (const auto& table : TRY(rest().list_tables(levels, stop)))
            TRY(visit(facts_of(table, stop)));
        return {};
    }

private:
    const clients::IcebergRest& rest() const { return connection_->rest(); }

    TargetTableFacts facts_of(const clients::TableName& table, const std::stop_token& stop) {
        TargetTableFacts facts;
        facts.levels = table.space;
        facts.name = table.name;
        auto loaded = rest().load_table(table, stop);
        if (loaded.is_error()) {
            facts.problem = loaded.error().to_line();
            return facts;
        }
        facts.table_uuid = loaded->table_uuid;
        facts.metadata_location = loaded->metadata_location;
        facts.location = loaded->location;
        facts.properties = std::move(loaded->properties);
        const auto metadata = iceberg::TableMetadata::parse(loaded->metadata, loaded->metadata_location);
        if (metadata.is_error())
            facts.problem = metadata.error().to_line();
        else if (const auto* snapshot = metadata->current_snapshot())
            facts.current_snapshot_id = std::to_string(snapshot->id);
        return facts;
    }

    std::unique_ptr<clients::CatalogueConnection> connection_;
};

} // namespace

std::unique_ptr<TargetCatalogue> read_catalogue(std::unique_ptr<clients::CatalogueConnection> connection) {
    return std::make_unique<CatalogueReader>(std::move(connection));
}

} // namespace godwit::lakehouse
