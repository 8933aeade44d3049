#pragma once

#include "base/result.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

/// Names that hold across runs, machines and versions.
namespace godwit::core {

/// `lane:type:` + the identity of its connection + path, each part percent-encoded by itself and joined by `/`:
/// `lakehouse:table:123456789012/eu-west-1/123456789012/sales/orders`. Plain ASCII whatever the names hold.
std::string resource_key(std::string_view lane, std::string_view type,
                         const std::vector<std::string>& identity_and_path);

struct ResourceKeyParts {
    std::string lane;
    std::string type;
    std::vector<std::string> parts; ///< decoded
};
Result<ResourceKeyParts> parse_resource_key(std::string_view key);

/// The canonical JSON array [kind, resource key, ordinal].
std::string step_key(std::string_view kind, std::string_view resource, std::uint64_t ordinal);
/// The first 16 base32 characters of SHA-256 over the step key: independent of the plan.
std::string step_id(std::string_view step_key);

/// The first 12 base32 characters of the plan's digest (hex).
std::string plan_prefix(std::string_view plan_digest);
/// `godwit-<plan12>-<step id>`: what is left on each thing that a step makes, the same for every run of the plan.
std::string marker(std::string_view plan_digest, std::string_view step_id);

/// The marker of another step of the plan that this marker is of.
std::string marker_of(std::string_view marker, std::string_view step_id);
/// The lease of whoever works on a run of the plan.
std::string plan_scope(std::string_view plan_digest);

} // namespace godwit::core
