#include "catalog/handlers.h"

#include "base/digest.h"
#include "base/text.h"
#include "catalog/purge.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace godwit::catalog {

namespace {

Answer json_answer(const OrderedJson& body) { return {200, body.dump()}; }

Result<TableId> named_table(const Request& request) {
    TableId id{TRY(check_space(request.arguments[0])), request.arguments[1]};
    TRY(check_table_name(id.name));
    return id;
}

/// Metadata files never change, so their location is the version; what is left out makes another representation of it.
std::string etag_of(const std::string& metadata_location, std::string_view snapshots) {
    return "\"" + sha256_hex(metadata_location + "\n" + std::string(snapshots)).substr(0, 32) + "\"";
}

/// `metadata` as text, so that a large document is not copied once more.
std::string load_result(const std::string& metadata_location, const std::string& metadata) {
    std::string body = "{";
    if (!metadata_location.empty())
        body += "\"metadata-location\":" + json_quote(metadata_location) + ",";
    return body + "\"metadata\":" + metadata + ",\"config\":{}}";
}

Answer table_answer(const CommittedTable& table) {
    return {200, load_result(table.row.metadata_location, table.metadata.to_json_text()),
            etag_of(table.row.metadata_location, "all")};
}

/// Only the snapshots that a branch or tag names.
std::string with_referenced_snapshots(const iceberg::TableMetadata& metadata) {
    std::set<std::int64_t> referenced;
    for (const iceberg::SnapshotReference& reference : metadata.references())
        referenced.insert(reference.snapshot_id);
    OrderedJson document = metadata.document();
    const auto snapshots = document.find("snapshots");
    if (snapshots == document.end() || !snapshots->is_array())
        return document.dump();
    OrderedJson kept = OrderedJson::array();
    for (OrderedJson& snapshot : *snapshots) {
        if (referenced.contains(snapshot.at("snapshot-id").get<std::int64_t>()))
            kept.push_back(std::move(snapshot));
    }
    *snapshots = std::move(kept);
    return document.dump();
}

/// If-None-Match: `*` or a list of tags, each maybe weak (RFC 9110 section 13.1.2).
bool has_tag(std::string_view header, const std::string& etag) {
    return std::ranges::any_of(split(header, ','), [&](std::string_view tag) {
        tag = trim(tag);
        if (tag.starts_with("W/"))
            tag.remove_prefix(2);
        return tag == etag || tag == "*";
    });
}

Result<TableChange> table_change(const OrderedJson& body, TableId id) {
    const auto* requirements = TRY(required_array(body, "requirements"));
    const auto* updates = TRY(required_array(body, "updates"));
    return TableChange{std::move(id), requirements, updates};
}

Result<TableId> new_table_id(const Request& request, const OrderedJson& body) {
    TableId id;
    id.space = TRY(check_space(request.arguments[0]));
    id.name = TRY(required_text(body, "name"));
    TRY(check_table_name(id.name));
    return id;
}

} // namespace

Handlers::Reply Handlers::list_tables(const Request& request) {
    const std::string space = TRY(check_space(request.arguments[0]));
    const Page page = TRY(parse_page(request));
    auto names = TRY(database_.table_names(space, page.after, page.limit == 0 ? 0 : page.limit + 1));
    const OrderedJson next = next_page_token(page, names);
    OrderedJson listed = OrderedJson::array();
    for (const std::string& name : names)
        listed.push_back({{"namespace", levels_json(space)}, {"name", name}});
    return json_answer({{"next-page-token", next}, {"identifiers", listed}});
}

Handlers::Reply Handlers::create_table(const Request& request) {
    const OrderedJson body = TRY(parse_body(request.body));
    const TableId id = TRY(new_table_id(request, body));
    TRY(database_.properties(id.space));
    if (TRY(database_.find_table(id)))
        return Error::make(ErrorKind::conflict, "a table of this name exists already")
            .fix("choose another name, or drop that table first")
            .at(id.display())
            .code("AlreadyExistsException");
    const iceberg::TableMetadata metadata = TRY(committer_.plan_new_table(id, body));
    if (TRY(optional_flag(body, "stage-create")))
        return Answer{200, load_result("", metadata.to_json_text())};
    return table_answer(TRY(committer_.create(id, metadata)));
}

