#pragma once

// What the files of the StepRunner share; for no others.

#include "base/text.h"
#include "core/step_runner.h"

#include <chrono>
#include <exception>
#include <string>

namespace godwit::core {

inline Micros micros(std::chrono::milliseconds duration) {
    return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

inline std::string words_of(const Error& error) {
    return printable(error.what() + (error.why().empty() ? "" : ": " + error.why()));
}

/// Why the step is where it is, from now on.
inline void remember(store::StepRow& row, const Error& error) {
    row.reason = words_of(error);
    row.error = error_to_json(error);
}

/// What a call or a look-up found to be the step's own.
inline void take(store::StepRow& row, const std::string& target_id, const std::string& result) {
    row.reason.clear();
    row.error.clear();
    row.call_deadline = 0;
    if (!target_id.empty())
        row.target_id = target_id;
    if (!result.empty())
        row.result = result;
}

/// A library below a step may throw, for want of memory or by its own fault: that stops the run, and does not end the
/// process between an intent and its result.
template <typename Work>
auto guarded(const std::string& step, const Work& work) -> decltype(work()) {
    try {
        return work();
    } catch (const std::exception& exception) {
        return Error::make(ErrorKind::bug, "a step ended with an exception").why(printable(exception.what())).at(step);
    }
}

} // namespace godwit::core
