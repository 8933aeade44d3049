#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

/// Bare sockets on loopback for tests: peers that misbehave in ways in which no library would.
namespace godwit::net::raw {

class Socket {
public:
    explicit Socket(int descriptor) : descriptor_(descriptor) {}
    Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    Socket& operator=(Socket&&) = delete;
    ~Socket() { close(); }

    int descriptor() const { return descriptor_; }
    /// False once the peer has gone.
    bool send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0)
                return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    /// What comes until `end` was seen, or until the peer closes.
    std::string read_until(std::string_view end) const {
        std::string bytes;
        char byte = 0;
        while (bytes.find(end) == std::string::npos && ::recv(descriptor_, &byte, 1, 0) == 1)
            bytes += byte;
        return bytes;
    }
    std::string read_to_end() const {
        std::string bytes;
        char buffer[4096];
        for (ssize_t got = 0; (got = ::recv(descriptor_, buffer, sizeof buffer, 0)) > 0;)
            bytes.append(buffer, static_cast<std::size_t>(got));
        return bytes;
    }
    void end_sending() const { ::shutdown(descriptor_, SHUT_WR); }
    /// The peer sees a reset instead of an orderly end.
    void reset() {
        const linger at_once{1, 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close();
    }
    void close() {
        if (descriptor_ >= 0)
            ::close(std::exchange(descriptor_, -1));
    }

private:
    int descriptor_;
};

inline sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

inline void require(bool condition) {
    if (!condition)
        std::abort(); // loopback sockets that fail leave a test nothing to say
}

class Listener {
public:
    Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        auto address = loopback(0);
        socklen_t size = sizeof address;
        require(::bind(socket_.descriptor(), reinterpret_cast<sockaddr*>(&address), size) == 0);
        require(::listen(socket_.descriptor(), 16) == 0);
        require(::getsockname(socket_.descriptor(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
        port_ = ntohs(address.sin_port);
    }
    int descriptor() const { return socket_.descriptor(); }
    std::uint16_t port() const { return port_; }
    std::string url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(port_) + path; }
    Socket accept() const { return Socket(::accept4(socket_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC)); }
    bool has_connection_waiting() const {
        pollfd waiting{socket_.descriptor(), POLLIN, 0};
        return ::poll(&waiting, 1, 0) > 0;
    }
    void close() { socket_.close(); }

private:
    Socket socket_;
    std::uint16_t port_ = 0;
};

inline Socket connect(std::uint16_t port) {
    Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = loopback(port);
    require(::connect(socket.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return socket;
}

} // namespace godwit::net::raw
