#pragma once

#include "base/result.h"
#include "core/verification.h"
#include "store/state.h"

#include <string>
#include <string_view>

namespace godwit::core {

/// What a run proved, as canonical JSON (schema godwit.certificate/v1): for each resource that was moved its outcome,
/// how it was compared, at which pin, with which waivers; beside it what the plan skipped. Holds no row of a customer.
Result<std::string> certificate(store::State& state, std::string_view run);

/// Whether the certificate's overall outcome allows the word 'migrated'.
Result<bool> says_migrated(std::string_view certificate_json);

} // namespace godwit::core
