#include "emit/csv.h"

#include <algorithm>

namespace godwit::emit {

void CsvWriter::separate() {
    if (started_)
        row_ += ',';
    started_ = true;
}

namespace {

/// What a spreadsheet takes for the start of a formula, in full width too.
bool starts_formula(std::string_view text) {
    constexpr std::string_view kStarts[] = {"=", "+", "-", "@", "\t", "\r", "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"};
    return std::ranges::any_of(kStarts, [text](std::string_view start) { return text.starts_with(start); });
}

} // namespace

CsvWriter& CsvWriter::text(std::string_view text) {
    separate();
    std::string cell;
    // A spreadsheet that splits at semicolons or tabs takes each piece for a cell, and no quote for what it is.
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool starts = at == 0 || std::string_view(";\t\r\n").find(text[at - 1]) != std::string_view::npos;
        if (starts && starts_formula(text.substr(at)))
            cell += '\'';
        if (text[at] == '"')
            cell += '"';
        cell += text[at];
    }
    if (cell == text && text.find_first_of(",\r\n") == std::string_view::npos) {
        row_ += text;
        return *this;
    }
    row_ += '"';
    row_ += cell;
    row_ += '"';
    return *this;
}

CsvWriter& CsvWriter::number(std::uint64_t number) {
    separate();
    row_ += std::to_string(number);
    return *this;
}

Status CsvWriter::end_row() {
    row_ += "\r\n";
    auto status = sink_.write(row_);
    row_.clear();
    started_ = false;
    return status;
}

Status CsvWriter::row(const std::vector<std::string>& texts) {
    for (const auto& cell : texts)
        text(cell);
    return end_row();
}

} // namespace godwit::emit
