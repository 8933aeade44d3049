#pragma once

#include "base/result.h"
#include "clients/location.h"
#include "lanes/lakehouse/facts.h"

#include <stop_token>
#include <string>

namespace godwit::lakehouse {

/// Reads metadata.json and what branches and tags reach: manifest lists, manifests and whether each live file is there.
/// Whatever cannot be read is part of the facts; only an interruption is an error. Memory holds the names of manifests,
/// not of data files.
Result<IcebergFacts> read_iceberg_facts(const std::string& metadata_location, const clients::PrefixMap& map,
                                        std::stop_token stop);

} // namespace godwit::lakehouse
