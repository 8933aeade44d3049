#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <string_view>

namespace godwit::core {

/// The certificate as one self-contained page for people; everything on it comes from the JSON.
Status write_certificate_html(std::string_view certificate_json, ByteSink& sink);

} // namespace godwit::core
