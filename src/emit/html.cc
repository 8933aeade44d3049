#include "emit/html.h"

#include "base/digest.h"
#include "base/text.h"
#include "base/utf8.h"

#include <algorithm>
#include <array>

namespace godwit::emit {

namespace {

constexpr std::size_t kBlock = std::size_t{64} << 10;

std::string_view entity(char c) {
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return {};
    }
}

/// Within a line of text a line end would show as a space.
bool is_inline(std::string_view tag) {
    constexpr std::array<std::string_view, 5> kInline{"a", "code", "span", "strong", "time"};
    return std::find(kInline.begin(), kInline.end(), tag) != kInline.end();
}

} // namespace

std::string escape_html(std::string_view text) {
    std::string out;
    const auto shown = printable(text);
    out.reserve(shown.size());
    for (const char c : shown) {
        if (const auto replaced = entity(c); !replaced.empty())
            out += replaced;
        else
            out += c;
    }
    return out;
}

HtmlWriter::HtmlWriter(ByteSink& sink) : sink_(sink) { put("<!DOCTYPE html>\n"); }

void HtmlWriter::put(std::string_view bytes) {
    buffer_ += bytes;
    if (buffer_.size() < kBlock)
        return;
    if (!status_.is_error())
        status_ = sink_.write(buffer_);
    buffer_.clear();
}

void HtmlWriter::start(Literal tag, const std::vector<Attribute>& attributes) {
    put("<");
    put(tag.text());
    for (const auto& attribute : attributes) {
        put(" ");
        put(attribute.name.text());
        put("=\"");
        put(escape_html(attribute.value));
        put("\"");
    }
    put(">");
}

HtmlWriter& HtmlWriter::open(Literal tag, const std::vector<Attribute>& attributes) {
    start(tag, attributes);
    open_.push_back(tag.text());
    return *this;
}

HtmlWriter& HtmlWriter::text(std::string_view text) {
    put(escape_html(text));
    return *this;
}

HtmlWriter& HtmlWriter::close() {
    if (open_.empty()) {
        status_ = Error::make(ErrorKind::bug, "an HTML element is closed that was not opened");
        return *this;
    }
    put("</");
    put(open_.back());
    put(is_inline(open_.back()) ? ">" : ">\n");
    open_.pop_back();
    return *this;
}

HtmlWriter& HtmlWriter::leaf(Literal tag, const std::vector<Attribute>& attributes) {
    start(tag, attributes);
    put("\n");
    return *this;
}

HtmlWriter& HtmlWriter::element(Literal tag, std::string_view text, const std::vector<Attribute>& attributes) {
    return open(tag, attributes).text(text).close();
}

HtmlWriter& HtmlWriter::raw(Literal tag, Literal body) {
    start(tag, {});
    put(body.text());
    put("</");
    put(tag.text());
    put(">\n");
    return *this;
}

Status HtmlWriter::finish() {
    if (!status_.is_error() && !open_.empty())
        return Error::make(ErrorKind::bug, "an HTML element is left open").at(std::string(open_.back()));
    if (!status_.is_error() && !buffer_.empty())
        status_ = sink_.write(buffer_);
    buffer_.clear();
    return status_;
}

std::string csp_hash(Literal body) { return "'sha256-" + base64(sha256(body.text())) + "'"; }

} // namespace godwit::emit
