#pragma once

#include "base/json.h"

#include <string>

namespace godwit::lakehouse {

/// Who decodes what is compared, with versions, for the certificate.
std::string our_decoder(const std::string& what); ///< `godwit 1.0.0 LazySimpleSerDe`
std::string parquet_decoder();

/// `one decoder` where the same serves both sides: allowed only because tests hold it against an independent one.
Json decoders_json(const std::string& source, const std::string& target);

} // namespace godwit::lakehouse
