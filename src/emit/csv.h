#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::emit {

/// Streams CSV as RFC 4180 has it: CRLF, quotes doubled, every text quoted where it needs to be. A text that a
/// spreadsheet would run as a formula (it begins with `=`, `+`, `-`, `@`, also in full width, tab or carriage return)
/// gets an apostrophe in front; so does such a piece of it behind a semicolon, tab or line end.
class CsvWriter {
public:
    explicit CsvWriter(ByteSink& sink) : sink_(sink) {}

    CsvWriter& text(std::string_view text);
    CsvWriter& number(std::uint64_t number);
    /// Ends the row and hands it to the sink.
    Status end_row();
    Status row(const std::vector<std::string>& texts);

private:
    void separate();

    ByteSink& sink_;
    std::string row_;
    bool started_ = false;
};

} // namespace godwit::emit
