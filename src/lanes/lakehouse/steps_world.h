#pragma once

// For tests: the steps of the lane between two folders and a catalogue in memory.

#include "clients/test_catalogue.h"
#include "lanes/lakehouse/assess_world.h"
#include "lanes/lakehouse/lakehouse_run.h"
#include "lanes/lakehouse/steps.h"
#include "transfer/test_context.h"

#include <memory>
#include <string>
#include <vector>

namespace godwit::lakehouse::testing_world {

using transfer::test::TestContext;

/// A table's steps share one context each; `step` makes the next one. Source: a World's export and data.
class StepsWorld : public transfer::test::FilesWorld {
public:
    /// `source`: options as `assess` takes them.
    explicit StepsWorld(const core::Options& source) {
        auto options = read_source_options(source);
        EXPECT_FALSE(options.is_error()) << (options.is_error() ? options.error().to_line() : "");
        auto map = options->map;
        auto connection =
            clients::CatalogueConnection::open(std::make_unique<clients::test::TestCatalogueClient>(catalogue),
                                               records.clock, {"http://127.0.0.1:1", "", {}, {}});
        EXPECT_FALSE(connection.is_error());
        auto exported = std::make_unique<RunExport>(options->folder, options->account, records.clock);
        std::unique_ptr<Ends> ends(new Ends{std::move(options).release(), TableFiles(std::move(map)), target(),
                                            std::move(connection).release(), std::move(exported)});
        ends_ = ends.get();
        run_ = std::make_unique<LakehouseRun>(std::move(ends));
    }

    const Ends& ends() const { return *ends_; }
    core::StepKind& kind(std::string_view name) { return *run_->step_kind(name); }

    /// A context whose pin is what the source shows now.
    TestContext context(std::string_view kind_name, const TableMove& move) {
        auto planned = step(std::string(kind_name), to_json(move));
        TestContext context(records, planned);
        auto pin = kind(kind_name).observe(context);
        EXPECT_FALSE(pin.is_error()) << (pin.is_error() ? pin.error().to_line() : "");
        context.set_pin(pin.is_error() ? "" : std::move(pin).release());
        return context;
    }
    /// Applies a step as the executor does: its result is kept for the steps that depend on it.
    Result<core::Applied> apply(std::string_view kind_name, TestContext& context) {
        auto applied = TRY(kind(kind_name).apply(context));
        if (!applied.result.empty())
            records.results[context.row().step] = applied.result;
        return applied;
    }
    Result<core::Applied> apply(std::string_view kind_name, const TableMove& move) {
        auto context = this->context(kind_name, move);
        return apply(kind_name, context);
    }
    /// Id of the step of that kind.
    std::string id(std::string_view kind_name) const { return step(std::string(kind_name)).id(); }

    clients::test::TestCatalogue catalogue;

private:
    std::unique_ptr<LakehouseRun> run_;
    Ends* ends_ = nullptr;
};

/// The table `d.t` of the fixtures in tests/fixtures/iceberg.
struct IcebergFixture {
    explicit IcebergFixture(const std::string& wanted) {
        const auto text = read_file(folder() + "/fixtures.json").release();
        const auto json = parse_json(text).release();
        for (const auto& fixture : json.at("fixtures"))
            if (fixture.at("name") == wanted)
                use(fixture);
        EXPECT_FALSE(name.empty()) << wanted;
    }

    static std::string folder() { return GODWIT_SOURCE_DIR "/tests/fixtures/iceberg"; }
    /// `files`: where the bucket `fixtures` lies.
    core::Options options(const std::string& files = folder()) const {
        return {{"metadata", files + "/" + file}, {"map", "s3://fixtures=" + files}};
    }
    TableMove move() const {
        TableMove move;
        move.levels = {"d"};
        move.name = "t";
        move.root = "d/t";
        move.metadata_location = metadata;
        move.pairs = {{location, ""}};
        return move;
    }

    std::string name;
    std::string location;
    std::string metadata;
    std::string file;

private:
    void use(const Json& fixture) {
        name = fixture.at("name");
        location = fixture.at("location");
        metadata = fixture.at("metadata");
        file = fixture.at("file");
    }
};

} // namespace godwit::lakehouse::testing_world
