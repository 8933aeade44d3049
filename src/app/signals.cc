#include "app/signals.h"

#include <csignal>
#include <pthread.h>
#include <thread>
#include <unistd.h>

namespace godwit::app {

namespace {

constexpr int kInterrupted = 130;

} // namespace

std::stop_token stop_on_signals() {
    // Never destroyed: main may end, and static objects with it, while the thread below is still inside request_stop.
    static auto& source = *new std::stop_source;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    // Blocked in every thread from here on; one thread waits for them, so nothing runs inside a handler.
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    std::thread([signals] {
        int signal = 0;
        if (sigwait(&signals, &signal) == 0)
            source.request_stop();
        if (sigwait(&signals, &signal) == 0)
            ::_exit(kInterrupted);
    }).detach();
    return source.get_token();
}

} // namespace godwit::app
