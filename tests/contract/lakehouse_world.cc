#include "contract/lakehouse_world.h"

#include "base/digest.h"
#include "contract/scene.h"
#include "lanes/lakehouse/assess_world.h"
#include "net/http_server.h"

#include <algorithm>
#include <filesystem>

namespace godwit::contract {

namespace {

constexpr const char* kStranger = "godwit-aaaaaaaaaaaa-bbbbbbbbbbbbbbbb-00000";

void expect(Status status) {
    if (status.is_error())
        give_up(status.error());
}

void write(const std::string& path, std::string_view bytes) {
    must(make_folders(path.substr(0, path.rfind('/'))));
    expect(write_file_durably(path, bytes));
}

} // namespace

LakehouseWorld::LakehouseWorld() : folder_(must(TemporaryFolder::create("godwit-lakehouse"))) {
    must(make_folders(warehouse()));
    must(make_folders(folder_.path() + "/data"));
    write_export();
    catalog::CatalogServerOptions options;
    options.catalog = {warehouse(), folder_.path() + "/catalogue.db", {}};
    server_ = must(catalog::CatalogServer::start(options, clock_, random_));
    proxy_ = must(testing::FaultProxy::start(server_->endpoint()));
}

core::Options LakehouseWorld::options() const {
    return {{"export", folder_.path() + "/export"},        {"region", "eu-west-1"},    {"account", "123456789012"},
            {"map", "s3://b=" + folder_.path() + "/data"}, {"warehouse", warehouse()}, {"catalog", proxy_->endpoint()}};
}

World::Lacks LakehouseWorld::lacks() const {
    return {"what stands at a warehouse under the name of a table is a blocking finding: tables are never updated",
            "files and catalogue entries are there when the call returns"};
}

std::string LakehouseWorld::database_of(const std::string& name) const {
    return "d" + std::to_string(std::ranges::find(names_, name) - names_.begin());
}

std::string LakehouseWorld::data_file(const std::string& name) const {
    return folder_.path() + "/data/" + database_of(name) + "/rows.csv";
}

void LakehouseWorld::write_export() const {
    std::vector<Json> tables;
    for (const auto& name : names_) {
        auto table = lakehouse::testing_world::csv_table(name);
        table["DatabaseName"] = database_of(name);
        table["StorageDescriptor"]["Location"] = "s3://b/" + database_of(name);
        tables.push_back(std::move(table));
    }
    write(folder_.path() + "/export/tables.json", Json{{"TableList", tables}}.dump(2));
}

bool LakehouseWorld::add(const std::string& name, Ending) {
    names_.push_back(name);
    write(data_file(name), "1\n2\n3\n");
    write_export();
    return true;
}

void LakehouseWorld::change_source(const std::string& name) { write(data_file(name), "1\n2\n3\n4\n"); }

void LakehouseWorld::ask_catalogue(const std::string& target, const Json& body) {
    net::HttpRequest request;
    request.method = "POST";
    request.target = target;
    request.body = body.dump();
    const auto answer = server_->catalog().handle(request);
    if (answer.status != 200)
        give_up(Error::make(ErrorKind::bug, "the catalogue refused a stranger").why(answer.body).at(target));
}

void LakehouseWorld::stands_already(const std::string& name) {
    ask_catalogue("/v1/namespaces", {{"namespace", {database_of(name)}}, {"properties", {{"owner", "somebody"}}}});
}

void LakehouseWorld::stranger_beside(const std::string& name) {
    const auto table = warehouse() + "/" + database_of(name) + "/" + name;
    write(table + "/data/" + kStranger + ".parquet", "not ours");
    write(warehouse() + "/.godwit/" + kStranger + "/0", "not ours");
}

void LakehouseWorld::tamper(const std::string& name) {
    ask_catalogue("/v1/namespaces/" + database_of(name) + "/properties",
                  {{"removals", {"godwit.marker"}}, {"updates", Json::object()}});
}

/// The data file that a run made of the table.
std::string LakehouseWorld::written_file(const std::string& name) const {
    const auto folder = warehouse() + "/" + database_of(name) + "/" + name + "/data";
    for (const auto& entry : must(list_folder(folder)))
        if (entry.name.ends_with(".parquet") && !entry.name.starts_with(kStranger))
            return folder + "/" + entry.name;
    give_up(Error::make(ErrorKind::not_found, "the table has no data file").at(folder));
}

void LakehouseWorld::tamper_part(const std::string& name) {
    write(written_file(name), "changed by somebody " + std::to_string(++tamperings_));
}

void LakehouseWorld::clear_part_away(const std::string& name) {
    auto path = written_file(name);
    expect(remove_file(path));
    for (path.resize(path.rfind('/')); path != warehouse(); path.resize(path.rfind('/')))
        expect(remove_empty_folder(path));
}

std::string LakehouseWorld::dump() {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(warehouse()))
        files[entry.path().string()] = entry.is_regular_file() ? must(read_file(entry.path().string())) : "a folder";
    std::string text = must(server_->catalog().dump()) + "\n";
    for (const auto& [path, bytes] : files)
        text += path.substr(warehouse().size()) + " " + std::to_string(bytes.size()) + " " + sha256_hex(bytes) + "\n";
    return text;
}

void LakehouseWorld::set_call_fault(std::uint64_t nth, CallFault fault) {
    std::vector<testing::FaultRule> rules;
    for (const auto* method : {"POST", "DELETE"}) { // a run forwards sends only the one, backwards only the other
        testing::FaultRule rule;
        rule.method = method;
        rule.nth = nth;
        rule.fault = fault == CallFault::lost_after    ? testing::Fault::drop_after
                     : fault == CallFault::lost_before ? testing::Fault::reset_before
                                                       : testing::Fault::status_before;
        rule.status = 403;
        rules.push_back(std::move(rule));
    }
    proxy_->set_rules(std::move(rules));
}

std::uint64_t LakehouseWorld::mutating_calls() {
    const auto log = proxy_->log();
    return static_cast<std::uint64_t>(std::ranges::count_if(
        log, [](const std::string& call) { return call.starts_with("POST ") || call.starts_with("DELETE "); }));
}

bool LakehouseWorld::is_ours(std::string_view fault_point) const { return !fault_point.starts_with("catalog."); }

} // namespace godwit::contract
