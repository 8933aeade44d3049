#include "transfer/copy_files.h"

#include "base/fault_point.h"
#include "base/json.h"
#include "base/text.h"
#include "transfer/chunk_digest.h"
#include "transfer/file_parts.h"

#include <nlohmann/json.hpp>

#include <map>
#include <span>
#include <vector>

namespace godwit::transfer {

namespace {

constexpr std::size_t kBuffer = std::size_t{1} << 20;

/// Opened roots of the source, one for each folder that a listing names.
class Roots {
public:
    Result<const clients::FileSource*> open(const std::string& folder) {
        auto found = roots_.find(folder);
        if (found == roots_.end())
            found = roots_.emplace(folder, TRY(clients::FileSource::open(folder))).first;
        return &found->second;
    }

private:
    std::map<std::string, clients::FileSource> roots_;
};

struct Listed {
    CopyObject object;
    FileState state;
};

Error changed(const CopyObject& object, std::string why) {
    return Error::make(ErrorKind::stale, "a source file changed while it was being copied")
        .why(std::move(why))
        .fix("let its writers finish, then assess and plan again")
        .at(printable(object.source));
}

/// Collects the objects of the next part; empty at the end of the listing.
class PartCollector {
public:
    PartCollector(CopyListing& listing, Roots& roots, PartLimits limits, std::optional<std::string> after)
        : listing_(&listing), roots_(&roots), limits_(limits), after_(std::move(after)) {}

    Result<std::vector<Listed>> next() {
        std::vector<Listed> part;
        std::uint64_t bytes = 0;
        while (part.size() < limits_.objects && bytes < limits_.bytes) {
            auto object = TRY(listing_->next());
            if (!object)
                break;
            if (after_ && object->target_key <= *after_)
                continue;
            const auto* root = TRY(roots_->open(object->source_folder));
            const auto state = TRY(root->state(object->source_key));
            bytes += state.size;
            part.push_back({std::move(*object), state});
        }
        return part;
    }

private:
    CopyListing* listing_;
    Roots* roots_;
    PartLimits limits_;
    std::optional<std::string> after_;
};

class Copier {
public:
    Copier(core::StepContext& context, Roots& roots, FileParts::Totals before)
        : context_(&context), roots_(&roots), objects_(before.objects), bytes_(before.bytes), buffer_(kBuffer, '\0') {}

    Status copy(OpenPart& part, const Listed& listed) {
        const auto* root = TRY(roots_->open(listed.object.source_folder));
        auto source = TRY(root->open_file(listed.object.source_key));
        const auto before = TRY(source.state());
        if (before != listed.state)
            return changed(listed.object, "it is not the file that the listing showed");
        LedgerEntry entry{listed.object.target_key, 0,           0, "", listed.object.source, before.size,
                          before.mtime_ns,          before.inode};
        auto target = TRY(part.create(entry.number));
        FAULT_POINT("copy.after-create");
        ChunkDigest digest;
        TRY(stream(source, target, digest, before.size));
        entry.bytes = digest.bytes();
        entry.digest = digest.finish();
        TRY(target.close());
        if (TRY(source.state()) != before || entry.bytes != before.size)
            return changed(listed.object, "its size or time is not what it was before the first byte");
        ++objects_;
        return part.add(std::move(entry));
    }

private:
    /// Ends behind the size that the listing showed: a file that grows faster than it is read would never end.
    Status stream(clients::SourceFile& source, clients::TargetFile& target, ChunkDigest& digest, std::uint64_t size) {
        while (digest.bytes() <= size) {
            if (context_->stop().stop_requested())
                return Error::make(ErrorKind::interrupted, "interrupted between two blocks");
            const auto count = TRY(source.read_at(digest.bytes(), std::span(buffer_)));
            if (count == 0)
                return {};
            const auto bytes = std::string_view(buffer_).substr(0, count);
            digest.update(bytes);
            TRY(target.write(bytes));
            bytes_ += count;
            context_->progress(objects_, bytes_);
        }
        return {};
    }

    core::StepContext* context_;
    Roots* roots_;
    std::uint64_t objects_;
    std::uint64_t bytes_;
    std::string buffer_;
};

std::string totals_json(const FileParts::Totals& totals) {
    return canonical_json({{"objects", std::to_string(totals.objects)},
                           {"bytes", std::to_string(totals.bytes)},
                           {"parts", std::to_string(totals.parts)}});
}

/// Walks the ledgers and the present listing side by side, both in order of target keys.
class Comparer {
public:
    Comparer(core::StepContext& context, const clients::FileTarget& target, CopyListing& listing)
        : context_(&context), target_(&target), listing_(&listing) {}

