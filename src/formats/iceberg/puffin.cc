#include "formats/iceberg/puffin.h"

#include "base/text.h"
#include "formats/iceberg/json_access.h"

#include <array>

namespace godwit::iceberg {

namespace {

constexpr std::string_view kMagic = "PFA1";
constexpr std::string_view kVectorMagic("\xd1\xd3\x39\x64", 4);
/// Payload size, flags, magic: what stands behind the footer's payload.
constexpr std::uint64_t kTail = 12;
constexpr std::uint32_t kFooterCompressed = 1;
constexpr std::uint64_t kMostFooterBytes = std::uint64_t{64} << 20;
constexpr std::size_t kCopyBytes = std::size_t{1} << 20;

Error puffin_error(const ByteSource& source, std::string why) {
    return Error::make(ErrorKind::invalid_input, "the Puffin file cannot be read")
        .why(std::move(why))
        .fix("copy the file again from its source")
        .at(source.name());
}

std::uint32_t little_endian(std::string_view bytes) {
    std::uint32_t number = 0;
    for (std::size_t i = 4; i > 0; --i)
        number = (number << 8) | static_cast<unsigned char>(bytes[i - 1]);
    return number;
}

std::string little_endian_bytes(std::uint32_t number) {
    return {static_cast<char>(number), static_cast<char>(number >> 8), static_cast<char>(number >> 16),
            static_cast<char>(number >> 24)};
}

Result<PuffinBlob> parse_blob(const OrderedJson& json) {
    PuffinBlob blob;
    blob.type = TRY(require_string(json, "type"));
    blob.fields = TRY(parse_each(json, "fields", [](const OrderedJson& id) { return as_int32(id, "fields"); }));
    blob.snapshot_id = TRY(require_snapshot_id(json, "snapshot-id"));
    blob.sequence_number = TRY(require_int64(json, "sequence-number"));
    blob.offset = TRY(require_int64(json, "offset"));
    blob.length = TRY(require_int64(json, "length"));
    blob.compression_codec = TRY(optional_string(json, "compression-codec")).value_or("");
    blob.properties = TRY(parse_properties(json, "properties"));
    return blob;
}

OrderedJson blob_to_json(const PuffinBlob& blob) {
    OrderedJson json{{"type", blob.type},
                     {"fields", blob.fields},
                     {"snapshot-id", blob.snapshot_id},
                     {"sequence-number", blob.sequence_number},
                     {"offset", blob.offset},
                     {"length", blob.length}};
    if (!blob.compression_codec.empty())
        json["compression-codec"] = blob.compression_codec;
    if (!blob.properties.empty())
        json["properties"] = properties_to_json(blob.properties);
    return json;
}

Status write_footer(ByteSink& sink, const std::string& payload) {
    TRY(sink.write(payload));
    TRY(sink.write(little_endian_bytes(static_cast<std::uint32_t>(payload.size()))));
    TRY(sink.write(little_endian_bytes(0)));
    return sink.write(kMagic);
}

Status copy_bytes(ByteSource& source, std::uint64_t bytes, ByteSink& sink) {
    for (std::uint64_t offset = 0; offset < bytes; offset += kCopyBytes)
        TRY(sink.write(TRY(read_exactly(source, offset, std::min<std::uint64_t>(kCopyBytes, bytes - offset)))));
    return {};
}

} // namespace

Result<bool> is_bare_vector(ByteSource& source) {
    std::array<char, 8> head{};
    const auto got = TRY(source.read_at(0, std::span(head.data(), head.size())));
    return got == head.size() && std::string_view(head.data() + 4, 4) == kVectorMagic;
}

Result<PuffinFooter> read_puffin_footer(ByteSource& source) {
    const auto size = source.size();
    if (size < 2 * kMagic.size() + kTail || TRY(read_exactly(source, 0, kMagic.size())) != kMagic)
        return puffin_error(source, "it does not start with the magic bytes PFA1, or is shorter than an empty one");
    const auto tail = TRY(read_exactly(source, size - kTail, kTail));
    if (std::string_view(tail).substr(8) != kMagic)
        return puffin_error(source, "it does not end with the magic bytes PFA1");
    PuffinFooter footer;
    const std::uint64_t payload_size = little_endian(tail);
    footer.flags = little_endian(std::string_view(tail).substr(4));
    if (payload_size > size - kTail - 2 * kMagic.size() || payload_size > kMostFooterBytes)
        return puffin_error(source, "its footer claims " + std::to_string(payload_size) + " bytes");
    if (footer.flags == kFooterCompressed)
        return Error::make(ErrorKind::unsupported, "the Puffin file's footer is compressed with LZ4")
            .why("Godwit reads plain footers only")
            .fix("have the table's writer compute the statistics again without footer compression")
            .at(source.name());
    if (footer.flags != 0)
        return puffin_error(source, "it has unknown flags " + std::to_string(footer.flags));
    footer.footer_offset = size - kTail - payload_size - kMagic.size();
    if (TRY(read_exactly(source, footer.footer_offset, kMagic.size())) != kMagic)
        return puffin_error(source, "its footer does not start with the magic bytes PFA1");
    footer.json = TRY(read_exactly(source, footer.footer_offset + kMagic.size(), payload_size));
    auto parsed = parse_ordered_json(footer.json, metadata_json_limits());
    if (parsed.is_error())
        return std::move(parsed.error()).at(source.name());
    const auto read = [&]() -> Status {
        TRY(require_array(*parsed, "blobs"));
        footer.blobs = TRY(parse_each(*parsed, "blobs", parse_blob));
        footer.properties = TRY(parse_properties(*parsed, "properties"));
        return {};
    };
    if (auto status = read(); status.is_error())
        return std::move(status.error()).at(source.name());
    for (std::size_t i = 0; i < footer.blobs.size(); ++i) {
        const auto& blob = footer.blobs[i];
        if (blob.offset < static_cast<std::int64_t>(kMagic.size()) || blob.length < 0 ||
            static_cast<std::uint64_t>(blob.offset) > footer.footer_offset ||
            static_cast<std::uint64_t>(blob.length) > footer.footer_offset - static_cast<std::uint64_t>(blob.offset))
            return puffin_error(source, "blob " + std::to_string(i) + " does not lie between header and footer");
    }
    return footer;
}

Result<std::string> read_puffin_blob(ByteSource& source, const PuffinBlob& blob, std::uint64_t limit) {
    if (blob.length < 0 || blob.offset < 0 || static_cast<std::uint64_t>(blob.length) > limit)
        return puffin_error(source, "a blob has " + std::to_string(blob.length) + " bytes, the limit is " +
                                        std::to_string(limit));
    return read_exactly(source, static_cast<std::uint64_t>(blob.offset), static_cast<std::uint64_t>(blob.length));
}

Result<PuffinWriter> PuffinWriter::create(ByteSink& sink) {
    PuffinWriter writer(sink);
    TRY(sink.write(kMagic));
    writer.written_ = kMagic.size();
    return writer;
}

Result<PuffinBlob> PuffinWriter::add(PuffinBlob blob, std::string_view bytes) {
    TRY(sink_->write(bytes));
    blob.offset = static_cast<std::int64_t>(written_);
    blob.length = static_cast<std::int64_t>(bytes.size());
    written_ += bytes.size();
    blobs_.push_back(blob);
    return blob;
}

Result<std::uint64_t> PuffinWriter::finish(const Properties& properties) {
    OrderedJson json{{"blobs", OrderedJson::array()}};
    for (const auto& blob : blobs_)
        json["blobs"].push_back(blob_to_json(blob));
    if (!properties.empty())
        json["properties"] = properties_to_json(properties);
    const auto payload = dump(json);
    TRY(sink_->write(kMagic));
    TRY(write_footer(*sink_, payload));
    return written_ + kMagic.size() + payload.size() + kTail;
}

Result<std::uint64_t> rewrite_puffin(ByteSource& source, ByteSink& sink,
                                     const std::function<Result<std::string>(std::string_view)>& path) {
    if (TRY(is_bare_vector(source))) {
        TRY(copy_bytes(source, source.size(), sink));
        return source.size();
    }
    const auto footer = TRY(read_puffin_footer(source));
    auto json = TRY(parse_ordered_json(footer.json, metadata_json_limits()));
    bool changed = false;
    for (std::size_t i = 0; i < json["blobs"].size(); ++i) {
        auto& blob = json["blobs"][i];
        const auto* properties = find_field(blob, "properties");
        const auto* old_path = properties == nullptr ? nullptr : find_field(*properties, "referenced-data-file");
        if (old_path == nullptr || !old_path->is_string())
            continue;
        auto mapped = path(old_path->get_ref<const std::string&>());
        if (mapped.is_error())
            return std::move(mapped.error())
                .at(source.name() + ": " + at_index("blobs", i) + ".properties.referenced-data-file");
        if (*mapped == old_path->get_ref<const std::string&>())
            continue;
        blob["properties"]["referenced-data-file"] = std::move(mapped).release();
        TRY(check_text(blob));
        changed = true;
    }
    const auto payload = changed ? dump(json) : footer.json;
    const auto kept = footer.footer_offset + kMagic.size();
    TRY(copy_bytes(source, kept, sink));
    TRY(write_footer(sink, payload));
    return kept + payload.size() + kTail;
}

} // namespace godwit::iceberg
