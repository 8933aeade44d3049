#pragma once

#include "core/assessment.h"
#include "lanes/lakehouse/source_options.h"

#include <stop_token>
#include <string>

namespace godwit::lakehouse {

/// Streams what a source holds: databases, tables, views, links, partitions, broken files of the export, and the
/// estate. Files that are unmapped, missing or unreadable become facts; only an interruption, a full disk for temporary
/// files or the sink ends it.
Status assess_source(const SourceOptions& source, core::AssessmentSink& sink, std::stop_token stop);

} // namespace godwit::lakehouse
