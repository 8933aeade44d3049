#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <random>
#include <string>

namespace godwit {

/// The only source of randomness. Thread-safe.
class Random {
public:
    virtual ~Random() = default;
    virtual std::string bytes(std::size_t count) = 0;
    /// 80 random bits in base32 (16 characters): run ids, lease owners, nonces of parts.
    std::string id();
};

class SystemRandom final : public Random {
public:
    std::string bytes(std::size_t count) override;
};

/// For tests: the same seed gives the same bytes.
class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
    std::string bytes(std::size_t count) override;

private:
    std::mutex mutex_;
    std::mt19937_64 engine_;
};

} // namespace godwit
