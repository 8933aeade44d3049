#include "core/assessment.h"

#include "base/json.h"
#include "base/text.h"

#include <nlohmann/json.hpp>

#include <map>

namespace godwit::core {

namespace {

constexpr std::size_t kBatch = 1000;

std::string_view edge_name(EdgeKind kind) { return kind == EdgeKind::depends_on ? "depends-on" : "member-of"; }

Result<Edge> to_edge(const store::EdgeRow& row) {
    if (row.kind != "depends-on" && row.kind != "member-of")
        return Error::make(ErrorKind::corrupt, "an edge of an assessment cannot be read")
            .why("kind '" + row.kind + "'");
    return Edge{row.from, row.to, row.kind == "depends-on" ? EdgeKind::depends_on : EdgeKind::member_of};
}

} // namespace

struct AssessmentWriter::Impl {
    store::State* state;
    store::AssessmentRow row;
    std::string scope;
    std::span<const Rule> rules;
    std::vector<store::ResourceRow> resources;
    std::vector<store::EdgeRow> edges;
    std::vector<store::FindingRow> findings;
    std::map<std::string, std::uint64_t> resource_counts;
    std::map<std::string, std::uint64_t> finding_counts;

    Status flush() {
        TRY(state->write({}, [this](store::Transaction& transaction) -> Status {
            if (!resources.empty())
                TRY(transaction.insert(row.id, resources));
            if (!edges.empty())
                TRY(transaction.insert(row.id, edges));
            if (!findings.empty())
                TRY(transaction.insert(row.id, findings));
            return {};
        }));
        resources.clear();
        edges.clear();
        findings.clear();
        return {};
    }

    Status flush_if_full() {
        if (resources.size() >= kBatch || edges.size() >= kBatch || findings.size() >= kBatch)
            TRY(flush());
        return {};
    }

    /// In order of key whatever the order of reading was, so that the same source gives the same digest.
    Result<std::string> digest() {
        Sha256 hash;
        const auto add = [&hash](std::initializer_list<std::string_view> fields) {
            for (const auto field : fields) {
                hash.update(std::to_string(field.size()) + ":");
                hash.update(field);
            }
        };
        add({row.lane, row.role, row.connection, scope});
        TRY(state->each_resource(row.id, [&](const store::ResourceRow& resource) -> Status {
            add({resource.key, resource.type, resource.display, resource.body});
            return {};
        }));
        TRY(state->each_edge(row.id, [&](const store::EdgeRow& edge) -> Status {
            add({edge.from, edge.to, edge.kind});
            return {};
        }));
        TRY(state->each_finding(row.id, [&](const store::FindingRow& finding) -> Status {
            add({finding.code, finding.resource, finding.body});
            return {};
        }));
        return hex(hash.finish());
    }
};

AssessmentWriter::AssessmentWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AssessmentWriter::~AssessmentWriter() = default;
AssessmentWriter::AssessmentWriter(AssessmentWriter&&) noexcept = default;

Result<AssessmentWriter> AssessmentWriter::begin(store::State& state, Clock& clock, Random& random, Header header,
                                                 std::span<const Rule> rules) {
    auto impl = std::make_unique<Impl>();
    impl->state = &state;
    impl->rules = rules;
    impl->scope = std::move(header.scope);
    impl->row = {random.id(), header.lane, header.role, header.connection, "{}", "", clock.now()};
    TRY(state.write({}, [&](store::Transaction& transaction) { return transaction.insert(impl->row); }));
    return AssessmentWriter(std::move(impl));
}

Status AssessmentWriter::resource(const Resource& resource) {
    for (const auto& finding : TRY(evaluate(impl_->rules, resource))) {
        ++impl_->finding_counts[finding.code];
        impl_->findings.push_back(
            {finding.code, std::string(to_string(finding.severity)), finding.resource, finding_to_json(finding)});
    }
    ++impl_->resource_counts[resource.type];
    impl_->resources.push_back({resource.key, resource.type, resource.display, resource.facts});
    return impl_->flush_if_full();
}

Status AssessmentWriter::edge(const Edge& edge) {
    impl_->edges.push_back({edge.from, edge.to, std::string(edge_name(edge.kind))});
    return impl_->flush_if_full();
}

Result<store::AssessmentRow> AssessmentWriter::finish() {
    TRY(impl_->flush());
    auto& row = impl_->row;
    const auto scope = TRY(parse_json(impl_->scope));
    row.header = canonical_json({{"scope", scope},
                                 {"resources", impl_->resource_counts},
                                 {"findings", impl_->finding_counts},
                                 {"version", GODWIT_VERSION}});
    row.digest = TRY(impl_->digest());
    TRY(impl_->state->write({}, [&row](store::Transaction& transaction) {
        return transaction.finish_assessment(row.id, row.header, row.digest);
    }));
    return row;
}

Result<AssessmentReader> AssessmentReader::open(store::State& state, std::string_view id) {
    auto row = TRY(state.assessment(id));
    if (row.digest.empty())
        return Error::make(ErrorKind::invalid_input, "assessment " + row.id + " was not finished")
            .why("the command that read it was interrupted")
            .fix("run `godwit assess " + row.lane + "` again");
    return AssessmentReader(state, std::move(row));
}

Result<AssessmentReader> AssessmentReader::newest(store::State& state, std::string_view lane, std::string_view role) {
    for (auto& row : TRY(state.assessments()))
        if (row.lane == lane && row.role == role && !row.digest.empty())
            return AssessmentReader(state, std::move(row));
    return Error::make(ErrorKind::usage, "there is no assessment of a " + std::string(role) + " to plan from")
        .why("the state database holds none for the lane " + std::string(lane))
        .fix("run `godwit assess " + std::string(lane) + "` first");
}

Status AssessmentReader::each_resource(
    const std::function<Status(const Resource&, std::span<const Finding>)>& visit) const {
    return state_->each_resource(row_.id, [&](const store::ResourceRow& row) -> Status {
        std::vector<Finding> findings;
        for (const auto& finding : TRY(state_->findings_of(row_.id, row.key)))
            findings.push_back(TRY(finding_from_json(finding.body)));
        return visit({row.key, row.type, row.display, row.body}, findings);
    });
}

Status AssessmentReader::each_edge(const std::function<Status(const Edge&)>& visit) const {
    return state_->each_edge(row_.id, [&](const store::EdgeRow& row) -> Status { return visit(TRY(to_edge(row))); });
}

Status AssessmentReader::each_finding(const std::function<Status(const Finding&)>& visit) const {
    return state_->each_finding(
        row_.id, [&](const store::FindingRow& row) -> Status { return visit(TRY(finding_from_json(row.body))); });
}

} // namespace godwit::core
