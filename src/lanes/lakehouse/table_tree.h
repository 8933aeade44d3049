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
/// metadata log that are still there, their manifest lists and manifests. Holds names only; metadata files are parsed
/// one at a time, entries are streamed.
///
/// What is missing is an error when the current snapshot, a branch or a tag needs it, else it is left out.
class TableTree {
public:
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

    const std::vector<std::string>& documents() const { return documents_; } ///< the current one first
    const std::vector<ManifestList>& lists() const { return lists_; }        ///< each once, in order of location
    const std::vector<Manifest>& manifests() const { return manifests_; }    ///< likewise
    std::uint64_t missing_history() const { return missing_history_; }

    /// One of `documents`, as a user of the tree needs it: it is large, so none is kept.
    Result<iceberg::TableMetadata> document(const std::string& location) const;
    /// Every entry of a manifest, nothing inherited.
    Status each_entry(const Manifest& manifest,
                      const std::function<Status(const iceberg::ManifestEntry&)>& visit) const;
    /// A file that a move takes if it is there, under any spelling and as often as something names it.
    struct TakenFile {
        const std::string& location;
        bool needed;    ///< by the current snapshot, a branch or a tag
        bool rewritten; ///< paths stand in it, else it is copied as it is
    };
    Status each_file(const std::function<Status(const TakenFile&)>& visit) const;
    const TableFiles& files() const { return *files_; }

private:
    explicit TableTree(const TableFiles& files) : files_(&files) {}
    struct Named;
    Status read_documents(const std::string& metadata_location, Named& named);
    Status read_lists(Named& named);
    Result<bool> is_there(const std::string& location, bool needed, std::string_view what);

    const TableFiles* files_;
    std::vector<std::string> documents_;
    std::vector<std::string> statistics_;
    std::vector<ManifestList> lists_;
    std::vector<Manifest> manifests_;
    std::uint64_t missing_history_ = 0;
};

} // namespace godwit::lakehouse
