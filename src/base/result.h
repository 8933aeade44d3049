#pragma once

#include "base/error.h"

#include <tl/expected.hpp>

#include <type_traits>
#include <utility>

namespace godwit {

/// A value or an Error. Dropping one is a compile error.
template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
public:
    using tl::expected<T, Error>::expected;
    Result(Error error) // NOLINT(google-explicit-constructor)
        : tl::expected<T, Error>(tl::unexpect, std::move(error)) {}

    bool is_error() const { return !this->has_value(); }
    T release() && {
        if constexpr (!std::is_void_v<T>)
            return std::move(**this);
    }
};

using Status = Result<void>;

} // namespace godwit

/// Gives the value of a Result, or returns its error from the enclosing function.
#define TRY(expression)                                                                                                \
    ({                                                                                                                 \
        auto godwit_result_ = (expression);                                                                            \
        if (godwit_result_.is_error()) [[unlikely]]                                                                    \
            return std::move(godwit_result_).error();                                                                  \
        std::move(godwit_result_).release();                                                                           \
    })
