#include "emit/markdown.h"

#include "base/text.h"

namespace godwit::emit {

namespace {

/// A number with `.` or `)` behind it, or `+` or `-`, begins a list where a line begins.
bool begins_list(std::string_view text) {
    if (text.starts_with('+') || text.starts_with('-'))
        return true;
    const auto end = text.find_first_not_of("0123456789");
    return end != 0 && end != std::string_view::npos && (text[end] == '.' || text[end] == ')');
}

} // namespace

std::string escape_markdown(std::string_view text) {
    const auto shown = printable(text);
    std::string out;
    out.reserve(shown.size() + 8);
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const char c = shown[i];
        const auto rest = std::string_view(shown).substr(i);
        const bool link =
            rest.starts_with("://") || (c == '.' && i >= 3 && lower_ascii(shown.substr(i - 3, 3)) == "www");
        if (link || std::string_view("\\`*_[]<>|~&$#!@^").find(c) != std::string_view::npos)
            out += '\\';
        out += c;
    }
    if (begins_list(out)) {
        const auto mark = out.find_first_not_of("0123456789");
        out.insert(mark, 1, '\\');
    }
    return out;
}

void MarkdownWriter::put(const std::string& bytes) {
    if (!status_.is_error())
        status_ = sink_.write(bytes);
}

MarkdownWriter& MarkdownWriter::heading(int level, std::string_view text) {
    put(std::string(static_cast<std::size_t>(level), '#') + " " + escape_markdown(text) + "\n\n");
    return *this;
}

MarkdownWriter& MarkdownWriter::paragraph(std::string_view text) {
    put(escape_markdown(text) + "\n\n");
    return *this;
}

MarkdownWriter& MarkdownWriter::field(std::string_view label, std::string_view text) {
    put("- **" + escape_markdown(label) + ":** " + escape_markdown(text) + "\n");
    return *this;
}

MarkdownWriter& MarkdownWriter::bullet(std::string_view text) {
    put("- " + escape_markdown(text) + "\n");
    return *this;
}

MarkdownWriter& MarkdownWriter::numbered(int number, std::string_view text) {
    put(std::to_string(number) + ". " + escape_markdown(text) + "\n");
    return *this;
}

MarkdownWriter& MarkdownWriter::table_header(const std::vector<std::string>& cells) {
    table_row(cells);
    std::string rule = "|";
    for (std::size_t i = 0; i < cells.size(); ++i)
        rule += " --- |";
    put(rule + "\n");
    return *this;
}

MarkdownWriter& MarkdownWriter::table_row(const std::vector<std::string>& cells) {
    std::string row = "|";
    for (const auto& cell : cells)
        row += " " + escape_markdown(cell) + " |";
    put(row + "\n");
    return *this;
}

MarkdownWriter& MarkdownWriter::end_block() {
    put("\n");
    return *this;
}

} // namespace godwit::emit
