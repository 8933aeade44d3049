#include "lanes/lakehouse/assess_target.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "clients/file_source.h"
#include "clients/location.h"
#include "core/keys.h"
#include "lanes/lakehouse/sizes.h"

#include <nlohmann/json.hpp>

#include <bit>
#include <cstdio>
#include <fcntl.h>
#include <optional>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace godwit::lakehouse {

namespace {

/// Where runs keep what is not finished (spine, section 3).
constexpr std::string_view kRunFolder = ".godwit";

std::string join_levels(const std::vector<std::string>& levels, const std::string& name) {
    std::string out;
    for (const auto& level : levels)
        out += printable(level) + ".";
    return name.empty() ? out.substr(0, out.size() - 1) : out + printable(name);
}

class Assessing {
public:
    Assessing(const TargetOptions& target, core::AssessmentSink& sink, std::stop_token stop)
        : target_(target), sink_(sink), stop_(std::move(stop)) {}

    Status run() {
        facts_.folder = TRY(warehouse_folder(target_.warehouse));
        facts_.uri = clients::file_uri(facts_.folder);
        facts_.catalogue = target_.catalogue_endpoint;
        facts_.catalogue_problem = target_.catalogue_problem;
        if (target_.catalogue != nullptr) {
            facts_.catalogue = target_.catalogue->endpoint();
            facts_.catalogue_uuid = target_.catalogue->uuid();
        }
        key_parts_ = target_key_parts(facts_.catalogue_uuid, facts_.folder);
        look_at_folder();
        if (facts_.problem.empty() || facts_.problem == "read-only")
            TRY(list_folders());
        if (target_.catalogue != nullptr)
            TRY(read_catalogue(*target_.catalogue));
        return send(type::kWarehouse, {}, printable(facts_.folder), facts_);
    }

private:
    template <typename Facts>
    Status send(std::string_view type, const std::vector<std::string>& path, const std::string& display,
                const Facts& facts) {
        auto parts = key_parts_;
        parts.insert(parts.end(), path.begin(), path.end());
        return sink_.resource(
            {core::resource_key("lakehouse", type, parts), std::string(type), display, to_json(facts)});
    }

    void problem(const char* word, std::string detail) {
        facts_.problem = word;
        facts_.detail = std::move(detail);
    }

