#include "lanes/lakehouse/assess_source.h"

#include "base/text.h"
#include "core/keys.h"
#include "lanes/lakehouse/classify.h"
#include "lanes/lakehouse/export_reader.h"
#include "lanes/lakehouse/table_assessor.h"

#include <utility>

namespace godwit::lakehouse {

namespace {

/// Sends resources with the keys of one source.
class Sender {
public:
    Sender(const SourceOptions& source, core::AssessmentSink& sink) : source_(source), sink_(sink) {}

    std::string key(std::string_view type, const std::vector<std::string>& path) const {
        auto parts = source_.key_parts();
        parts.insert(parts.end(), path.begin(), path.end());
        return core::resource_key("lakehouse", type, parts);
    }

    template <typename Facts>
    Status send(std::string_view type, const std::vector<std::string>& path, const std::string& display,
                const Facts& facts) {
        return sink_.resource({key(type, path), std::string(type), display, to_json(facts)});
    }

    Status member(std::string_view type, const std::vector<std::string>& path, const std::string& owner) {
        return sink_.edge({key(type, path), owner, core::EdgeKind::member_of});
    }

private:
    const SourceOptions& source_;
    core::AssessmentSink& sink_;
};

class GlueAssessor final : public EstateVisitor {
public:
    GlueAssessor(const SourceOptions& source, core::AssessmentSink& sink, std::stop_token stop)
        : sender_(source, sink), tables_(source, sink, std::move(stop)) {}

    Status begin_database(const std::string& catalogue, const std::string& name,
                          const glue::Database* declared) override {
        database_ = {};
        database_.catalogue = catalogue;
        database_.name = name;
        database_.declared = declared != nullptr;
        link_.reset();
        if (declared == nullptr)
            return {};
        database_.description = declared->description;
        database_.location = without_secrets_in_location(declared->location);
        database_.parameters = without_secrets(declared->parameters);
        database_.federated = declared->federated;
        if (declared->link)
            link_ = link_facts(*declared);
        return {};
    }

    Status table(const glue::Table& table, std::uint64_t duplicates, PartitionCursor& partitions) override {
        const std::vector<std::string> path{database_.catalogue, database_.name, table.name};
        const auto display = display_name({database_.name, table.name});
        if (is_link(table)) {
            ++database_.links;
            return send(type::kLink, path, display, link_facts(table));
        }
        if (view_kind(table)) {
            ++database_.views;
            return send(type::kView, path, display, view_facts(table));
        }
        ++database_.tables;
        auto facts = table_facts(table);
        facts.duplicate_entries = duplicates;
        TRY(tables_.assess(facts, path, &partitions));
        return send(type::kTable, path, display, facts);
    }

    Status end_database() override {
        estate_.tables += database_.tables;
        estate_.views += database_.views;
        estate_.links += database_.links;
        const std::vector<std::string> path{database_.catalogue, database_.name};
        if (link_) {
            link_->catalogue = database_.catalogue;
            ++estate_.links;
            return sender_.send(type::kLink, path, display_name({database_.name}), *link_);
        }
        ++estate_.databases;
        return sender_.send(type::kDatabase, path, display_name({database_.name}), database_);
    }

    Status finish(const SourceOptions& source, const ExportReader& reader) {
        for (const auto& [path, facts] : reader.problems())
            TRY(sender_.send(type::kExportFile, {path}, facts.file, facts));
        estate_.kind = "glue-export";
        estate_.account = source.account;
        estate_.region = source.region;
        estate_.files = reader.files();
        estate_.partitions = tables_.partitions();
        estate_.orphan_partitions = reader.orphan_partitions();
        estate_.orphan_example = reader.orphan_example();
        estate_.continued_pages = reader.continued_pages();
        estate_.unmapped = tables_.unmapped();
        return sender_.send(type::kEstate, {}, printable(source.account + " " + source.region), estate_);
    }

private:
    template <typename Facts>
    Status send(std::string_view type, const std::vector<std::string>& path, const std::string& display,
                const Facts& facts) {
        TRY(sender_.send(type, path, display, facts));
        return sender_.member(type, path, sender_.key(link_ ? type::kLink : type::kDatabase, {path[0], path[1]}));
    }

    Sender sender_;
    TableAssessor tables_;
    DatabaseFacts database_;
    std::optional<LinkFacts> link_;
    EstateFacts estate_;
};

Status assess_export(const SourceOptions& source, core::AssessmentSink& sink, std::stop_token stop) {
    auto reader = TRY(ExportReader::read(source.folder, source.account, stop));
    GlueAssessor assessor(source, sink, stop);
    TRY(reader.walk(assessor));
    return assessor.finish(source, reader);
}

Status assess_metadata(const SourceOptions& source, core::AssessmentSink& sink, std::stop_token stop) {
    TableFacts table;
    table.database = source.database;
    table.name = source.table;
    table.kind = TableKind::iceberg;
    TableAssessor assessor(source, sink, stop);
    TRY(assessor.assess_iceberg(table, source.metadata_location));
    Sender sender(source, sink);
    TRY(sender.send(type::kTable, {}, display_name({source.database, source.table}), table));
    EstateFacts estate;
    estate.kind = "iceberg-metadata";
    estate.files = 1;
    estate.tables = 1;
    estate.unmapped = assessor.unmapped();
    return sender.send(type::kEstate, {}, printable(source.metadata_location), estate);
}

} // namespace

Status assess_source(const SourceOptions& source, core::AssessmentSink& sink, std::stop_token stop) {
    return source.kind == SourceOptions::Kind::glue_export ? assess_export(source, sink, std::move(stop))
                                                           : assess_metadata(source, sink, std::move(stop));
}

} // namespace godwit::lakehouse
