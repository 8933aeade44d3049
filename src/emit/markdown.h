#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace godwit::emit {

/// The text as CommonMark and GitHub show it literally: punctuation with a meaning is escaped, line ends and hidden
/// characters are made visible, so that it stays one line and starts no link, list, heading, HTML or formula.
std::string escape_markdown(std::string_view text);

/// Streams a Markdown document. Every text is escaped.
class MarkdownWriter {
public:
    explicit MarkdownWriter(ByteSink& sink) : sink_(sink) {}

    MarkdownWriter& heading(int level, std::string_view text);
    MarkdownWriter& paragraph(std::string_view text);
    /// `**label:** text` as a list item.
    MarkdownWriter& field(std::string_view label, std::string_view text);
    MarkdownWriter& bullet(std::string_view text);
    MarkdownWriter& numbered(int number, std::string_view text);
    /// Header and rule; then `table_row` for each row, and `end_block`.
    MarkdownWriter& table_header(const std::vector<std::string>& cells);
    MarkdownWriter& table_row(const std::vector<std::string>& cells);
    MarkdownWriter& end_block();
    Status finish() { return status_; }

private:
    void put(const std::string& bytes);

    ByteSink& sink_;
    Status status_;
};

} // namespace godwit::emit
