#pragma once

#include "base/json.h"
#include "base/result.h"
#include "catalog/catalog_database.h"
#include "catalog/names.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The Iceberg REST protocol as the handlers see it: no sockets, no headers but one.
namespace godwit::catalog {

struct Request {
    std::string method;
    std::vector<std::string> arguments; ///< what the path has in place of {namespace} and {table}, decoded
    std::map<std::string, std::string> query;
    std::string if_none_match;
    std::string_view body;
};

struct Answer {
    int status = 200;
    std::string body = {}; ///< JSON, or empty
    std::string etag = {};
    std::string allow = {}; ///< of 405: the methods that the path has
};

inline Answer no_content() { return {204}; }

/// The status and the exception of the document for an Error: from its code where a handler gave one, else from its
/// kind.
struct ErrorAnswer {
    int status;
    std::string_view type;
};
ErrorAnswer classify(const Error& error);
/// Schema IcebergErrorResponse: `{"error":{"message":...,"type":...,"code":...}}`.
Answer to_answer(const Error& error);
Answer error_answer(const ErrorAnswer& answer, const std::string& message);

Error bad_request(std::string what, std::string field);

/// A body of at most 16 MiB and 64 levels that holds one object.
Result<OrderedJson> parse_body(std::string_view body);
Result<std::string> required_text(const OrderedJson& object, std::string_view field);
/// Nothing where the field is absent or null.
Result<std::optional<std::string>> optional_text(const OrderedJson& object, std::string_view field);
Result<bool> optional_flag(const OrderedJson& object, std::string_view field);
/// Storable text to storable text; empty where the field is absent or null.
Result<SpaceProperties> text_map(const OrderedJson& object, std::string_view field);
Result<std::vector<std::string>> text_list(const OrderedJson& object, std::string_view field);
/// The array under a field, which must be there.
Result<const OrderedJson*> required_array(const OrderedJson& object, std::string_view field);
/// Schema TableIdentifier.
Result<TableId> table_identifier(const OrderedJson& object, std::string_view field);
/// `["a","b"]` of a namespace.
OrderedJson levels_json(std::string_view space);

/// Parameters pageToken and pageSize: without a token everything is answered at once.
struct Page {
    std::string after;
    std::uint64_t limit = 0; ///< 0: all
};
Result<Page> parse_page(const Request& request);
/// Cuts `names` (asked for with limit + 1) to the page; gives the token of the next one or null.
OrderedJson next_page_token(const Page& page, std::vector<std::string>& names);
/// `true`, `false` in any case; absent: false.
Result<bool> query_flag(const Request& request, const std::string& name);

} // namespace godwit::catalog
