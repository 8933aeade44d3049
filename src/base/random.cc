#include "base/random.h"

#include "base/text.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace godwit {

std::string Random::id() { return base32(bytes(10)); }

std::string SystemRandom::bytes(std::size_t count) {
    std::string out(count, '\0');
    for (std::size_t filled = 0; filled < count;) {
        const auto got = getrandom(out.data() + filled, count - filled, 0);
        if (got > 0) {
            filled += static_cast<std::size_t>(got);
        } else if (errno != EINTR) { // ids that are not random would collide: there is no going on
            std::fputs("godwit: the kernel gives no random bytes\n", stderr);
            std::abort();
        }
    }
    return out;
}

std::string SeededRandom::bytes(std::size_t count) {
    const std::lock_guard lock(mutex_);
    std::string out;
    out.reserve(count);
    while (out.size() < count) {
        auto word = engine_();
        for (int i = 0; i < 8 && out.size() < count; ++i, word >>= 8)
            out += static_cast<char>(word & 0xFF);
    }
    return out;
}

} // namespace godwit
