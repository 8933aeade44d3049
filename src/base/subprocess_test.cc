#include "base/subprocess.h"

#include "base/file.h"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

namespace godwit {
namespace {

using namespace std::chrono_literals;

Command shell(const std::string& script) {
    Command command;
    command.argv = {"/bin/sh", "-c", script};
    command.environment = {{"PATH", "/usr/bin:/bin"}};
    return command;
}

class SubprocessTest : public ::testing::Test {
protected:
    SystemClock clock_;
};

TEST_F(SubprocessTest, gives_output_and_exit_code) {
    const auto outcome = run_command(shell("echo out; echo err >&2; exit 3"), clock_).value();
    EXPECT_EQ(outcome.exit_code, 3);
    EXPECT_EQ(outcome.standard_output, "out\n");
    EXPECT_EQ(outcome.standard_error, "err\n");
    EXPECT_EQ(run_command(shell("kill -TERM $$"), clock_).value().exit_code, 128 + SIGTERM);
}

TEST_F(SubprocessTest, arguments_reach_the_program_untouched) {
    Command command;
    command.argv = {"printf", "%s|", "a b", "$(id)", "\"'\n", ""};
    EXPECT_EQ(run_command(command, clock_).value().standard_output, "a b|$(id)|\"'\n||");
}

TEST_F(SubprocessTest, large_input_and_output_do_not_block_each_other) {
    Command command;
    command.argv = {"cat"};
    command.standard_input = std::string(3'000'000, 'x');
    const auto outcome = run_command(command, clock_).value();
    EXPECT_EQ(outcome.standard_output.size(), 3'000'000u);
    auto careless = shell("exit 0"); // reads nothing
    careless.standard_input = command.standard_input;
    EXPECT_EQ(run_command(careless, clock_).value().exit_code, 0);
}

TEST_F(SubprocessTest, inherits_no_environment_and_no_descriptor) {
    ::setenv("GODWIT_SUBPROCESS_TEST", "leak", 1);
    auto command = shell("env; ls /proc/self/fd");
    command.environment["MARK"] = "a=b c";
    const auto folder = TemporaryFolder::create().value();
    command.working_folder = folder.path();
    const int careless = ::dup(2);
    const auto output = run_command(command, clock_).value().standard_output;
    ::close(careless);
    EXPECT_EQ(output.find("leak"), std::string::npos);
    EXPECT_NE(output.find("MARK=a=b c\n"), std::string::npos);
    EXPECT_NE(output.find("PWD=" + folder.path() + "\n"), std::string::npos);
    EXPECT_NE(output.find("0\n1\n2\n3\n"), std::string::npos) << output; // 3 is the folder that ls reads
    EXPECT_EQ(output.find("\n4\n"), std::string::npos) << output;
}

TEST_F(SubprocessTest, what_cannot_start_is_an_error) {
    Command command;
    command.argv = {"no-such-program-of-godwit"};
    EXPECT_EQ(run_command(command, clock_).error().kind(), ErrorKind::not_found);
    command.argv = {"/etc/passwd"};
    EXPECT_EQ(run_command(command, clock_).error().kind(), ErrorKind::permission);
    auto lost = shell("true");
    lost.working_folder = "/no/such/folder";
    EXPECT_EQ(run_command(lost, clock_).error().kind(), ErrorKind::not_found);
    EXPECT_EQ(run_command(Command{}, clock_).error().kind(), ErrorKind::bug);
}

TEST_F(SubprocessTest, time_limit_kills_the_whole_group) {
    auto command = shell("echo $$; sleep 1000 & wait");
    command.time_limit = 200ms;
    EXPECT_EQ(run_command(command, clock_).error().kind(), ErrorKind::deadline);
}

TEST_F(SubprocessTest, ends_with_the_program_although_its_children_hold_the_pipe) {
    const auto outcome = run_command(shell("sleep 1000 & echo $!"), clock_).value();
    EXPECT_EQ(outcome.exit_code, 0);
    const auto straggler = std::stoi(outcome.standard_output);
    while (::kill(straggler, 0) == 0 &&
           read_file("/proc/" + outcome.standard_output.substr(0, outcome.standard_output.size() - 1) + "/stat")
                   .value_or("")
                   .find(") Z") == std::string::npos)
        std::this_thread::yield();
}

TEST_F(SubprocessTest, output_limit) {
    auto command = shell("exec cat /dev/zero");
    command.output_limit = 100'000;
    EXPECT_EQ(run_command(command, clock_).error().kind(), ErrorKind::invalid_input);
    auto exact = shell("head -c 100000 /dev/zero");
    exact.output_limit = 100'000;
    EXPECT_EQ(run_command(exact, clock_).value().standard_output.size(), 100'000u);
}

TEST_F(SubprocessTest, stop_token) {
    std::stop_source source;
    ManualClock frozen(0); // only the token can end it
    std::jthread stopper([&source] { source.request_stop(); });
    EXPECT_EQ(run_command(shell("sleep 1000"), frozen, source.get_token()).error().kind(), ErrorKind::interrupted);
}

TEST_F(SubprocessTest, resource_limits) {
    auto command = shell("ulimit -t; ulimit -v");
    command.cpu_seconds_limit = 7;
    command.memory_limit = std::uint64_t{512} << 20;
    EXPECT_EQ(run_command(command, clock_).value().standard_output, "7\n524288\n");
}

} // namespace
} // namespace godwit
