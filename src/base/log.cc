#include "base/log.h"

#include "base/json.h"
#include "base/redaction.h"
#include "base/text.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <mutex>

namespace godwit {

namespace {

struct Settings {
    Clock* clock;
    LogLevel threshold = LogLevel::info;
    LogFormat format = LogFormat::text;
    int descriptor = 2;
};

std::mutex& mutex() {
    static std::mutex instance;
    return instance;
}

Settings& settings() {
    static SystemClock system_clock;
    static Settings instance{.clock = &system_clock};
    return instance;
}

std::string_view name_of(LogLevel level) {
    constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warning", "error"};
    return kNames.at(static_cast<std::size_t>(level));
}

std::string shown_value(const LogField& field) {
    return looks_secret(field.first) ? std::string(kRedacted) : printable(without_user_information(field.second));
}

std::string text_line(const std::string& time, LogLevel level, std::string_view message,
                      std::initializer_list<LogField> fields) {
    auto line = time + " " + std::string(name_of(level)) + " " + printable(message);
    for (const auto& field : fields) {
        const auto value = shown_value(field);
        const bool plain = !value.empty() && value.find_first_of(" \"=") == std::string::npos;
        line += " " + std::string(field.first) + "=" + (plain ? value : json_quote(value));
    }
    return line;
}

std::string json_line(const std::string& time, LogLevel level, std::string_view message,
                      std::initializer_list<LogField> fields) {
    auto line = "{\"time\":\"" + time + "\",\"level\":\"" + std::string(name_of(level)) +
                "\",\"message\":" + json_quote(printable(message));
    if (fields.size() > 0) { // in an object of their own, so that no field can take the place of ours
        line += ",\"fields\":{";
        bool first = true;
        for (const auto& field : fields) {
            line += (first ? "" : ",") + json_quote(printable(field.first)) + ":" + json_quote(shown_value(field));
            first = false;
        }
        line += "}";
    }
    return line + "}";
}

} // namespace

void Log::configure(Clock& clock, LogLevel threshold, LogFormat format, int descriptor) {
    const std::lock_guard lock(mutex());
    settings() = {.clock = &clock, .threshold = threshold, .format = format, .descriptor = descriptor};
}

void Log::write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
    const std::lock_guard lock(mutex());
    const auto& current = settings();
    if (level < current.threshold)
        return;
    const auto time = format_time(current.clock->now());
    auto line = current.format == LogFormat::json ? json_line(time, level, message, fields)
                                                  : text_line(time, level, message, fields);
    line += '\n';
    for (std::string_view rest = line; !rest.empty();) {
        const auto written = ::write(current.descriptor, rest.data(), rest.size());
        if (written > 0)
            rest.remove_prefix(static_cast<std::size_t>(written));
        else if (errno != EINTR)
            return; // nowhere to complain
    }
}

} // namespace godwit
