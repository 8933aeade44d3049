#include "base/bytes.h"
#include "formats/text/lazy_simple_serde.h"

#include <arrow/record_batch.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

/// The first byte chooses codec, escape and batch size; the rest is the file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace godwit;
    using namespace godwit::text_format;
    if (size == 0)
        return 0;
    MemorySource source(std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1));
    const auto text = open_text(source, static_cast<TextCodec>(data[0] & 3));
    LazySimpleReader::Settings settings;
    settings.options.separators = {',', '|', ':', ';', '^', '~', '!', '?'};
    if ((data[0] & 4) != 0)
        settings.options.escape = '\\';
    settings.options.last_column_takes_rest = (data[0] & 8) != 0;
    settings.options.skip_footer_lines = (data[0] & 16) != 0 ? 1 : 0;
    settings.drop_bad_rows = (data[0] & 32) != 0;
    settings.rows_per_batch = (data[0] & 64) != 0 ? 1 : 1'000;
    for (const char* type : {"int", "string", "double", "decimal(20,5)", "timestamp", "date", "boolean", "binary",
                             "char(3)", "array<struct<a:int,b:float>>", "map<int,array<string>>"})
        settings.columns.push_back({type, *parse_hive_type(type)});
    settings.sink = [](const CellReport&) -> Status { return {}; };
    auto reader = LazySimpleReader::open(**text, std::move(settings));
    while (true) {
        const auto batch = reader->next();
        if (batch.is_error() || !*batch)
            return 0;
        if (!(*batch)->ValidateFull().ok())
            std::abort();
    }
}