    void look_at_folder() {
        const auto state = file_state(facts_.folder);
        if (state.is_error())
            return problem(state.error().kind() == ErrorKind::not_found ? "missing" : "unreadable",
                           state.error().to_line());
        if (state->type != FileState::Type::folder)
            return problem("not-a-folder", "something else stands there");
        struct ::statvfs space{};
        if (::statvfs(facts_.folder.c_str(), &space) == 0) {
            const auto block = static_cast<std::uint64_t>(space.f_frsize);
            facts_.free_at_least = std::bit_floor(block * static_cast<std::uint64_t>(space.f_bavail));
            facts_.total_bytes = block * static_cast<std::uint64_t>(space.f_blocks);
        }
        struct ::statfs kind{};
        if (::statfs(facts_.folder.c_str(), &kind) == 0) {
            char text[32];
            std::snprintf(text, sizeof text, "%lx", static_cast<unsigned long>(kind.f_type));
            facts_.file_system = text;
        }
        facts_.writable = ::faccessat(AT_FDCWD, facts_.folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0;
        if (::faccessat(AT_FDCWD, facts_.folder.c_str(), R_OK | X_OK, AT_EACCESS) != 0)
            problem("unreadable", "this user may not list it");
        else if (!facts_.writable)
            problem("read-only", "this user may not write there, or the file system is mounted read-only");
        facts_.leftovers = file_exists(facts_.folder + "/" + std::string(kRunFolder));
        facts_.case_sensitive = !folds_case();
    }

    /// Looks at a name that stands there in another case; a folder without letters in its name tells nothing, which
    /// counts as sensitive.
    bool folds_case() const {
        auto name = facts_.folder;
        const auto slash = name.rfind('/');
        for (auto i = slash + 1; i < name.size(); ++i) {
            const auto c = name[i];
            if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z'))
                continue;
            name[i] = static_cast<char>(c ^ 0x20);
            const auto here = file_state(facts_.folder), other = file_state(name);
            return !here.is_error() && !other.is_error() && here->inode == other->inode &&
                   here->device == other->device;
        }
        return false;
    }

    /// The listing comes in order of keys, so that each folder's files come together.
    Status list_folders() {
        auto listed = walk();
        if (listed.is_error() && listed.error().kind() == ErrorKind::interrupted)
            return listed;
        if (listed.is_error())
            problem("unreadable", listed.error().to_line());
        return {};
    }

    Status walk() {
        const auto source = TRY(clients::FileSource::open(facts_.folder));
        auto lister = TRY(source.list());
        while (const auto entry = TRY(lister.next())) {
            if (stop_.stop_requested())
                return Error::make(ErrorKind::interrupted, "listing the warehouse was stopped")
                    .fix("run the command again");
            if (entry->key == kRunFolder || entry->key.starts_with(std::string(kRunFolder) + "/"))
                continue;
            TRY(take(*entry));
        }
        return finish_folder();
    }

    Status take(const clients::FileEntry& entry) {
        const auto first = entry.key.find('/');
        const auto second = first == std::string::npos ? first : entry.key.find('/', first + 1);
        Sizes one;
        if (entry.state.type == FileState::Type::file) {
            one.objects = one.data_objects = 1;
            one.bytes = one.data_bytes = one.largest = entry.state.size;
        } else {
            one.other_objects = 1;
        }
        facts_.sizes += one;
        if (second == std::string::npos) {
            ++facts_.strays;
            return {};
        }
        const auto name = entry.key.substr(0, second);
        if (name != folder_name_) {
            TRY(finish_folder());
            folder_name_ = name;
        }
        folder_.sizes += one;
        digest_.update(percent_encode(entry.key.substr(second + 1)) + " " + std::to_string(entry.state.size) + " " +
                       std::to_string(entry.state.mtime_ns) + "\n");
        return {};
    }

    Status finish_folder() {
        if (folder_name_.empty())
            return {};
        for (const auto& element : split(folder_name_, '/'))
            folder_.path.push_back(is_storable_text(element) ? element : percent_encode(element));
        folder_.listing_digest = hex(digest_.finish());
        ++facts_.folders;
        TRY(send(type::kTargetFolder, split(folder_name_, '/'), printable(folder_name_), folder_));
        folder_ = {};
        folder_name_.clear();
        return {};
    }

    Status read_catalogue(TargetCatalogue& catalogue) {
        facts_.catalogue_warehouse = catalogue.warehouse();
        if (!facts_.catalogue_warehouse.empty()) {
            const auto folder = warehouse_folder(facts_.catalogue_warehouse);
            facts_.catalogue_elsewhere = folder.is_error() || *folder != facts_.folder;
        }
        const auto read = catalogue.each_namespace(
            [&](const NamespaceFacts& space) { return take_namespace(catalogue, space); }, stop_);
        if (read.is_error() && (sink_failed_ || read.error().kind() == ErrorKind::interrupted))
            return read;
        if (read.is_error())
            facts_.catalogue_problem = read.error().to_line();
        return {};
    }

    Status take_namespace(TargetCatalogue& catalogue, const NamespaceFacts& space) {
        ++facts_.namespaces;
        TRY(keep(send(type::kNamespace, space.levels, join_levels(space.levels, ""), space)));
        return catalogue.each_table(
            space.levels,
            [&](const TargetTableFacts& table) {
                ++facts_.tables;
                auto path = table.levels;
                path.push_back(table.name);
                return keep(send(type::kTargetTable, path, join_levels(table.levels, table.name), table));
            },
            stop_);
    }

    /// Errors of the sink end the assessment, errors of the catalogue are findings about it.
    Status keep(Status status) {
        sink_failed_ = sink_failed_ || status.is_error();
        return status;
    }

    const TargetOptions& target_;
    core::AssessmentSink& sink_;
    std::stop_token stop_;
    WarehouseFacts facts_;
    std::vector<std::string> key_parts_;
    std::string folder_name_;
    TargetFolderFacts folder_;
    Sha256 digest_;
    bool sink_failed_ = false;
};

} // namespace

Result<std::string> warehouse_folder(const std::string& warehouse) {
    const auto location = TRY(clients::Location::parse(warehouse));
    if (location.scheme != clients::Location::Scheme::file)
        return Error::make(ErrorKind::usage, "the warehouse must be a folder")
            .why("'" + printable(warehouse) + "' is none")
            .fix("name a folder or a file:// URI");
    auto existing = clients::canonical_folder(location.path);
    if (!existing.is_error())
        return existing;
    auto path = location.canonical();
    if (!path.starts_with('/'))
        return Error::make(ErrorKind::usage, "the warehouse does not exist")
            .why("no folder stands at '" + printable(path) +
                 "', and a relative path names nothing that could be checked")
            .fix("make the folder, or give an absolute path");
    return path;
}

std::string target_identity(const std::string& catalogue_uuid, const std::string& folder) {
    return canonical_json({{"kind", "warehouse"}, {"catalogue_uuid", catalogue_uuid}, {"path", folder}});
}

std::vector<std::string> target_key_parts(const std::string& catalogue_uuid, const std::string& folder) {
    return {catalogue_uuid, folder};
}

Status assess_target(const TargetOptions& target, core::AssessmentSink& sink, std::stop_token stop) {
    return Assessing(target, sink, std::move(stop)).run();
}

} // namespace godwit::lakehouse
