#include "formats/glue/export_scanner.h"

#include "base/json.h"

#include <nlohmann/json.hpp>

#include <array>
#include <span>
#include <utility>

namespace godwit::glue {

namespace {

constexpr std::size_t kBlock = std::size_t{64} << 10;
constexpr std::size_t kLongestKey = 1024;
constexpr int kEnd = -1;

constexpr std::array kLists{
    std::pair{std::string_view("DatabaseList"), EntryKind::database},
    std::pair{std::string_view("TableList"), EntryKind::table},
    std::pair{std::string_view("Partitions"), EntryKind::partition},
};

bool is_space(int c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

Error invalid(std::string why, std::uint64_t offset) {
    return Error::make(ErrorKind::invalid_input, "the file is no complete JSON")
        .why(std::move(why))
        .at("byte " + std::to_string(offset));
}

/// The bytes of a source one at a time, with one to look at.
class Input {
public:
    explicit Input(ByteSource& source) : source_(source), block_(kBlock, '\0') {}

    Result<int> peek() {
        if (position_ == filled_) {
            filled_ = TRY(source_.read_at(offset_, std::span(block_)));
            position_ = 0;
            if (filled_ == 0)
                return kEnd;
        }
        return static_cast<unsigned char>(block_[position_]);
    }
    void skip() {
        ++position_;
        ++offset_;
    }
    Result<int> peek_past_space() {
        for (;;) {
            const int c = TRY(peek());
            if (!is_space(c))
                return c;
            skip();
        }
    }
    std::uint64_t offset() const { return offset_; }

private:
    ByteSource& source_;
    std::string block_;
    std::size_t position_ = 0;
    std::size_t filled_ = 0;
    std::uint64_t offset_ = 0;
};

/// Keeps at most `limit` bytes of a value.
class Capture {
public:
    explicit Capture(std::size_t limit) : limit_(limit) {}
    void add(int c) {
        if (text_.size() < limit_)
            text_ += static_cast<char>(c);
        else
            overflowed_ = true;
    }
    std::string_view text() const { return overflowed_ ? std::string_view() : std::string_view(text_); }
    void clear() {
        text_.clear();
        overflowed_ = false;
    }

private:
    std::size_t limit_;
    std::string text_;
    bool overflowed_ = false;
};

class Scanner {
public:
    Scanner(ByteSource& source, const std::function<Status(const RawEntry&)>& visit, const ScanLimits& limits)
        : input_(source), visit_(visit), capture_(limits.entry_bytes) {}

    Result<ScanOutcome> run() {
        auto status = documents();
        if (status.is_error()) {
            if (visit_failed_)
                return std::move(status).error();
            outcome_.problem = std::move(status).error();
        }
        return std::move(outcome_);
    }

private:
    Status documents() {
        TRY(byte_order_mark());
        if (TRY(input_.peek_past_space()) == kEnd)
            return Error::make(ErrorKind::invalid_input, "the file is empty")
                .why("the command that wrote it failed, or has not run")
                .at("byte 0");
        do
            TRY(document());
        while (TRY(input_.peek_past_space()) != kEnd);
        return {};
    }

    /// Windows PowerShell redirects as UTF-16.
    Status byte_order_mark() {
        const int first = TRY(input_.peek());
        if (first == 0xFF || first == 0xFE)
            return Error::make(ErrorKind::invalid_input, "the file is UTF-16, not UTF-8")
                .why("Windows PowerShell writes UTF-16 when output is redirected with '>'")
                .fix("write it with `| Out-File -Encoding utf8`, or convert it with iconv")
                .at("byte 0");
        if (first != 0xEF)
            return {};
        for (const int expected : {0xEF, 0xBB, 0xBF}) {
            if (TRY(input_.peek()) != expected)
                return invalid("no JSON value starts here", input_.offset());
            input_.skip();
        }
        return {};
    }

    Status document() {
        TRY(expect('{', "an object should start here"));
        outcome_.continued = false;
        if (TRY(input_.peek_past_space()) == '}') {
            input_.skip();
            return {};
        }
        for (;;) {
            TRY(member());
            const int c = TRY(input_.peek_past_space());
            if (c != ',' && c != '}')
                return invalid(c == kEnd ? "it ends inside an object" : "',' or '}' should stand here",
                               input_.offset());
            input_.skip();
            if (c == '}')
                return {};
        }
    }

    Status member() {
        if (TRY(input_.peek_past_space()) != '"')
            return invalid("a key should stand here", input_.offset());
        Capture key(kLongestKey);
        TRY(value(&key));
        const auto name = parse_json(key.text());
        if (name.is_error() || !name->is_string())
            return invalid("the key before this place is broken or longer than " + std::to_string(kLongestKey) +
                               " bytes",
                           input_.offset());
        TRY(expect(':', "':' should stand here"));
        const auto& text = name->get_ref<const std::string&>();
        for (const auto& [list, kind] : kLists) {
            if (text == list)
                return entries(kind);
        }
        TRY(input_.peek_past_space());
        if (text != "NextToken")
            return value(nullptr);
        Capture token(4);
        TRY(value(&token));
        outcome_.continued = token.text() != "null" && token.text() != "\"\"";
        return {};
    }

    Status entries(EntryKind kind) {
        TRY(expect('[', "the list should start here"));
        ++outcome_.lists;
        if (TRY(input_.peek_past_space()) == ']') {
            input_.skip();
            return {};
        }
        for (std::uint64_t index = 0;; ++index) {
            TRY(entry(kind, index));
            const int c = TRY(input_.peek_past_space());
            if (c != ',' && c != ']')
                return invalid(c == kEnd ? "it ends inside a list" : "',' or ']' should stand here", input_.offset());
            input_.skip();
            if (c == ']')
                return {};
        }
    }

    Status entry(EntryKind kind, std::uint64_t index) {
        TRY(input_.peek_past_space());
        const auto offset = input_.offset();
        capture_.clear();
        TRY(value(&capture_));
        ++outcome_.entries;
        auto status = visit_({kind, index, offset, capture_.text()});
        visit_failed_ = status.is_error();
        return status;
    }

    /// Passes over one value, keeping track of strings and of how many brackets are open; nothing else is checked here.
    Status value(Capture* capture) {
        std::uint64_t depth = 0;
        const auto start = input_.offset();
        for (;;) {
            const int c = TRY(input_.peek());
            if (c == kEnd)
                return depth == 0 && input_.offset() > start ? Status()
                                                             : invalid("it ends inside a value", input_.offset());
            const bool closes = c == '}' || c == ']';
            if (depth == 0 && (closes || c == ',' || c == ':' || is_space(c)))
                return input_.offset() > start ? Status() : invalid("a value should stand here", input_.offset());
            take(c, capture);
            if (c == '"')
                TRY(rest_of_string(capture));
            else if (c == '{' || c == '[')
                ++depth;
            else if (closes)
                --depth;
            if (depth == 0 && (c == '"' || closes))
                return {};
        }
    }

    Status rest_of_string(Capture* capture) {
        for (bool escaped = false;;) {
            const int c = TRY(input_.peek());
            if (c == kEnd)
                return invalid("it ends inside a string", input_.offset());
            take(c, capture);
            if (c == '"' && !escaped)
                return {};
            escaped = c == '\\' && !escaped;
        }
    }

    void take(int c, Capture* capture) {
        if (capture != nullptr)
            capture->add(c);
        input_.skip();
    }

    Status expect(int wanted, const char* why) {
        const int c = TRY(input_.peek_past_space());
        if (c != wanted)
            return invalid(c == kEnd ? "it ends too early" : why, input_.offset());
        input_.skip();
        return {};
    }

    Input input_;
    const std::function<Status(const RawEntry&)>& visit_;
    Capture capture_;
    ScanOutcome outcome_;
    bool visit_failed_ = false;
};

} // namespace

std::string_view list_name(EntryKind kind) {
    for (const auto& [name, listed] : kLists) {
        if (listed == kind)
            return name;
    }
    return "";
}

Result<ScanOutcome> scan_export(ByteSource& source, const std::function<Status(const RawEntry&)>& visit,
                                const ScanLimits& limits) {
    return Scanner(source, visit, limits).run();
}

} // namespace godwit::glue
