#pragma once

#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

/// For tests with several processes: this test program once more, running one test that is disabled otherwise and finds
/// its orders in the environment.
namespace godwit::store {

class TestProcess {
public:
    static constexpr std::string_view kOrders = "GODWIT_TEST_ORDERS";
    static constexpr int kChannel = 3; ///< the child reads its start and writes its reports here

    TestProcess(const std::string& test, const std::string& orders) {
        int to_child[2];
        int from_child[2];
        if (pipe2(to_child, O_CLOEXEC) != 0 || pipe2(from_child, O_CLOEXEC) != 0)
            return;
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, to_child[0], 0);
        posix_spawn_file_actions_adddup2(&actions, from_child[1], kChannel);
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
        std::vector<std::string> texts = {"/proc/self/exe", "--gtest_also_run_disabled_tests",
                                          "--gtest_filter=" + test};
        std::vector<std::string> environment = {std::string(kOrders) + "=" + orders};
        for (char** entry = environ; *entry != nullptr; ++entry) {
            if (!std::string_view(*entry).starts_with("GTEST_")) // reports of the child would overwrite ours
                environment.emplace_back(*entry);
        }
        auto arguments = pointers(texts);
        auto variables = pointers(environment);
        if (posix_spawn(&process_, "/proc/self/exe", &actions, nullptr, arguments.data(), variables.data()) != 0)
            process_ = -1;
        posix_spawn_file_actions_destroy(&actions);
        close(to_child[0]);
        close(from_child[1]);
        to_ = to_child[1];
        from_ = from_child[0];
    }
    TestProcess(const TestProcess&) = delete;
    TestProcess& operator=(const TestProcess&) = delete;
    ~TestProcess() {
        kill_now();
        close(from_);
        start();
    }

    /// The child's next report, without the line end; empty when it has ended.
    std::string report() const {
        std::string line;
        for (char byte = 0; read(from_, &byte, 1) == 1 && byte != '\n';)
            line += byte;
        return line;
    }
    /// Lets go a child that waits in `wait_for_start`.
    void start() {
        if (to_ >= 0)
            close(to_);
        to_ = -1;
    }
    void kill_now() {
        if (process_ <= 0)
            return;
        kill(process_, SIGKILL);
        waitpid(process_, nullptr, 0);
        process_ = -1;
    }

    // In the child:
    static void tell(const std::string& line) {
        const auto text = line + "\n";
        static_cast<void>(!write(kChannel, text.data(), text.size()));
    }
    static void wait_for_start() {
        char byte = 0;
        static_cast<void>(!read(0, &byte, 1));
    }

private:
    static std::vector<char*> pointers(std::vector<std::string>& texts) {
        std::vector<char*> out;
        for (auto& text : texts)
            out.push_back(text.data());
        out.push_back(nullptr);
        return out;
    }

    pid_t process_ = -1;
    int to_ = -1;
    int from_ = -1;
};

} // namespace godwit::store
