#include "base/bytes.h"
#include "base/json.h"
#include "formats/glue/entries.h"
#include "formats/glue/export_scanner.h"
#include "formats/glue/presto_view.h"

#include <nlohmann/json.hpp>

#include <cstdint>

using namespace godwit;

/// Whatever the bytes are: no crash, no hang, and every entry lies inside the file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    MemorySource source(bytes);
    const auto visit = [&](const glue::RawEntry& entry) -> Status {
        if (entry.offset + entry.text.size() > bytes.size())
            __builtin_trap();
        const auto json = parse_json(entry.text);
        if (json.is_error())
            return {};
        (void)glue::parse_database(*json);
        (void)glue::parse_partition(*json);
        if (const auto table = glue::parse_table(*json); !table.is_error())
            (void)glue::decode_presto_view(table->view_original_text);
        return {};
    };
    glue::ScanLimits limits;
    limits.entry_bytes = 64 << 10;
    if (glue::scan_export(source, visit, limits).is_error())
        __builtin_trap(); // `visit` never fails, and what the file does wrong is part of the outcome
    return 0;
}
