#include "base/secret.h"

#include <string.h>

namespace godwit {

namespace {

void wipe(std::string& value) {
    value.resize(value.capacity()); // also what an earlier, longer value left behind
    explicit_bzero(value.data(), value.size());
    value.clear();
}

} // namespace

Secret::Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { wipe(other.value_); }

Secret& Secret::operator=(Secret other) noexcept {
    value_.swap(other.value_);
    return *this;
}

Secret::~Secret() { wipe(value_); }

std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "**redacted**"; }

} // namespace godwit
