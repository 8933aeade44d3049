#pragma once

#include <ostream>
#include <string>
#include <utility>

namespace godwit {

/// A value that must not be shown: prints as `**redacted**`, converts to nothing, is wiped when it goes.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string value) : value_(std::move(value)) {}
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret other) noexcept;
    ~Secret();

    /// For the one place that hands it to the outside; every use is a place to review.
    const std::string& reveal() const { return value_; }
    bool empty() const { return value_.empty(); }

private:
    std::string value_;
};

std::ostream& operator<<(std::ostream& out, const Secret& secret);

} // namespace godwit
