#pragma once

#include "base/result.h"
#include "core/assessment.h"
#include "lanes/lakehouse/facts.h"

#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

namespace godwit::lakehouse {

/// What an assessment asks of the target's catalogue. Reading only.
class TargetCatalogue {
public:
    virtual ~TargetCatalogue() = default;
    virtual std::string endpoint() const = 0;
    /// The catalogue's own identity; empty: it has none.
    virtual std::string uuid() const = 0;
    /// What it says that its warehouse is; empty: it does not.
    virtual std::string warehouse() const = 0;

    using NamespaceVisitor = std::function<Status(const NamespaceFacts&)>;
    using TableVisitor = std::function<Status(const TargetTableFacts&)>;
    /// Parents before children, at every depth.
    virtual Status each_namespace(const NamespaceVisitor& visit, std::stop_token stop) = 0;
    /// A table that cannot be loaded is visited with its `problem`.
    virtual Status each_table(const std::vector<std::string>& levels, const TableVisitor& visit,
                              std::stop_token stop) = 0;
};

struct TargetOptions {
    std::string warehouse; ///< folder or `file://` URI
    /// Null: none was given, or it could not be reached; then `catalogue_problem` says why.
    TargetCatalogue* catalogue = nullptr;
    std::string catalogue_endpoint;
    std::string catalogue_problem;
};

/// Folder of the warehouse: absolute, links resolved where it exists.
Result<std::string> warehouse_folder(const std::string& warehouse);
/// Canonical JSON {"catalogue_uuid","kind":"warehouse","path"}: the identity of a target.
std::string target_identity(const std::string& catalogue_uuid, const std::string& folder);
/// First parts of every resource key of a target.
std::vector<std::string> target_key_parts(const std::string& catalogue_uuid, const std::string& folder);

/// Streams what stands at a target: the warehouse, its folders `<namespace>/<table>`, namespaces and tables of the
/// catalogue. What cannot be used becomes facts.
Status assess_target(const TargetOptions& target, core::AssessmentSink& sink, std::stop_token stop);

} // namespace godwit::lakehouse
