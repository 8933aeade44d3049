#include "base/subprocess.h"

#include "base/text.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace godwit {

namespace {

class Descriptor {
public:
    explicit Descriptor(int value = -1) : value_(value) {}
    Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(value_, other.value_);
        return *this;
    }
    ~Descriptor() { close(); }
    int get() const { return value_; }
    void close() {
        if (value_ >= 0)
            ::close(std::exchange(value_, -1));
    }

private:
    int value_;
};

struct Pipe {
    Descriptor read_end;
    Descriptor write_end;
};

Error cannot_start(int error_number, const Command& command) {
    return system_error(error_number, "the program cannot be started", printable(command.argv.front()));
}

Result<Pipe> open_pipe(const Command& command) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return cannot_start(errno, command);
    return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

/// The whole input in memory that the child reads like a file: no pipe to fill, so no deadlock and no SIGPIPE.
Result<Descriptor> input_file(const Command& command) {
    Descriptor file(::memfd_create("godwit-input", MFD_CLOEXEC));
    if (file.get() < 0)
        return cannot_start(errno, command);
    for (std::string_view rest = command.standard_input; !rest.empty();) {
        const auto written = ::write(file.get(), rest.data(), rest.size());
        if (written < 0)
            return cannot_start(errno, command);
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::lseek(file.get(), 0, SEEK_SET) != 0)
        return cannot_start(errno, command);
    return file;
}

/// A name without a slash is looked up in the PATH that the child gets, as it inherits nothing of ours.
std::string resolve_program(const Command& command) {
    const auto& name = command.argv.front();
    if (name.find('/') != std::string::npos)
        return name;
    const auto path = command.environment.find("PATH");
    for (const auto& folder : split(path == command.environment.end() ? "/usr/bin:/bin" : path->second, ':')) {
        const auto candidate = folder + "/" + name;
        if (!folder.empty() && ::access(candidate.c_str(), X_OK) == 0)
            return candidate;
    }
    return name;
}

/// Everything that the child needs, made before the fork: after it only async-signal-safe calls are allowed.
struct Preparation {
    std::string program;
    std::vector<std::string> assignments;
    std::vector<char*> argv;
    std::vector<char*> environment;
};

Preparation prepare(const Command& command) {
    Preparation result;
    result.program = resolve_program(command);
    for (const auto& argument : command.argv)
        result.argv.push_back(const_cast<char*>(argument.c_str())); // execve takes char* for history's sake
    result.argv.push_back(nullptr);
    for (const auto& [name, value] : command.environment)
        result.assignments.push_back(name + "=" + value);
    for (auto& assignment : result.assignments)
        result.environment.push_back(assignment.data());
    result.environment.push_back(nullptr);
    return result;
}

bool limit(__rlimit_resource resource, std::uint64_t value) {
    const rlimit both{value, value};
    return value == 0 || ::setrlimit(resource, &both) == 0;
}

[[noreturn]] void run_child(const Command& command, const Preparation& prepared, int input, int output,
                            int error_output, int report) {
    ::setsid();
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL); // what is ignored stays ignored across exec
    const bool ready = ::dup2(input, 0) == 0 && ::dup2(output, 1) == 1 && ::dup2(error_output, 2) == 2 &&
                       limit(RLIMIT_AS, command.memory_limit) && limit(RLIMIT_CPU, command.cpu_seconds_limit) &&
                       (command.working_folder.empty() || ::chdir(command.working_folder.c_str()) == 0);
    if (ready) {
        ::syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC: also what a library opened carelessly */);
        ::execve(prepared.program.c_str(), prepared.argv.data(), prepared.environment.data());
    }
    const int problem = errno;
    (void)!::write(report, &problem, sizeof problem);
    ::_exit(127);
}

/// The child, killed with its whole group and reaped at the end of the scope.
class Child {
public:
    explicit Child(pid_t id) : id_(id), handle_(static_cast<int>(::syscall(SYS_pidfd_open, id, 0))) {}
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        if (id_ > 0)
            (void)end();
    }

    /// Readable when the child has ended; -1 where the kernel has no such thing.
    int handle() const { return handle_.get(); }

    /// Without reaping: until then no other process can get its number.
    bool has_ended() const {
        siginfo_t info{};
        return ::waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == id_;
    }

    int end() {
        ::kill(-id_, SIGKILL);
        ::kill(id_, SIGKILL); // it may not have made its group yet
        int status = 0;
        while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
        }
        id_ = -1;
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }

