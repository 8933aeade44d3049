#include "formats/avro/writer.h"

#include "formats/avro/binary.h"

#include <utility>

namespace godwit::avro {

Result<ContainerWriter> ContainerWriter::create(ByteSink& sink, const WriterOptions& options) {
    const auto schema = TRY(Schema::parse(options.schema_json));
    std::string header("Obj\1", 4);
    append_long(header, static_cast<std::int64_t>(options.metadata.size() + 2));
    append_bytes(header, "avro.schema");
    append_bytes(header, schema.json());
    append_bytes(header, "avro.codec");
    append_bytes(header, to_string(options.codec));
    for (const auto& [key, value] : options.metadata) {
        append_bytes(header, key);
        append_bytes(header, value);
    }
    append_long(header, 0);
    header.append(options.sync.data(), options.sync.size());
    ContainerWriter writer(sink, options.codec, options.sync, options.block_bytes);
    TRY(writer.write(header));
    return writer;
}

Result<ContainerWriter> ContainerWriter::create_like(ByteSink& sink, const ContainerReader& reader) {
    ContainerWriter writer(sink, reader.codec(), reader.sync_marker(), WriterOptions().block_bytes);
    TRY(writer.write(reader.header_bytes()));
    TRY(writer.write(std::string_view(writer.sync_.data(), writer.sync_.size())));
    return writer;
}

Status ContainerWriter::write(std::string_view bytes) {
    TRY(sink_->write(bytes));
    written_ += bytes.size();
    return {};
}

Status ContainerWriter::append(std::string_view datum) {
    pending_ += datum;
    ++pending_records_;
    if (pending_.size() >= block_bytes_)
        return flush();
    return {};
}

Status ContainerWriter::flush() {
    if (pending_records_ == 0)
        return {};
    TRY(compress(codec_, pending_, stored_));
    const auto records = std::exchange(pending_records_, 0);
    pending_.clear();
    return append_stored_block(records, stored_);
}

Status ContainerWriter::append_block(std::int64_t records, std::string_view raw) {
    TRY(flush());
    if (codec_ == Codec::null)
        return append_stored_block(records, raw);
    TRY(compress(codec_, raw, stored_));
    return append_stored_block(records, stored_);
}

Status ContainerWriter::append_stored_block(std::int64_t records, std::string_view stored) {
    TRY(flush());
    std::string head;
    append_long(head, records);
    append_long(head, static_cast<std::int64_t>(stored.size()));
    TRY(write(head));
    TRY(write(stored));
    return write(std::string_view(sync_.data(), sync_.size()));
}

Result<std::uint64_t> ContainerWriter::finish() {
    TRY(flush());
    return written_;
}

} // namespace godwit::avro
