#pragma once

#include "catalog/committer.h"
#include "catalog/protocol.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::catalog {

/// One endpoint each; an Error becomes an answer by `to_answer`.
class Handlers {
public:
    Handlers(Warehouse& warehouse, CatalogDatabase& database, Clock& clock, Random& random)
        : warehouse_(warehouse), database_(database), committer_(warehouse, database, clock, random) {}

    using Reply = Result<Answer>;
    using Handler = Reply (Handlers::*)(const Request&);
    struct Endpoint {
        std::string_view method;
        std::string_view path; ///< as the document has it, with {prefix}, {namespace} and {table}
        Handler handler;       ///< null: the document has it, this catalogue does not
    };
    /// What is routed and, where there is a handler, advertised.
    static std::span<const Endpoint> endpoints();

private:
    Reply config(const Request& request);

    Reply list_namespaces(const Request& request);
    Reply create_namespace(const Request& request);
    Reply load_namespace(const Request& request);
    Reply namespace_exists(const Request& request);
    Reply drop_namespace(const Request& request);
    Reply change_properties(const Request& request);

    Reply list_tables(const Request& request);
    Reply create_table(const Request& request);
    Reply register_table(const Request& request);
    Reply load_table(const Request& request);
    Reply table_exists(const Request& request);
    Reply drop_table(const Request& request);
    Reply unregister_table(const Request& request);
    Reply rename_table(const Request& request);
    Reply report_metrics(const Request& request);
    Reply commit_table(const Request& request);
    Reply commit_transaction(const Request& request);

    Warehouse& warehouse_;
    CatalogDatabase& database_;
    Committer committer_;
};

} // namespace godwit::catalog
