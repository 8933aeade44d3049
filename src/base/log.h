#pragma once

#include "base/clock.h"

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace godwit {

enum class LogLevel { debug, info, warning, error };
enum class LogFormat { text, json };

using LogField = std::pair<std::string_view, std::string>;

/// Where diagnostics for the operator go (never results, never events). Thread-safe; one line per call on standard
/// error. There is one, set up by main; fields whose name looks secret, and passwords in addresses, are redacted.
class Log {
public:
    static void configure(Clock& clock, LogLevel threshold, LogFormat format, int descriptor = 2);
    static void write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});
};

inline void log_debug(std::string_view message, std::initializer_list<LogField> fields = {}) {
    Log::write(LogLevel::debug, message, fields);
}
inline void log_info(std::string_view message, std::initializer_list<LogField> fields = {}) {
    Log::write(LogLevel::info, message, fields);
}
inline void log_warning(std::string_view message, std::initializer_list<LogField> fields = {}) {
    Log::write(LogLevel::warning, message, fields);
}
inline void log_error(std::string_view message, std::initializer_list<LogField> fields = {}) {
    Log::write(LogLevel::error, message, fields);
}

} // namespace godwit
