#include "formats/xml/element.h"

#include <expat.h>

#include <algorithm>
#include <memory>

namespace godwit::xml {

namespace {

constexpr char kNamespaceEnd = '\n'; // in no name and no namespace

std::string without_namespace(std::string_view name) {
    const auto end = name.rfind(kNamespaceEnd);
    return std::string(end == std::string_view::npos ? name : name.substr(end + 1));
}

struct FreeParser {
    void operator()(XML_ParserStruct* parser) const { XML_ParserFree(parser); }
};

/// Builds the tree while expat reads. Open elements are kept in a list and moved into their parent at their end, so
/// that none moves while it is filled.
class Builder {
public:
    Builder(XML_Parser parser, const Limits& limits) : parser_(parser), limits_(limits) {
        XML_SetUserData(parser, this);
        XML_SetElementHandler(parser, begin, end);
        XML_SetCharacterDataHandler(parser, text);
        XML_SetStartDoctypeDeclHandler(parser, doctype);
    }

    Element take() { return std::move(root_); }
    const char* refusal() const { return refusal_; }

private:
    static Builder& self(void* data) { return *static_cast<Builder*>(data); }

    static void begin(void* data, const XML_Char* name, const XML_Char** attributes) {
        auto& builder = self(data);
        if (builder.open_.size() >= builder.limits_.depth)
            return builder.refuse("it is nested too deeply");
        if (++builder.elements_ > builder.limits_.elements)
            return builder.refuse("it has too many elements");
        Element element{without_namespace(name), {}, {}, {}};
        for (; *attributes != nullptr; attributes += 2)
            element.attributes.emplace_back(without_namespace(attributes[0]), attributes[1]);
        builder.open_.push_back(std::move(element));
    }

    // Expat may still call these two after it was told to stop.
    static void end(void* data, const XML_Char*) {
        auto& builder = self(data);
        if (builder.refusal_ != nullptr)
            return;
        auto element = std::move(builder.open_.back());
        builder.open_.pop_back();
        if (builder.open_.empty())
            builder.root_ = std::move(element);
        else
            builder.open_.back().children.push_back(std::move(element));
    }

    static void text(void* data, const XML_Char* bytes, int count) {
        if (self(data).refusal_ == nullptr)
            self(data).open_.back().text.append(bytes, static_cast<std::size_t>(count));
    }

    static void doctype(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
        self(data).refuse("it declares a document type, which could name files and expand without end");
    }

    void refuse(const char* why) {
        refusal_ = why;
        XML_StopParser(parser_, XML_FALSE);
    }

    XML_Parser parser_;
    const Limits& limits_;
    std::vector<Element> open_;
    Element root_;
    std::size_t elements_ = 0;
    const char* refusal_ = nullptr;
};

Error not_readable(std::string why, XML_Parser parser) {
    return Error::make(ErrorKind::invalid_input, "the XML document cannot be read")
        .why(std::move(why))
        .at("line " + std::to_string(XML_GetCurrentLineNumber(parser)) + " column " +
            std::to_string(XML_GetCurrentColumnNumber(parser) + 1));
}

} // namespace

const Element* Element::child(std::string_view child_name) const {
    const auto found =
        std::ranges::find_if(children, [child_name](const Element& one) { return one.name == child_name; });
    return found == children.end() ? nullptr : &*found;
}

std::string_view Element::text_of(std::string_view child_name) const {
    const auto* found = child(child_name);
    return found == nullptr ? std::string_view() : std::string_view(found->text);
}

Result<Element> parse(std::string_view text, const Limits& limits) {
    if (text.size() > limits.bytes)
        return Error::make(ErrorKind::invalid_input, "the XML document is too large")
            .why("it has " + std::to_string(text.size()) + " bytes, allowed are " + std::to_string(limits.bytes));
    const std::unique_ptr<XML_ParserStruct, FreeParser> parser(XML_ParserCreateNS(nullptr, kNamespaceEnd));
    if (!parser)
        return Error::make(ErrorKind::io, "the XML document cannot be read").why("there is no memory for its parser");
    Builder builder(parser.get(), limits);
    const auto status = XML_Parse(parser.get(), text.data(), static_cast<int>(text.size()), XML_TRUE);
    if (builder.refusal() != nullptr)
        return not_readable(builder.refusal(), parser.get());
    if (status != XML_STATUS_OK)
        return not_readable(XML_ErrorString(XML_GetErrorCode(parser.get())), parser.get());
    return builder.take();
}

} // namespace godwit::xml
