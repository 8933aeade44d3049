#include "lanes/lakehouse/decoders.h"

#include <arrow/config.h>
#include <nlohmann/json.hpp>

namespace godwit::lakehouse {

std::string our_decoder(const std::string& what) { return "godwit " GODWIT_VERSION " " + what; }

std::string parquet_decoder() { return "Apache Arrow C++ " + arrow::GetBuildInfo().version_string + " Parquet"; }

Json decoders_json(const std::string& source, const std::string& target) {
    return {{"source", source}, {"target", target}, {"decoder", source == target ? "one decoder" : "two decoders"}};
}

} // namespace godwit::lakehouse
