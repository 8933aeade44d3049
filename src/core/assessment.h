#pragma once

#include "base/clock.h"
#include "base/digest.h"
#include "base/random.h"
#include "core/finding.h"
#include "store/state.h"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace godwit::core {

/// Where a lane streams what it reads. Keys come in any order; a key that comes twice is an error.
class AssessmentSink {
public:
    virtual ~AssessmentSink() = default;
    virtual Status resource(const Resource& resource) = 0;
    virtual Status edge(const Edge& edge) = 0;
};

/// Writes an assessment into the state database in batches, evaluates the rules on the way and digests what was read.
class AssessmentWriter final : public AssessmentSink {
public:
    struct Header {
        std::string lane;
        std::string role;       ///< "source" or "target"
        std::string connection; ///< identity and reference, canonical JSON
        std::string scope;      ///< canonical JSON of what was asked for
    };
    static Result<AssessmentWriter> begin(store::State& state, Clock& clock, Random& random, Header header,
                                          std::span<const Rule> rules);
    ~AssessmentWriter() override;
    AssessmentWriter(AssessmentWriter&&) noexcept;

    Status resource(const Resource& resource) override;
    Status edge(const Edge& edge) override;
    /// The digest covers header, resources, edges and findings, not when they were read.
    Result<store::AssessmentRow> finish();

private:
    struct Impl;
    explicit AssessmentWriter(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// Reads an assessment back, in order of resource key and in bounded memory.
class AssessmentReader {
public:
    static Result<AssessmentReader> open(store::State& state, std::string_view id);
    /// The newest finished one of that lane and role.
    static Result<AssessmentReader> newest(store::State& state, std::string_view lane, std::string_view role);

    const store::AssessmentRow& row() const { return row_; }
    Status each_resource(const std::function<Status(const Resource&, std::span<const Finding>)>& visit) const;
    Status each_edge(const std::function<Status(const Edge&)>& visit) const;
    Status each_finding(const std::function<Status(const Finding&)>& visit) const;

private:
    AssessmentReader(store::State& state, store::AssessmentRow row) : state_(&state), row_(std::move(row)) {}
    store::State* state_;
    store::AssessmentRow row_;
};

} // namespace godwit::core
