#include "transfer/ledger.h"

#include "base/digest.h"
#include "base/json.h"
#include "base/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace godwit::transfer {

namespace {

constexpr std::string_view kSuffix = ".ledger";
constexpr std::uint64_t kSizeLimit = std::uint64_t{256} << 20;

std::string entry_line(const LedgerEntry& entry) {
    return canonical_json({{"key", percent_encode(entry.key)},
                           {"number", std::to_string(entry.number)},
                           {"bytes", std::to_string(entry.bytes)},
                           {"digest", entry.digest},
                           {"source", percent_encode(entry.source)},
                           {"source_bytes", std::to_string(entry.source_bytes)},
                           {"source_mtime_ns", std::to_string(entry.source_mtime_ns)},
                           {"source_inode", std::to_string(entry.source_inode)}});
}

Result<LedgerEntry> entry_from(const Json& json) {
    const auto number = [&json](std::string_view field) -> Result<std::uint64_t> {
        return parse_uint64(TRY(json_string(json, field)));
    };
    LedgerEntry entry;
    entry.key = TRY(percent_decode(TRY(json_string(json, "key"))));
    entry.number = TRY(number("number"));
    entry.bytes = TRY(number("bytes"));
    entry.digest = TRY(json_string(json, "digest"));
    entry.source = TRY(percent_decode(TRY(json_string(json, "source"))));
    entry.source_bytes = TRY(number("source_bytes"));
    entry.source_mtime_ns = TRY(parse_int64(TRY(json_string(json, "source_mtime_ns"))));
    entry.source_inode = TRY(number("source_inode"));
    return entry;
}

Error damaged(const std::string& path, std::string why) {
    return Error::make(ErrorKind::corrupt, "a ledger of copied files is damaged")
        .why(std::move(why))
        .fix("restore the folder of the run's files; what the ledger names is neither used nor removed until then")
        .at(printable(path));
}

} // namespace

std::string plan_part(const std::string& marker) { return marker.substr(0, marker.rfind('-')); }

std::string ledger_path(const std::string& run_files, const std::string& marker, const std::string& nonce) {
    return run_files + "/" + marker + "-" + nonce + std::string(kSuffix);
}

Result<std::string> write_ledger(const std::string& path, const Ledger& ledger) {
    std::string text = canonical_json({{"schema", "godwit.ledger/v1"},
                                       {"marker", ledger.marker},
                                       {"nonce", ledger.nonce},
                                       {"from", ledger.from_key},
                                       {"to", ledger.to_key}}) +
                       "\n";
    for (const auto& folder : ledger.folders)
        text += canonical_json({{"folder", percent_encode(folder)}}) + "\n";
    auto entries = ledger.entries;
    std::ranges::sort(entries, {}, &LedgerEntry::key);
    for (const auto& entry : entries)
        text += entry_line(entry) + "\n";
    auto digest = sha256_hex(text);
    TRY(write_file_durably(path, text + digest + "\n", 0600));
    return digest;
}

Result<StoredLedger> read_ledger(const std::string& path) {
    const auto text = TRY(read_file(path, kSizeLimit));
    constexpr std::size_t kTrailer = 65; // 64 hex digits and a line end
    if (text.size() < kTrailer || text.back() != '\n')
        return damaged(path, "it ends before its last line");
    const std::string_view body(text.data(), text.size() - kTrailer);
    StoredLedger stored{{}, sha256_hex(body)};
    if (stored.digest != std::string_view(text).substr(body.size(), 64))
        return damaged(path, "its digest does not hold");
    bool is_header = true;
    for (const auto& line : split(body, '\n')) {
        if (line.empty())
            continue;
        const auto json = TRY(parse_json(line));
        if (is_header) {
            stored.ledger.marker = TRY(json_string(json, "marker"));
            stored.ledger.nonce = TRY(json_string(json, "nonce"));
            stored.ledger.from_key = TRY(json_string(json, "from"));
            stored.ledger.to_key = TRY(json_string(json, "to"));
            is_header = false;
        } else if (json.contains("folder")) {
            stored.ledger.folders.push_back(TRY(percent_decode(TRY(json_string(json, "folder")))));
        } else {
            stored.ledger.entries.push_back(TRY(entry_from(json)));
        }
    }
    return stored;
}

Result<std::vector<std::string>> stored_nonces(const std::string& run_files, const std::string& marker) {
    std::vector<std::string> nonces;
    for (const auto& entry : TRY(list_folder(run_files))) {
        std::string_view name = entry.name;
        if (!name.starts_with(marker + "-") || !name.ends_with(kSuffix))
            continue;
        name.remove_prefix(marker.size() + 1);
        name.remove_suffix(kSuffix.size());
        nonces.emplace_back(name);
    }
    return nonces;
}

} // namespace godwit::transfer
