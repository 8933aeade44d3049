#include "core/run_cause.h"

#include "core/journal.h"
#include "core/keys.h"

#include <gtest/gtest.h>

namespace godwit::core {
namespace {

const std::string kTable = resource_key("lakehouse", "table", {"1234", "eu-west-1", "sales", "orders by day"});

TEST(WithoutNames, leaves_out_what_looks_like_a_name_a_place_or_a_number) {
    const std::vector<std::pair<std::string, std::string>> shapes = {
        {"a part has 17 of 128 bytes", "a part has * of * bytes"},
        {"the file /data/x-1.csv is gone", "the file * is gone"},
        {"the table sales is not there", "the table * is not there"},
        {"'my table, the old one' stands there, and (s3://b/c)", "* stands there, and *"},
        {"it isn't \"done\": wait.", "it isn't * wait."},
        {"no names at all, and none here.", "no names at all, and none here."},
        {"", ""},
        {"'unfinished business", "* business"},
    };
    for (const auto& [text, shape] : shapes)
        EXPECT_EQ(without_names(text, kTable), shape) << text;
    EXPECT_EQ(without_names("the table sales", "no key"), "the table sales");
}

store::StepRow row(const std::string& step, store::StepState state, const std::string& reason,
                   const std::string& error = {}) {
    store::StepRow row;
    row.step = step;
    row.kind = "lakehouse.copy-table";
    row.resource = kTable;
    row.action = "copy";
    row.state = state;
    row.reason = reason;
    row.error = error;
    return row;
}

TEST(CauseFolder, tells_causes_apart_by_their_why) {
    const auto error = [](const char* why) {
        return error_to_json(Error::make(ErrorKind::io, "the file cannot be opened").why(why));
    };
    CauseFolder folder;
    std::size_t count = 0;
    for (const auto* why : {"Permission denied", "No space left on device", "Permission denied"})
        folder.add(
            row("s" + std::to_string(count++), store::StepState::failed, "the file cannot be opened", error(why)));
    EXPECT_EQ(folder.size(), 2U);
}

TEST(CauseFolder, takes_only_so_many_causes_and_counts_the_rest) {
    CauseFolder folder;
    const auto name = [](std::size_t number) { // digits would not tell them apart
        std::string word;
        for (; number > 0; number /= 26)
            word += static_cast<char>('a' + number % 26);
        return "reason " + word + " z";
    };
    for (std::size_t i = 0; i < CauseFolder::kMostCauses + 7; ++i)
        folder.add(row("s" + std::to_string(i), store::StepState::failed, name(i)));
    EXPECT_EQ(folder.beyond(), 7U);
    folder.add(row("again", store::StepState::failed, name(1)));
    EXPECT_EQ(folder.beyond(), 7U);
}

} // namespace
} // namespace godwit::core
