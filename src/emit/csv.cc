#include "emit/csv.h"

namespace godwit::emit {

void CsvWriter::separate() {
    if (started_)
        row_ += ',';
    started_ = true;
}

CsvWriter& CsvWriter::text(std::string_view text) {
    separate();
    const bool formula = !text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos;
    if (!formula && text.find_first_of("\",\r\n") == std::string_view::npos) {
        row_ += text;
        return *this;
    }
    row_ += formula ? "\"'" : "\"";
    for (const char c : text) {
        if (c == '"')
            row_ += '"';
        row_ += c;
    }
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