    Result<core::Verdict> run(const std::string& copy_step) {
        next_ = TRY(listing_->next());
        TRY(each_entry(*context_, copy_step, [this](const LedgerEntry& entry) -> Status {
            while (next_ && next_->target_key < entry.key)
                TRY(drifted(next_->target_key, "it came after the copy"));
            if (!next_ || next_->target_key > entry.key)
                return record(entry.key, core::Verdict::not_comparable("drift"), "it left the source after the copy");
            TRY(compare(*next_, entry));
            next_ = TRY(listing_->next());
            return {};
        }));
        while (next_)
            TRY(drifted(next_->target_key, "it came after the copy"));
        TRY(context_->record(
            core::Comparison{"files", core::Verdict::equal(),
                             canonical_json({{"method", "length and SHA-256 of 64 MiB chunks, both sides read again"},
                                             {"equal", std::to_string(equal_)},
                                             {"bytes", std::to_string(bytes_)}})}));
        return verdict_;
    }

private:
    Status drifted(const std::string& key, const std::string& why) {
        TRY(record(key, core::Verdict::not_comparable("drift"), why));
        next_ = TRY(listing_->next());
        return {};
    }

    Status record(const std::string& key, const core::Verdict& verdict, const std::string& why) {
        verdict_ = core::weaker(verdict_, verdict);
        return context_->record(core::Comparison{"file " + printable(key), verdict, canonical_json({{"why", why}})});
    }

    Status compare(const CopyObject& object, const LedgerEntry& entry) {
        const auto* root = TRY(roots_.open(object.source_folder));
        const auto state = TRY(root->state(object.source_key));
        if (state.size != entry.source_bytes || state.mtime_ns != entry.source_mtime_ns ||
            state.inode != entry.source_inode)
            return record(entry.key, core::Verdict::not_comparable("drift"), "the source changed after the copy");
        if (!TRY(target_->files().exists(entry.key)))
            return record(entry.key, core::Verdict::different(1), "it is missing at the target");
        const auto source = TRY(digest_of(*root, object.source_key, context_->stop()));
        const auto target = TRY(digest_of(target_->files(), entry.key, context_->stop()));
        if (source != target)
            return record(entry.key, core::Verdict::different(1), "the bytes differ");
        ++equal_;
        bytes_ += entry.bytes;
        context_->progress(equal_, bytes_);
        return {};
    }

    core::StepContext* context_;
    const clients::FileTarget* target_;
    CopyListing* listing_;
    Roots roots_;
    std::optional<CopyObject> next_;
    core::Verdict verdict_ = core::Verdict::equal();
    std::uint64_t equal_ = 0;
    std::uint64_t bytes_ = 0;
};

} // namespace

core::StepTraits CopyFiles::traits() const {
    core::StepTraits traits;
    traits.name = name_;
    traits.pool = core::Pool::transfer;
    traits.is_long = true;
    traits.is_local = true;
    traits.marker_place = "the name of its work folder and of its ledgers";
    return traits;
}

Result<core::Applied> CopyFiles::apply(core::StepContext& context) {
    FileParts parts(context, *target_);
    TRY(parts.settle());
    const auto listing = TRY(planner_->list(context));
    Roots roots;
    PartCollector collector(*listing, roots, limits_, TRY(parts.done_up_to()));
    Copier copier(context, roots, TRY(parts.totals()));
    for (auto objects = TRY(collector.next()); !objects.empty(); objects = TRY(collector.next())) {
        auto part = TRY(parts.begin(percent_encode(objects.front().object.target_key),
                                    percent_encode(objects.back().object.target_key)));
        for (const auto& object : objects)
            TRY(copier.copy(part, object));
        TRY(part.publish());
    }
    const auto totals = TRY(parts.totals());
    return core::Applied{true, {}, totals_json(totals), {}};
}

Result<core::LookUp> CopyFiles::look_up(core::StepContext& context) { return FileParts(context, *target_).look_up(); }

Status CopyFiles::compensate(core::StepContext& context) { return FileParts(context, *target_).remove_all(); }

core::StepTraits CompareFiles::traits() const {
    core::StepTraits traits;
    traits.name = name_;
    traits.pool = core::Pool::transfer;
    traits.is_local = true;
    traits.marker_place = "none: it makes nothing";
    return traits;
}

Result<core::Applied> CompareFiles::apply(core::StepContext& context) {
    const auto listing = TRY(planner_->list(context));
    core::Applied applied;
    applied.verdict = TRY(Comparer(context, *target_, *listing).run(TRY(planner_->copy_step(context))));
    return applied;
}

Result<core::LookUp> CompareFiles::look_up(core::StepContext&) { return core::LookUp{}; }

Status CompareFiles::compensate(core::StepContext&) { return {}; }

} // namespace godwit::transfer
