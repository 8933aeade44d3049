#pragma once

#include <stop_token>

namespace godwit::app {

/// First SIGINT or SIGTERM: asks to stop. Second: leaves at once, which is safe by construction.
std::stop_token stop_on_signals();

} // namespace godwit::app
