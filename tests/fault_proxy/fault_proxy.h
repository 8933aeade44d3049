#pragma once

#include "base/result.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::testing {

/// What the proxy does to a request that a rule matches. `After` means that the server has acted and given its whole
/// answer before anything is done to the client; `before` that the server never sees the request.
enum class Fault {
    drop_after,    ///< forward, then close the client's connection without a byte
    reset_before,  ///< reset the client's connection
    reset_after,   ///< forward, then reset
    cut_after,     ///< forward, then give the whole header, `bytes` of the body, and close
    status_before, ///< answer `status`
    status_after,  ///< forward, then answer `status` instead of what the server said
    delay,         ///< wait `time`, then forward
    hang_before,   ///< say nothing until the client gives up
    hang_after,    ///< forward, then say nothing until the client gives up
    trickle_after, ///< forward, then give the answer one byte per `time`
};

/// `drop-after`, `status-before` ...: how JSON rules spell it.
std::string_view to_string(Fault fault);

/// The first rule that matches and is still to act decides; a request that none matches passes through.
struct FaultRule {
    std::string method = "*";
    std::string path = "*";  ///< of the raw target without its query: a shell pattern; `*` also matches `/`
    std::uint64_t nth = 1;   ///< the first match on which it acts, counted from 1
    std::uint64_t times = 1; ///< on how many matches from there; 0: on all
    Fault fault = Fault::drop_after;
    int status = 503;
    std::size_t bytes = 0;
    std::chrono::milliseconds time{1000};
};

/// What has gone through; read at any time.
struct FaultCounters {
    std::uint64_t requests = 0;         ///< complete requests from clients
    std::uint64_t forwarded = 0;        ///< answered by the server
    std::uint64_t faults = 0;           ///< rules that acted
    std::vector<std::uint64_t> matches; ///< for each rule, in their order
};

/// An HTTP/1.1 proxy on loopback between a client that takes it for the server and that server (a reverse proxy).
/// A thread per connection: it serves tests, not load. Messages are held in memory, at most 64 MiB each.
class FaultProxy {
public:
    /// `server` is `http://127.0.0.1:PORT`.
    static Result<std::unique_ptr<FaultProxy>> start(const std::string& server, std::vector<FaultRule> rules = {});
    /// Closes every connection and waits for its threads.
    ~FaultProxy();

    std::uint16_t port() const;
    /// `http://127.0.0.1:PORT`, to be given to clients.
    std::string endpoint() const;
    /// Replaces the rules; all counters start anew.
    void set_rules(std::vector<FaultRule> rules);
    FaultCounters counters() const;
    /// Method and target of every request since the rules were set, as `POST /v1/x`.
    std::vector<std::string> log() const;

private:
    class Implementation;
    explicit FaultProxy(std::unique_ptr<Implementation> implementation);
    std::unique_ptr<Implementation> implementation_;
};

/// A JSON array of rules: `[{"method":"POST","path":"/v1/*","nth":2,"fault":"cut-after","bytes":10}]`; fields that are
/// left out have the values above; `time-ms` is in milliseconds.
Result<std::vector<FaultRule>> parse_fault_rules(std::string_view json);

} // namespace godwit::testing
