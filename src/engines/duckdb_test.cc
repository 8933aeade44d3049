#include "engines/duckdb.h"

#include <arrow/array.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

namespace godwit::engines {
namespace {

rows::BatchPtr batch_of(const std::shared_ptr<arrow::Schema>& schema, const std::vector<std::string>& values) {
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    for (int i = 0; i < schema->num_fields(); ++i)
        arrays.push_back(arrow::json::ArrayFromJSONString(schema->field(i)->type(), values[static_cast<std::size_t>(i)])
                             .ValueOrDie());
    const auto rows = arrays.front()->length();
    return arrow::RecordBatch::Make(schema, rows, std::move(arrays));
}

DuckDbTable table_of(std::string name, std::shared_ptr<arrow::Schema> schema, std::vector<rows::BatchPtr> batches,
                     std::atomic<int>* opened = nullptr) {
    return {"", std::move(name), std::move(schema),
            [batches = std::move(batches), opened]() -> Result<rows::BatchStream> {
                if (opened != nullptr)
                    ++*opened;
                return rows::BatchStream([batches, next = std::size_t{0}]() mutable -> Result<rows::BatchPtr> {
                    return next < batches.size() ? batches[next++] : nullptr;
                });
            }};
}

std::vector<std::vector<std::string>> rows_of(const Result<QueryText>& text) {
    std::vector<std::vector<std::string>> rows;
    EXPECT_TRUE(text.has_value()) << text.error().to_block();
    if (text.has_value())
        for (const auto& row : text->rows) {
            auto& cells = rows.emplace_back();
            for (const auto& cell : row)
                cells.push_back(cell.value_or("∅"));
        }
    return rows;
}

using Rows = std::vector<std::vector<std::string>>;

std::shared_ptr<arrow::Schema> people() {
    return arrow::schema({arrow::field("id", arrow::int64()), arrow::field("name", arrow::utf8()),
                          arrow::field("pay", arrow::decimal128(10, 2))});
}

/// A database that does not open ends the test program, which says why.
DuckDb open_database(const DuckDbOptions& options = {}) {
    auto db = DuckDb::open(options);
    if (db.is_error())
        throw std::runtime_error(db.error().to_block());
    return *std::move(db);
}

DuckDb database(std::atomic<int>* opened = nullptr) {
    auto db = open_database();
    const auto schema = people();
    const auto status =
        db.add_table(table_of("people", schema,
                              {batch_of(schema, {"[1,2]", R"(["a",null])", R"(["1.50","2.25"])"}),
                               batch_of(schema, {"[]", "[]", "[]"}), batch_of(schema, {"[3]", R"(["c"])", "[null]"})},
                              opened));
    EXPECT_TRUE(status.has_value()) << status.error().to_line();
    return db;
}

TEST(DuckDb, ReadsRegisteredTables) {
    auto db = database();
    const auto all = db.query("SELECT * FROM people ORDER BY id DESC");
    EXPECT_EQ(rows_of(all), (Rows{{"3", "c", "∅"}, {"2", "∅", "2.25"}, {"1", "a", "1.50"}}));
    ASSERT_EQ(all->columns.size(), 3U);
    EXPECT_EQ(all->columns[2].name, "pay");
    EXPECT_EQ(all->columns[2].type, "DECIMAL(10,2)");
    EXPECT_FALSE(all->truncated);
    EXPECT_EQ(rows_of(db.query("SELECT count(*) FROM people")), (Rows{{"3"}}));
    EXPECT_EQ(rows_of(db.query("SELECT name, sum(id) AS s FROM people GROUP BY ALL HAVING s > 1 ORDER BY s")),
              (Rows{{"∅", "2"}, {"c", "3"}}));
    EXPECT_EQ(rows_of(db.query("select pay from people where id = 2;")), (Rows{{"2.25"}}));
}

TEST(DuckDb, ScansATableAsOftenAsAStatementNeedsIt) {
    std::atomic<int> opened = 0;
    auto db = database(&opened);
    EXPECT_EQ(opened, 0);
    EXPECT_EQ(rows_of(db.query("SELECT a.id, b.name FROM people a JOIN people b ON a.id = b.id + 2")),
              (Rows{{"3", "a"}}));
    EXPECT_EQ(opened, 2);
    EXPECT_EQ(rows_of(db.query("SELECT 1")), (Rows{{"1"}}));
    EXPECT_EQ(opened, 2);
    EXPECT_EQ(rows_of(db.query("SELECT min(id) FROM people")), (Rows{{"1"}}));
    EXPECT_EQ(opened, 3);
}

TEST(DuckDb, KnowsAllTypesOfOurReaders) {
    const auto micro = arrow::TimeUnit::MICRO;
    const auto schema = arrow::schema({
        arrow::field("b", arrow::boolean()),
        arrow::field("i", arrow::int32()),
        arrow::field("f", arrow::float32()),
        arrow::field("d", arrow::float64()),
        arrow::field("day", arrow::date32()),
        arrow::field("t", arrow::time64(micro)),
        arrow::field("ts", arrow::timestamp(micro)),
        arrow::field("tz", arrow::timestamp(micro, "UTC")),
        arrow::field("ns", arrow::timestamp(arrow::TimeUnit::NANO)),
        arrow::field("bin", arrow::binary()),
        arrow::field("fix", arrow::fixed_size_binary(2)),
        arrow::field("l", arrow::list(arrow::field("element", arrow::int32()))),
        arrow::field("m", arrow::map(arrow::utf8(), arrow::int64())),
        arrow::field(
            "s", arrow::struct_({arrow::field("x", arrow::int32()), arrow::field("y", arrow::list(arrow::utf8()))})),
        arrow::field("nothing", arrow::null()),
        arrow::field("big", arrow::decimal128(38, 10)),
    });
    const auto batch = batch_of(schema, {"[true,null]", "[-1,null]", "[1.5,null]", "[0.1,null]", "[19782,null]",
                                         "[3723000001,null]", "[1709210096500000,null]", "[1709210096000000,null]",
                                         "[1709210096000000001,null]", R"(["a'\\z",null])", R"(["xy",null])",
                                         "[[1,null],null]", R"([[["k",1]],null])", R"([{"x":1,"y":["p",null]},null])",
                                         "[null,null]", R"(["-1234567890123456789012345678.0123456789",null])"});
    auto db = open_database();
    ASSERT_TRUE(db.add_table(table_of("t", schema, {batch})).has_value());
    const auto text = db.query("SELECT * FROM t");
    EXPECT_EQ(rows_of(text)[0],
              (std::vector<std::string>{"true", "-1", "1.5", "0.1", "2024-02-29", "01:02:03.000001",
                                        "2024-02-29 12:34:56.5", "2024-02-29 12:34:56+00",
                                        "2024-02-29 12:34:56.000000001", "a\\x27\\x5Cz", "xy", "[1, NULL]", "{k=1}",
                                        "{'x': 1, 'y': [p, NULL]}", "∅", "-1234567890123456789012345678.0123456789"}));
    for (const auto& cell : text->rows[1])
        EXPECT_FALSE(cell.has_value());
    std::string types;
    for (const auto& column : text->columns)
        types += column.type + ";";
    // DuckDB has no type for a result column of nulls alone: it says INTEGER.
    EXPECT_EQ(
        types,
        "BOOLEAN;INTEGER;FLOAT;DOUBLE;DATE;TIME;TIMESTAMP;TIMESTAMP WITH TIME ZONE;TIMESTAMP_NS;BLOB;BLOB;INTEGER[];"
        "MAP(VARCHAR, BIGINT);STRUCT(\"x\" INTEGER, \"y\" VARCHAR[]);INTEGER;DECIMAL(38,10);");
}

TEST(DuckDb, GivesManyRowsAndStopsAtALimit) {
    const auto schema = arrow::schema({arrow::field("n", arrow::int64()), arrow::field("s", arrow::utf8())});
    std::vector<rows::BatchPtr> batches;
    for (int i = 0; i < 5; ++i) {
        std::string numbers = "[";
        std::string texts = "[";
        for (int j = 0; j < 5'000; ++j) {
            numbers += (j ? "," : "") + std::to_string(i * 5'000 + j);
            texts += std::string(j ? "," : "") + "\"text number " + std::to_string(j) + "\"";
        }
        batches.push_back(batch_of(schema, {numbers + "]", texts + "]"}));
    }
    auto db = open_database();
    ASSERT_TRUE(db.add_table(table_of("t", schema, batches)).has_value());
    EXPECT_EQ(rows_of(db.query("SELECT count(*), sum(n), count(DISTINCT s) FROM t")),
              (Rows{{"25000", "312487500", "5000"}}));
    const auto some = db.query("SELECT n FROM t ORDER BY n", 3'000);
    EXPECT_EQ(some->rows.size(), 3'000U);
    EXPECT_TRUE(some->truncated);
    std::int64_t count = 0;
    const auto status = db.query_batches("SELECT n, s FROM t", [&](const rows::BatchPtr& batch) -> Status {
        EXPECT_EQ(batch->num_columns(), 2);
        count += batch->num_rows();
        return {};
    });
    EXPECT_TRUE(status.has_value());
    EXPECT_EQ(count, 25'000);
}

TEST(DuckDb, NamesMayHoldAnything) {
    const auto schema =
        arrow::schema({arrow::field("we\"ird; col", arrow::int32()), arrow::field("select", arrow::int32())});
    auto table = table_of("ta\"ble'; DROP", schema, {batch_of(schema, {"[1]", "[2]"})});
    table.schema = "My Schema";
    auto db = open_database();
    ASSERT_TRUE(db.add_table(table).has_value());
    EXPECT_EQ(rows_of(db.query("SELECT * FROM \"My Schema\".\"ta\"\"ble'; DROP\"")), (Rows{{"1", "2"}}));
    const auto again = db.add_table(table);
    ASSERT_TRUE(again.is_error());
    EXPECT_EQ(again.error().kind(), ErrorKind::conflict);
    const auto unknown = arrow::schema({arrow::field("x", arrow::float16())});
    EXPECT_EQ(db.add_table(table_of("half", unknown, {})).error().kind(), ErrorKind::unsupported);
}

TEST(DuckDb, ErrorsNameTheirPlace) {
    auto db = database();
    const auto error = [&](std::string_view sql) {
        const auto result = db.query(sql);
        EXPECT_TRUE(result.is_error()) << sql;
        EXPECT_EQ(result.error().kind(), ErrorKind::usage);
        return result.error();
    };
    EXPECT_EQ(error("SELECT id\nFROM people WHERE nme = 1").where(), "line 2, column 19");
    EXPECT_EQ(error("SELEC 1").where(), "line 1, column 1");
    EXPECT_NE(error("SELECT * FROM peple").why().find("peple"), std::string::npos);
    EXPECT_NE(error("SELECT 1; SELECT 2").why().find("2 statements"), std::string::npos);
    EXPECT_NE(error("").why().find("no statement"), std::string::npos);
    EXPECT_NE(error("-- nothing").why().find("no statement"), std::string::npos);
    EXPECT_NE(error("SELECT ?").why().find("parameters"), std::string::npos);
    EXPECT_NE(error(std::string_view("SELECT 1\0", 9)).why().find("NUL"), std::string::npos);
    EXPECT_NE(error("SELECT CAST(name AS INTEGER) FROM people").why().find("Conversion Error"), std::string::npos);
    EXPECT_EQ(rows_of(db.query("SELECT 1")), (Rows{{"1"}})) << "an error leaves nothing behind";
}

TEST(DuckDb, CannotReachOutside) {
    auto db = database();
    for (const char* sql :
         {"SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM '/etc/passwd'",
          "COPY people TO '/tmp/godwit_people.csv'", "ATTACH '/tmp/godwit_other.db'", "INSTALL httpfs", "LOAD httpfs",
          "SET enable_external_access = true", "SET memory_limit = '100GB'", "SELECT * FROM glob('/*')",
          "SELECT content FROM read_text('/etc/hostname')"})
        EXPECT_TRUE(db.query(sql).is_error()) << sql;
}

TEST(DuckDb, ErrorsOfATableComeBackAsTheyAre) {
    auto db = open_database();
    const auto schema = people();
    auto broken = table_of("broken", schema, {});
    broken.open = [schema]() -> Result<rows::BatchStream> {
        return rows::BatchStream([schema, first = true]() mutable -> Result<rows::BatchPtr> {
            if (std::exchange(first, false))
                return batch_of(schema, {"[1]", R"(["a"])", "[null]"});
            return Error::make(ErrorKind::invalid_input, "the file is broken").at("part-0.parquet");
        });
    };
    ASSERT_TRUE(db.add_table(broken).has_value());
    auto missing = table_of("missing", schema, {});
    missing.open = []() -> Result<rows::BatchStream> { return Error::make(ErrorKind::not_found, "the file is gone"); };
    ASSERT_TRUE(db.add_table(missing).has_value());
    const auto first = db.query("SELECT sum(id) FROM broken");
    ASSERT_TRUE(first.is_error());
    EXPECT_EQ(first.error().kind(), ErrorKind::invalid_input);
    EXPECT_EQ(first.error().where(), "part-0.parquet");
    EXPECT_EQ(db.query("SELECT id FROM broken").error().kind(), ErrorKind::invalid_input);
    EXPECT_EQ(db.query("SELECT * FROM missing").error().kind(), ErrorKind::not_found);
    EXPECT_EQ(rows_of(db.query("SELECT 1")), (Rows{{"1"}}));
}

TEST(DuckDb, MemoryIsLimited) {
    DuckDbOptions options;
    options.memory_limit = 20u << 20;
    options.threads = 1;
    auto db = open_database(options);
    const auto result =
        db.query("SELECT count(*) FROM (SELECT DISTINCT range || repeat('x', 100) FROM range(2000000))");
    ASSERT_TRUE(result.is_error());
    EXPECT_NE(result.error().why().find("Out of Memory"), std::string::npos) << result.error().why();
}

TEST(DuckDb, StopsWhenAsked) {
    auto db = open_database();
    const auto schema = arrow::schema({arrow::field("n", arrow::int64())});
    std::stop_source stop;
    auto endless = table_of("endless", schema, {});
    const auto batch = batch_of(schema, {"[1,2,3]"});
    endless.open = [&stop, batch]() -> Result<rows::BatchStream> {
        return rows::BatchStream([&stop, batch, count = 0]() mutable -> Result<rows::BatchPtr> {
            if (++count == 100)
                stop.request_stop();
            return batch;
        });
    };
    ASSERT_TRUE(db.add_table(endless).has_value());
    const auto result = db.query("SELECT sum(n) FROM endless", SIZE_MAX, stop.get_token());
    ASSERT_TRUE(result.is_error());
    EXPECT_EQ(result.error().kind(), ErrorKind::interrupted);
}

} // namespace
} // namespace godwit::engines
