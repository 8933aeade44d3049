#pragma once

#include "emit/html.h"

#include <optional>
#include <string_view>

namespace godwit::emit {

/// Opens `html`, writes the head of a page in Godwit's looks, and opens `body`. Its policy lets nothing in but what
/// stands in the file: the style, and `script` if there is one, which is written by the caller with `raw`.
void open_page(HtmlWriter& html, std::string_view title, std::optional<Literal> script = std::nullopt);

/// One of the numbers at the top, inside `dl` of class `figures`.
void page_figure(HtmlWriter& html, std::string_view label, std::string_view value, std::string_view more);

} // namespace godwit::emit
