#include "lanes/lakehouse/part_sink.h"

namespace godwit::lakehouse {

Result<PartSink> PartSink::create(transfer::OpenPart& part) {
    std::uint64_t number = 0;
    auto file = TRY(part.create(number));
    return PartSink(part, std::move(file), number);
}

Status PartSink::write(std::string_view bytes) {
    digest_.update(bytes);
    return file_.write(bytes);
}

Result<std::uint64_t> PartSink::finish(const std::string& key) {
    TRY(file_.close());
    transfer::LedgerEntry entry;
    entry.key = key;
    entry.number = number_;
    entry.bytes = digest_.bytes();
    const auto bytes = entry.bytes;
    entry.digest = digest_.finish();
    TRY(part_->add(std::move(entry)));
    return bytes;
}

} // namespace godwit::lakehouse
