#pragma once

#include "base/json.h"

#include <initializer_list>
#include <string_view>

/// What predicates of rules and mapping ask of facts (facts.h): absent fields have their default.
namespace godwit::lakehouse::rule {

const Json* field(const Json& facts, std::string_view pointer);
std::string_view text(const Json& facts, std::string_view pointer);
bool flag(const Json& facts, std::string_view pointer);
/// A count that is not "0".
bool some(const Json& facts, std::string_view pointer);
bool is_empty(const Json& facts, std::string_view pointer); ///< of a list, an object or a text
bool is_one_of(std::string_view value, std::initializer_list<std::string_view> values);

inline bool kind_is(const Json& facts, std::string_view kind) { return text(facts, "/kind") == kind; }
/// Kinds that are read as plain files of one format.
bool is_plain_files(const Json& facts);
/// Kinds that Godwit moves.
inline bool is_movable_files(const Json& facts) { return is_one_of(text(facts, "/kind"), {"parquet", "csv"}); }

} // namespace godwit::lakehouse::rule
