#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace godwit::glue {

struct PrestoViewColumn {
    std::string name;
    std::string type; ///< Trino's spelling: varchar, row(a bigint)
};

/// What Athena and Presto keep in ViewOriginalText: `/* Presto View: <base64 of JSON> */`.
struct PrestoView {
    std::string original_sql;
    std::string catalogue; ///< what unqualified names mean; may be empty
    std::string schema;
    std::vector<PrestoViewColumn> columns;
    std::string owner;
    bool run_as_invoker = false;
};

bool is_presto_view_text(std::string_view text);
/// Refuses text without the frame, broken base64, broken JSON and JSON without originalSql.
Result<PrestoView> decode_presto_view(std::string_view text);

} // namespace godwit::glue