Handlers::Reply Handlers::register_table(const Request& request) {
    const OrderedJson body = TRY(parse_body(request.body));
    const TableId id = TRY(new_table_id(request, body));
    const std::string location = TRY(required_text(body, "metadata-location"));
    return table_answer(TRY(committer_.register_table(id, location, TRY(optional_flag(body, "overwrite")))));
}

Handlers::Reply Handlers::load_table(const Request& request) {
    const TableId id = TRY(named_table(request));
    const auto given = request.query.find("snapshots");
    const std::string snapshots = given == request.query.end() || given->second.empty() ? "all" : given->second;
    if (snapshots != "all" && snapshots != "refs")
        return bad_request("'all' or 'refs' is expected", "snapshots");
    const TableRow row = TRY(database_.table(id));
    const std::string etag = etag_of(row.metadata_location, snapshots);
    if (has_tag(request.if_none_match, etag))
        return Answer{304, "", etag};
    const CommittedTable table = TRY(committer_.load(id));
    const std::string metadata =
        snapshots == "refs" ? with_referenced_snapshots(table.metadata) : table.metadata.to_json_text();
    return Answer{200, load_result(table.row.metadata_location, metadata),
                  etag_of(table.row.metadata_location, snapshots)};
}

Handlers::Reply Handlers::table_exists(const Request& request) {
    TRY(database_.table(TRY(named_table(request))));
    return no_content();
}

Handlers::Reply Handlers::drop_table(const Request& request) {
    const TableId id = TRY(named_table(request));
    if (!TRY(query_flag(request, "purgeRequested"))) {
        TRY(committer_.drop(id));
        return no_content();
    }
    // Read first: a table whose metadata is broken is dropped without its files.
    auto table = committer_.load(id);
    const TableRow row = TRY(committer_.drop(id));
    if (!table.is_error() && table->row.metadata_location == row.metadata_location)
        purge_table(warehouse_, database_, *table);
    return no_content();
}

Handlers::Reply Handlers::unregister_table(const Request& request) {
    const CommittedTable table = TRY(committer_.unregister(TRY(named_table(request))));
    return Answer{200, "{\"metadata-location\":" + json_quote(table.row.metadata_location) +
                           ",\"metadata\":" + table.metadata.to_json_text() + "}"};
}

Handlers::Reply Handlers::rename_table(const Request& request) {
    const OrderedJson body = TRY(parse_body(request.body));
    const TableId from = TRY(table_identifier(body, "source"));
    const TableId to = TRY(table_identifier(body, "destination"));
    TRY(database_.rename_table(from, to));
    return no_content();
}

Handlers::Reply Handlers::report_metrics(const Request& request) {
    const TableId id = TRY(named_table(request));
    TRY(required_text(TRY(parse_body(request.body)), "report-type"));
    TRY(database_.table(id));
    return no_content();
}

Handlers::Reply Handlers::commit_table(const Request& request) {
    const TableId id = TRY(named_table(request));
    const OrderedJson body = TRY(parse_body(request.body));
    const auto identifier = body.find("identifier");
    if (identifier != body.end() && !identifier->is_null() && TRY(table_identifier(body, "identifier")) != id)
        return bad_request("the identifier is not the table of the path", "identifier");
    const TableChange change = TRY(table_change(body, id));
    const auto committed = TRY(committer_.commit({&change, 1}));
    return table_answer(committed.front());
}

Handlers::Reply Handlers::commit_transaction(const Request& request) {
    const OrderedJson body = TRY(parse_body(request.body));
    std::vector<TableChange> changes;
    for (const OrderedJson& change : *TRY(required_array(body, "table-changes"))) {
        if (!change.is_object())
            return bad_request("an object is expected", "table-changes");
        changes.push_back(TRY(table_change(change, TRY(table_identifier(change, "identifier")))));
    }
    TRY(committer_.commit(changes));
    return no_content();
}

} // namespace godwit::catalog
