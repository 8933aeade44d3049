#include "lanes/lakehouse/assess_target.h"

#include "lanes/lakehouse/assess_world.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <unistd.h>

using namespace godwit;
using namespace godwit::lakehouse;
using namespace godwit::lakehouse::testing_world;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

namespace {

class FakeCatalogue final : public TargetCatalogue {
public:
    std::string endpoint() const override { return "http://127.0.0.1:1"; }
    std::string uuid() const override { return "6b761de1-26a8-4082-b535-33c60267055d"; }
    std::string warehouse() const override { return warehouse_; }
    Status each_namespace(const NamespaceVisitor& visit, std::stop_token) override {
        TRY(visit({kFactsVersion, {"sales"}, {{"owner", "me"}}}));
        return failing_ ? Status(Error::make(ErrorKind::unavailable, "the catalogue went away")) : Status();
    }
    Status each_table(const std::vector<std::string>& levels, const TableVisitor& visit, std::stop_token) override {
        TargetTableFacts good, bad;
        good.levels = bad.levels = levels;
        good.name = "orders";
        bad.name = "broken";
        bad.problem = "its metadata file is missing";
        TRY(visit(good));
        return visit(bad);
    }

    std::string warehouse_;
    bool failing_ = false;
};

/// Root may write anywhere: for root's tests, acts as somebody else while it lives.
class AsSomebody {
public:
    AsSomebody() {
        if (is_root_) {
            EXPECT_EQ(::seteuid(65534), 0);
        }
    }
    AsSomebody(const AsSomebody&) = delete;
    AsSomebody& operator=(const AsSomebody&) = delete;
    ~AsSomebody() {
        if (is_root_) {
            EXPECT_EQ(::seteuid(0), 0);
        }
    }

private:
    bool is_root_ = ::geteuid() == 0;
};

class TargetTest : public testing::Test {
protected:
    std::string folder() const { return world_.data_folder(); }
    Collector assess(TargetCatalogue* catalogue = nullptr) { return assess(folder(), catalogue); }
    Collector assess(const std::string& warehouse, TargetCatalogue* catalogue = nullptr) {
        TargetOptions options;
        options.warehouse = warehouse;
        options.catalogue = catalogue;
        options.catalogue_problem = problem_;
        Collector collector;
        const auto status = assess_target(options, collector, {});
        EXPECT_FALSE(status.is_error());
        return collector;
    }
    std::vector<std::string> codes(const Collector& found) {
        for (const auto& [key, resource] : found.resources) {
            if (resource.type == type::kWarehouse)
                return found.codes(type::kWarehouse, resource.display);
        }
        return {};
    }

