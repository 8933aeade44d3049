#include "base/log.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <thread>

namespace godwit {
namespace {

class LogTest : public ::testing::Test {
protected:
    ~LogTest() override {
        static SystemClock system_clock;
        Log::configure(system_clock, LogLevel::info, LogFormat::text);
    }

    void configure(LogLevel threshold, LogFormat format) {
        Log::configure(clock_, threshold, format, file_.descriptor());
    }
    std::string logged() { return read_file(file_.path()).value(); }

    ManualClock clock_{0};
    TemporaryFolder folder_ = TemporaryFolder::create().value();
    File file_ = File::create(folder_.path() + "/log").value();
};

TEST_F(LogTest, text_lines) {
    configure(LogLevel::info, LogFormat::text);
    log_info("server started", {{"port", "80"}, {"name", "a b"}, {"empty", ""}});
    log_error("forged\nline \x1B[31m");
    EXPECT_EQ(logged(), "1970-01-01T00:00:00.000000Z info server started port=80 name=\"a b\" empty=\"\"\n"
                        "1970-01-01T00:00:00.000000Z error forged\\x0Aline \\x1B[31m\n");
}

TEST_F(LogTest, json_lines_parse_whatever_is_logged) {
    configure(LogLevel::debug, LogFormat::json);
    log_debug("a \"quoted\" \\ \xFF", {{"level", "not ours"}, {"bytes", std::string("\0\n", 2)}});
    const auto value = parse_json(trim(logged())).value();
    EXPECT_EQ(json_string(value, "level").value(), "debug");
    EXPECT_EQ(json_string(value, "message").value(), "a \"quoted\" \\ \\xFF");
    EXPECT_EQ(json_string(value["fields"], "level").value(), "not ours");
    EXPECT_EQ(json_string(value["fields"], "bytes").value(), "\\x00\\x0A");
}

TEST_F(LogTest, threshold) {
    configure(LogLevel::warning, LogFormat::text);
    log_info("quiet");
    log_warning("loud");
    EXPECT_EQ(logged(), "1970-01-01T00:00:00.000000Z warning loud\n");
}

TEST_F(LogTest, secrets_are_redacted_by_name) {
    configure(LogLevel::info, LogFormat::text);
    log_info("x", {{"db_password", "hunter2"},
                   {"Authorization", "hunter2"},
                   {"X-Auth-Token", "hunter2"},
                   {"key", "k"},
                   {"uri", "postgresql://u:hunter2@h/db"}});
    EXPECT_EQ(logged().find("hunter2"), std::string::npos);
    EXPECT_NE(logged().find("key=k"), std::string::npos);
}

TEST_F(LogTest, threads_write_whole_lines) {
    configure(LogLevel::info, LogFormat::text);
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([] {
                for (int i = 0; i < 100; ++i)
                    log_info("the same words", {{"value", std::string(200, 'v')}});
            });
        }
    }
    const auto lines = split(logged(), '\n');
    ASSERT_EQ(lines.size(), 401u);
    for (std::size_t i = 1; i + 1 < lines.size(); ++i)
        EXPECT_EQ(lines[i], lines[0]);
}

} // namespace
} // namespace godwit
