#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::net {
class HttpClient;
}

namespace godwit::clients {

/// A table in a catalogue: the levels of its namespace and its name, as the catalogue spells them.
struct TableName {
    std::vector<std::string> space;
    std::string name;

    /// `a.b.t`, for people.
    std::string display() const;
    bool operator==(const TableName&) const = default;
};

/// What `GET /v1/config` says.
struct CatalogConfig {
    /// `godwit.catalog.uuid`, made when the built-in catalogue's database was made; empty at other catalogues.
    std::string uuid;
    /// `warehouse` of overrides, else of defaults; may be empty.
    std::string warehouse;
    std::map<std::string, std::string> defaults;
    std::map<std::string, std::string> overrides;
    std::vector<std::string> endpoints; ///< `POST /v1/{prefix}/tables/rename`; empty: not said
};

struct NamespaceState {
    std::vector<std::string> levels;
    std::map<std::string, std::string> properties;
};

/// A table as the catalogue shows it. `metadata` is the metadata.json text: formats/iceberg reads it.
struct LoadedTable {
    std::string metadata_location;
    std::string table_uuid;
    std::string location;
    std::map<std::string, std::string> properties;
    std::string metadata;
};

/// How long after a lost answer its effect may still appear, and how often to look before absence counts
/// (spine, section 1.3).
struct SettleTime {
    std::chrono::milliseconds duration{60'000};
    int looks = 3;
};

/// A client of the Iceberg REST protocol (apache/iceberg open-api/rest-catalog-open-api.yaml).
///
/// Every answer that is no success becomes an Error with the catalogue's words, the request id where one was sent, and
/// a retry class:
///   409                          conflict, fail
///   400, 403, 404, 406 ...       a definite no: fail
///   429                          unavailable, retry
///   503                          unavailable; retry, but unknown for a mutating call: the protocol says that the
///   request
///                                may have been processed in part; with Retry-After it says that repeating is safe
///   500, 502, 504, 408, other 5xx  outcome_unknown, unknown for a mutating call; unavailable, retry for a reading one
///   404 or success that is not in the protocol's form  the same as a lost answer: it may come from a proxy
///   no connection                unavailable, retry: nothing was sent
///   time-out or cut after sending  outcome_unknown, unknown for a mutating call; deadline, retry for a reading one
/// One call is made once: whoever repeats it looks first. Thread-safe as far as the HttpClient is.
class IcebergRest {
public:
    struct Settings {
        std::string endpoint;                                ///< http://127.0.0.1:8181, with or without /v1
        std::string warehouse;                               ///< sent with the first call; may be empty
        Secret token;                                        ///< bearer token; may be empty
        std::optional<std::chrono::milliseconds> call_limit; ///< default: 5 s on loopback, else 60 s
    };

    /// Makes the first call, `GET /v1/config`. HttpClient and clock must outlive the client.
    static Result<IcebergRest> connect(net::HttpClient& http, Clock& clock, Settings settings,
                                       std::stop_token stop = {});

    const CatalogConfig& config() const { return config_; }
    const std::string& endpoint() const { return endpoint_; }
    /// Of one call: its intent holds now plus this.
    std::chrono::milliseconds call_limit() const { return call_limit_; }
    /// 0 and one look for the built-in catalogue, which has done or not done a thing when its answer is due.
    SettleTime settle_time() const;

    /// Those one level below the parent. A listing ends with an error after 1,000,000 entries, 10,000 pages or an
    /// hour, so that no catalogue holds its reader for ever.
    Result<std::vector<std::vector<std::string>>> list_namespaces(const std::vector<std::string>& parent = {},
                                                                  std::stop_token stop = {}) const;
    /// All namespaces, a parent before what lies below it; more than 100,000 of them or 64 levels are refused.
    Status each_namespace(const std::function<Status(const std::vector<std::string>&)>& visit,
                          std::stop_token stop = {}) const;
    /// not_found when there is none.
    Result<NamespaceState> load_namespace(const std::vector<std::string>& levels, std::stop_token stop = {}) const;
    /// conflict when it stands already.
    Status create_namespace(const NamespaceState& wanted, std::stop_token stop = {}) const;
    /// conflict when it is not empty.
    Status drop_namespace(const std::vector<std::string>& levels, std::stop_token stop = {}) const;

    Result<std::vector<TableName>> list_tables(const std::vector<std::string>& space, std::stop_token stop = {}) const;
    Result<bool> table_exists(const TableName& table, std::stop_token stop = {}) const;
    Result<LoadedTable> load_table(const TableName& table, std::stop_token stop = {}) const;
    /// conflict when the name is taken.
    Result<LoadedTable> register_table(const TableName& table, const std::string& metadata_location,
                                       std::stop_token stop = {}) const;
    /// Removes the catalogue's entry; never asks for the files to be purged.
    Status drop_table(const TableName& table, std::stop_token stop = {}) const;

private:
    struct Call;
    struct Answer;
    IcebergRest(net::HttpClient& http, Clock& clock, Settings settings);
    Result<Answer> send(const Call& call, std::stop_token stop) const;
    std::string path(const std::string& rest) const;
    Result<LoadedTable> loaded_table(const Answer& answer) const;
    template <typename Take>
    Status each_listed(const std::string& what, const std::string& from, std::string_view field, std::stop_token stop,
                       Take&& take) const;
    Status read_config(std::stop_token stop);

    net::HttpClient* http_;
    Clock* clock_;
    std::string endpoint_;
    std::string warehouse_;
    Secret token_;
    std::chrono::milliseconds call_limit_;
    std::string prefix_; ///< `v1` or `v1/PREFIX`, percent-encoded
    CatalogConfig config_;
};

} // namespace godwit::clients
