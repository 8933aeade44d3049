#pragma once

#include "cli/session.h"

#include <memory>

namespace godwit::cli {

/// What is told of a run while it goes on, as the options say: its progress, and the log.
std::unique_ptr<core::RunListener> listener_of(const Session& session, store::State& state);

} // namespace godwit::cli