private:
    pid_t id_;
    Descriptor handle_;
};

/// Reads what is there; false at the end of the stream.
bool drain(Descriptor& from, std::string& into, std::size_t limit) {
    char buffer[65536];
    while (into.size() <= limit) {
        const auto got = ::read(from.get(), buffer, sizeof buffer);
        if (got > 0)
            into.append(buffer, static_cast<std::size_t>(got));
        else if (got == 0)
            return false;
        else if (errno != EINTR)
            return errno == EAGAIN;
    }
    return true;
}

Error stopped(const Command& command, ErrorKind kind, std::string why) {
    return Error::make(kind, "the program was stopped").why(std::move(why)).at(printable(command.argv.front()));
}

struct Streams {
    Descriptor output;
    Descriptor error_output;
};

Status read_until_end(const Command& command, const Child& child, Streams& streams, CommandOutcome& outcome,
                      Clock& clock, const std::stop_token& stop) {
    const Deadline deadline(clock, command.time_limit);
    const Descriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    const std::stop_callback on_stop(stop, [&wake] { (void)!::eventfd_write(wake.get(), 1); });
    // The clock may be another than the one by which poll waits, so it is asked several times a second.
    const int longest_wait = child.handle() >= 0 ? 100 : 10;
    while (true) {
        if (stop.stop_requested())
            return stopped(command, ErrorKind::interrupted, "it was asked to");
        const auto left = deadline.left();
        if (left.count() == 0)
            return stopped(command, ErrorKind::deadline,
                           "it ran longer than " +
                               human_seconds(static_cast<double>(command.time_limit.count()) / 1000));
        const bool ended = child.has_ended();
        if (!drain(streams.output, outcome.standard_output, command.output_limit))
            streams.output.close();
        if (!drain(streams.error_output, outcome.standard_error, command.output_limit))
            streams.error_output.close();
        if (std::max(outcome.standard_output.size(), outcome.standard_error.size()) > command.output_limit)
            return stopped(command, ErrorKind::invalid_input,
                           "it wrote more than " + human_bytes(command.output_limit) + " of output");
        if (ended)
            return {};
        pollfd waiting[] = {{streams.output.get(), POLLIN, 0},
                            {streams.error_output.get(), POLLIN, 0},
                            {child.handle(), POLLIN, 0},
                            {wake.get(), POLLIN, 0}};
        ::poll(waiting, std::size(waiting), static_cast<int>(std::min<std::int64_t>(left.count(), longest_wait)));
    }
}

} // namespace

Result<CommandOutcome> run_command(const Command& command, Clock& clock, std::stop_token stop) {
    if (command.argv.empty() || command.argv.front().empty())
        return Error::make(ErrorKind::bug, "no program is named");
    for (const auto& argument : command.argv) {
        if (argument.find('\0') != std::string::npos)
            return Error::make(ErrorKind::invalid_input, "an argument holds a NUL byte").at(printable(argument));
    }
    const auto prepared = prepare(command);
    const auto input = TRY(input_file(command));
    auto output = TRY(open_pipe(command));
    auto error_output = TRY(open_pipe(command));
    auto report = TRY(open_pipe(command));
    const pid_t id = ::fork();
    if (id < 0)
        return cannot_start(errno, command);
    if (id == 0)
        run_child(command, prepared, input.get(), output.write_end.get(), error_output.write_end.get(),
                  report.write_end.get());
    Child child(id);
    output.write_end.close();
    error_output.write_end.close();
    report.write_end.close();
    int problem = 0;
    ssize_t got = 0;
    do
        got = ::read(report.read_end.get(), &problem, sizeof problem);
    while (got < 0 && errno == EINTR);
    if (got == sizeof problem)
        return cannot_start(problem, command);

    Streams streams{std::move(output.read_end), std::move(error_output.read_end)};
    ::fcntl(streams.output.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(streams.error_output.get(), F_SETFL, O_NONBLOCK);
    CommandOutcome outcome;
    TRY(read_until_end(command, child, streams, outcome, clock, stop));
    outcome.exit_code = child.end();
    return outcome;
}

} // namespace godwit
