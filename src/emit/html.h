#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "emit/literal.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::emit {

/// `<`, `>`, `&`, quotes, and everything that could hide or reorder text (control characters, bidirectional overrides,
/// bytes that are not UTF-8) made harmless: safe as text and inside a quoted attribute.
std::string escape_html(std::string_view text);

/// One attribute: the name is ours, the value is anything.
struct Attribute {
    Literal name;
    std::string value;
};

/// Streams an HTML document as nested elements. Names of elements and attributes are literals, all else is escaped, so
/// that no value can change the shape of the page. Void elements (`meta`, `input`) are written with `leaf`.
class HtmlWriter {
public:
    /// Writes `<!DOCTYPE html>`. `sink` must outlive the writer.
    explicit HtmlWriter(ByteSink& sink);

    HtmlWriter& open(Literal tag, const std::vector<Attribute>& attributes = {});
    HtmlWriter& text(std::string_view text);
    HtmlWriter& close();
    HtmlWriter& leaf(Literal tag, const std::vector<Attribute>& attributes = {});
    /// open, text, close.
    HtmlWriter& element(Literal tag, std::string_view text, const std::vector<Attribute>& attributes = {});
    /// `style` or `script` with a constant body.
    HtmlWriter& raw(Literal tag, Literal body);

    /// Every element must be closed. Reports what the sink said.
    Status finish();

private:
    void start(Literal tag, const std::vector<Attribute>& attributes);
    void put(std::string_view bytes);

    ByteSink& sink_;
    std::string buffer_;
    std::vector<std::string_view> open_;
    Status status_;
};

/// `'sha256-...'` of a raw element's body, for a Content-Security-Policy.
std::string csp_hash(Literal body);

} // namespace godwit::emit
