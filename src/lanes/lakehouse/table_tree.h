#pragma once

#include "base/result.h"
#include "formats/iceberg/manifest.h"
#include "formats/iceberg/table_metadata.h"
#include "lanes/lakehouse/table_files.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace godwit::lakehouse {

/// All metadata that belongs to an Iceberg table as it lies at the source: its metadata.json, the earlier ones of its
/// metadata log that are still there, their manifest lists and manifests. Holds names only; entries are streamed.
///
/// What is missing is an error when the current snapshot, a branch or a tag needs it, else it is left out.
class TableTree {
public:
    struct Document {
        std::string location;
        iceberg::TableMetadata metadata;
    };
    struct ManifestList {
        std::string location;
        bool needed = false; ///< by the current snapshot, a branch or a tag
    };
    struct Manifest {
        std::string location;
        bool needed = false;
        bool deletes = false;
    };

    static Result<TableTree> read(const TableFiles& files, const std::string& metadata_location);

    const Document& current() const { return documents_.front(); }
    const std::vector<Document>& documents() const { return documents_; } ///< the current one first
    const std::vector<ManifestList>& lists() const { return lists_; }     ///< each once, in order of location
    const std::vector<Manifest>& manifests() const { return manifests_; } ///< likewise
    std::uint64_t missing_history() const { return missing_history_; }

    /// Every entry of a manifest, nothing inherited.
    Status each_entry(const Manifest& manifest,
                      const std::function<Status(const iceberg::ManifestEntry&)>& visit) const;
    const TableFiles& files() const { return *files_; }

private:
    explicit TableTree(const TableFiles& files) : files_(&files) {}
    Status read_documents(const std::string& metadata_location);
    Status read_lists();
    Result<bool> is_there(const std::string& location, bool needed, std::string_view what);

    const TableFiles* files_;
    std::vector<Document> documents_;
    std::vector<ManifestList> lists_;
    std::vector<Manifest> manifests_;
    std::uint64_t missing_history_ = 0;
};

} // namespace godwit::lakehouse
