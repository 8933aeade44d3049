#pragma once

#include "contract/world.h"

#include "base/file.h"
#include "base/json.h"
#include "catalog/catalog_server.h"
#include "fault_proxy/fault_proxy.h"
#include "lanes/lakehouse/lakehouse_lane.h"

#include <nlohmann/json.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace godwit::contract {

/// The lakehouse lane between an export of CSV tables and a warehouse in a temporary folder. Apply talks to a real
/// catalogue, in this process, through the fault proxy. Each thing is a table in a database of its own.
class LakehouseWorld final : public World {
public:
    LakehouseWorld();

    core::Lane& lane() override { return lane_; }
    core::Options options() const override;
    Lacks lacks() const override;
    bool is_costly() const override { return true; }

    bool add(const std::string& name, Ending ending = Ending::at_once) override;
    void change_source(const std::string& name) override;
    void stands_already(const std::string& name) override;
    void stranger_beside(const std::string& name) override;
    void tamper(const std::string& name) override;
    void tamper_part(const std::string& name) override;
    void clear_part_away(const std::string& name) override;
    std::string dump() override;

    void set_call_fault(std::uint64_t nth, CallFault fault) override;
    void clear_call_fault() override { proxy_->set_rules({}); }
    std::uint64_t mutating_calls() override;
    bool is_ours(std::string_view fault_point) const override;

private:
    std::string warehouse() const { return folder_.path() + "/warehouse"; }
    std::string database_of(const std::string& name) const;
    std::string data_file(const std::string& name) const;
    std::string written_file(const std::string& name) const;
    void ask_catalogue(const std::string& target, const Json& body);
    void write_export() const;

    TemporaryFolder folder_;
    SystemClock clock_;
    SystemRandom random_;
    std::unique_ptr<catalog::CatalogServer> server_;
    std::unique_ptr<testing::FaultProxy> proxy_;
    lakehouse::LakehouseLane lane_;
    std::vector<std::string> names_;
    int tamperings_ = 0;
};

} // namespace godwit::contract
