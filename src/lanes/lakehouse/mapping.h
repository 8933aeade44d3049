#pragma once

#include "core/mapping.h"

namespace godwit::lakehouse {

/// What becomes of each kind of table. Outcome keys:
///   target  `iceberg`, or `none`: reported only
///   method  `relocate` (files copied, metadata rewritten), `in-place` (files copied, metadata made), `rewrite` (rows
///           written anew), or `skip`
const core::Mapping& default_mapping();

} // namespace godwit::lakehouse
