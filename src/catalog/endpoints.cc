#include "catalog/handlers.h"

namespace godwit::catalog {

std::span<const Handlers::Endpoint> Handlers::endpoints() {
    static constexpr Endpoint kEndpoints[] = {
        {"GET", "/v1/config", &Handlers::config},
        {"GET", "/v1/{prefix}/namespaces", &Handlers::list_namespaces},
        {"POST", "/v1/{prefix}/namespaces", &Handlers::create_namespace},
        {"GET", "/v1/{prefix}/namespaces/{namespace}", &Handlers::load_namespace},
        {"HEAD", "/v1/{prefix}/namespaces/{namespace}", &Handlers::namespace_exists},
        {"DELETE", "/v1/{prefix}/namespaces/{namespace}", &Handlers::drop_namespace},
        {"POST", "/v1/{prefix}/namespaces/{namespace}/properties", &Handlers::change_properties},
        {"GET", "/v1/{prefix}/namespaces/{namespace}/tables", &Handlers::list_tables},
        {"POST", "/v1/{prefix}/namespaces/{namespace}/tables", &Handlers::create_table},
        {"POST", "/v1/{prefix}/namespaces/{namespace}/register", &Handlers::register_table},
        {"GET", "/v1/{prefix}/namespaces/{namespace}/tables/{table}", &Handlers::load_table},
        {"HEAD", "/v1/{prefix}/namespaces/{namespace}/tables/{table}", &Handlers::table_exists},
        {"POST", "/v1/{prefix}/namespaces/{namespace}/tables/{table}", &Handlers::commit_table},
        {"DELETE", "/v1/{prefix}/namespaces/{namespace}/tables/{table}", &Handlers::drop_table},
        {"POST", "/v1/{prefix}/namespaces/{namespace}/tables/{table}/unregister", &Handlers::unregister_table},
        {"POST", "/v1/{prefix}/namespaces/{namespace}/tables/{table}/metrics", &Handlers::report_metrics},
        {"POST", "/v1/{prefix}/tables/rename", &Handlers::rename_table},
        {"POST", "/v1/{prefix}/transactions/commit", &Handlers::commit_transaction},

        {"POST", "/v1/oauth/tokens", nullptr},
        {"GET", "/v1/{prefix}/namespaces/{namespace}/functions", nullptr},
        {"GET", "/v1/{prefix}/namespaces/{namespace}/functions/{function}", nullptr},
        {"POST", "/v1/{prefix}/namespaces/{namespace}/tables/{table}/plan", nullptr},
        {"GET", "/v1/{prefix}/namespaces/{namespace}/tables/{table}/plan/{plan-id}", nullptr},
        {"DELETE", "/v1/{prefix}/namespaces/{namespace}/tables/{table}/plan/{plan-id}", nullptr},
        {"POST", "/v1/{prefix}/namespaces/{namespace}/tables/{table}/tasks", nullptr},
        {"GET", "/v1/{prefix}/namespaces/{namespace}/tables/{table}/credentials", nullptr},
        {"POST", "/v1/{prefix}/namespaces/{namespace}/tables/{table}/sign", nullptr},
        {"GET", "/v1/{prefix}/namespaces/{namespace}/views", nullptr},
        {"POST", "/v1/{prefix}/namespaces/{namespace}/views", nullptr},
        {"GET", "/v1/{prefix}/namespaces/{namespace}/views/{view}", nullptr},
        {"POST", "/v1/{prefix}/namespaces/{namespace}/views/{view}", nullptr},
        {"DELETE", "/v1/{prefix}/namespaces/{namespace}/views/{view}", nullptr},
        {"HEAD", "/v1/{prefix}/namespaces/{namespace}/views/{view}", nullptr},
        {"POST", "/v1/{prefix}/namespaces/{namespace}/register-view", nullptr},
        {"POST", "/v1/{prefix}/views/rename", nullptr},
    };
    return kEndpoints;
}

} // namespace godwit::catalog