    World world_;
    std::string problem_;
};

TEST_F(TargetTest, an_empty_folder_is_fine) {
    const auto found = assess("file://" + folder());
    EXPECT_THAT(codes(found), Not(Contains("LAKE-150")));
    const auto facts = found.facts<WarehouseFacts>(type::kWarehouse, *clients::canonical_folder(folder()));
    EXPECT_TRUE(facts.writable);
    EXPECT_TRUE(facts.case_sensitive);
    EXPECT_GT(facts.free_at_least, 0u);
    EXPECT_EQ(facts.free_at_least & (facts.free_at_least - 1), 0u) << "a power of two";
    EXPECT_EQ(found.resources.size(), 1u);
}

TEST_F(TargetTest, what_stands_there_is_listed_by_folder) {
    world_.data("sales/orders/metadata/v1.json", "12345");
    world_.data("sales/orders/data/x", "1");
    world_.data("sales/events/data/y", "22");
    const auto found = assess();
    EXPECT_EQ(found.facts<TargetFolderFacts>(type::kTargetFolder, "sales/orders").sizes.bytes, 6u);
    EXPECT_EQ(found.facts<TargetFolderFacts>(type::kTargetFolder, "sales/events").sizes.objects, 1u);
    EXPECT_THAT(found.facts<TargetFolderFacts>(type::kTargetFolder, "sales/orders").path,
                ElementsAre("sales", "orders"));
}

TEST_F(TargetTest, LAKE_150_no_folder) {
    EXPECT_THAT(codes(assess(folder() + "/missing")), Contains("LAKE-150"));
    world_.data("file", "x");
    EXPECT_THAT(codes(assess(folder() + "/file")), Contains("LAKE-150"));
    EXPECT_TRUE(assess_target({"s3://bucket", nullptr, "", ""}, *std::make_unique<Collector>(), {}).is_error());
    EXPECT_TRUE(warehouse_folder("relative/missing").is_error());
}

TEST_F(TargetTest, LAKE_151_read_only) {
    core::Resource warehouse{"k", std::string(type::kWarehouse), "w", ""};
    WarehouseFacts facts;
    facts.problem = "read-only";
    warehouse.facts = to_json(facts);
    const auto found = core::evaluate(rules(), warehouse);
    ASSERT_FALSE(found.is_error());
    EXPECT_EQ(found->front().code, "LAKE-151");
    using enum std::filesystem::perms;
    const auto readable = owner_read | owner_exec | group_read | group_exec | others_read | others_exec;
    const auto around = std::filesystem::temp_directory_path();
    for (auto above = std::filesystem::path(folder()).parent_path(); above != around && above.has_relative_path();
         above = above.parent_path())
        std::filesystem::permissions(above, readable | owner_write);
    std::filesystem::permissions(folder(), readable);
    {
        const AsSomebody somebody;
        EXPECT_THAT(codes(assess()), ElementsAre("LAKE-151"));
    }
    std::filesystem::permissions(folder(), owner_all);
}

TEST_F(TargetTest, LAKE_152_and_LAKE_158_come_from_the_file_system) {
    for (const auto& [free, sensitive] :
         {std::pair{std::uint64_t{1} << 29, true}, std::pair{std::uint64_t{1} << 30, false}}) {
        WarehouseFacts facts;
        facts.free_at_least = free;
        facts.case_sensitive = sensitive;
        const auto found = core::evaluate(rules(), {"k", std::string(type::kWarehouse), "w", to_json(facts)});
        ASSERT_EQ(found->size(), 1u);
        EXPECT_EQ(found->front().code, sensitive ? "LAKE-152" : "LAKE-158");
    }
}

TEST_F(TargetTest, LAKE_153_no_catalogue) {
    problem_ = "nobody listens";
    EXPECT_THAT(codes(assess()), Contains("LAKE-153"));
    problem_.clear();
    FakeCatalogue catalogue;
    catalogue.failing_ = true;
    EXPECT_THAT(codes(assess(&catalogue)), Contains("LAKE-153"));
}

TEST_F(TargetTest, LAKE_154_another_warehouse) {
    FakeCatalogue catalogue;
    catalogue.warehouse_ = "file://" + folder();
    EXPECT_THAT(codes(assess(&catalogue)), Not(Contains("LAKE-154")));
    catalogue.warehouse_ = "file:///somewhere/else";
    EXPECT_THAT(codes(assess(&catalogue)), Contains("LAKE-154"));
}

TEST_F(TargetTest, LAKE_155_and_LAKE_156_what_else_stands_there) {
    world_.data(".godwit/godwit-x/1", "part");
    world_.data("readme.txt", "x");
    const auto found = assess();
    EXPECT_THAT(codes(found), Contains("LAKE-155"));
    EXPECT_THAT(codes(found), Contains("LAKE-156"));
    EXPECT_EQ(found.resources.size(), 1u) << "an unfinished run is no table's folder";
}

TEST_F(TargetTest, LAKE_157_tables_of_the_catalogue) {
    FakeCatalogue catalogue;
    const auto found = assess(&catalogue);
    EXPECT_THAT(found.codes(type::kTargetTable, "sales.orders"), IsEmpty());
    EXPECT_THAT(found.codes(type::kTargetTable, "sales.broken"), ElementsAre("LAKE-157"));
    EXPECT_EQ(found.facts<NamespaceFacts>(type::kNamespace, "sales").properties.at("owner"), "me");
    EXPECT_TRUE(
        found.find(type::kNamespace, "sales")->key.starts_with("lakehouse:namespace:" + catalogue.uuid() + "/"));
}

TEST_F(TargetTest, hostile_names_stay_names) {
    world_.data("a b\n${x}/t\xff/\"f", "1");
    const auto found = assess();
    ASSERT_EQ(found.resources.size(), 2u);
    for (const auto& [key, resource] : found.resources) {
        for (const char c : key + resource.facts)
            EXPECT_TRUE(c >= ' ' && c < 127) << key << resource.facts;
    }
}

} // namespace
