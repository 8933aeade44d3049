#include "transfer/file_parts.h"

#include "base/fault_point.h"
#include "base/text.h"
#include "core/keys.h"
#include "transfer/chunk_digest.h"

#include <algorithm>
#include <set>
#include <span>
#include <utility>

namespace godwit::transfer {

namespace {

using store::PartState;

constexpr std::size_t kBuffer = std::size_t{1} << 20;

std::string parent_of(const std::string& key) {
    const auto slash = key.rfind('/');
    return slash == std::string::npos ? std::string() : key.substr(0, slash);
}

/// The parents of the keys that do not exist yet, outermost first.
Result<std::vector<std::string>> absent_folders(const clients::FileTarget& target,
                                                const std::vector<LedgerEntry>& entries) {
    std::set<std::string> known;
    std::set<std::string> absent;
    for (const auto& entry : entries)
        for (auto folder = parent_of(entry.key); !folder.empty() && known.insert(folder).second;
             folder = parent_of(folder))
            if (!TRY(target.files().exists(folder)))
                absent.insert(folder);
    return std::vector<std::string>(absent.begin(), absent.end());
}

/// Rows keep keys percent-encoded; the order of parts is the order of the bytes.
Result<std::vector<store::PartRow>> in_key_order(std::vector<store::PartRow> parts) {
    std::vector<std::pair<std::string, store::PartRow>> keyed;
    for (auto& part : parts) {
        auto key = TRY(percent_decode(part.from_key));
        keyed.emplace_back(std::move(key), std::move(part));
    }
    std::ranges::sort(keyed, {}, &std::pair<std::string, store::PartRow>::first);
    parts.clear();
    for (auto& [key, part] : keyed)
        parts.push_back(std::move(part));
    return parts;
}

} // namespace

Result<std::string> digest_of(const clients::FileSource& files, const std::string& key, std::stop_token stop) {
    auto file = TRY(files.open_file(key));
    ChunkDigest digest;
    std::string buffer(kBuffer, '\0');
    for (;;) {
        if (stop.stop_requested())
            return Error::make(ErrorKind::interrupted, "interrupted while reading").at(printable(files.path_of(key)));
        const auto count = TRY(file.read_at(digest.bytes(), std::span(buffer)));
        if (count == 0)
            return digest.finish();
        digest.update(std::string_view(buffer).substr(0, count));
    }
}

OpenPart::OpenPart(FileParts& parts, store::PartRow row) : parts_(&parts), row_(std::move(row)) {
    ledger_.marker = parts.context_->marker();
    ledger_.nonce = row_.nonce;
    ledger_.from_key = row_.from_key;
    ledger_.to_key = row_.to_key;
}

OpenPart::OpenPart(OpenPart&&) noexcept = default;
OpenPart::~OpenPart() = default;

Result<clients::TargetFile> OpenPart::create(std::uint64_t& number) {
    number = next_number_++;
    return parts_->target_->create(parts_->work_folder(row_.nonce) + "/" + std::to_string(number));
}

Status OpenPart::add(LedgerEntry entry) {
    if (TRY(parts_->target_->files().exists(entry.key)))
        return Error::make(ErrorKind::conflict, "a file of somebody else stands where ours should go")
            .why("it was not there when the plan was made")
            .fix("move it away, then run `godwit run resume`")
            .at(printable(parts_->target_->files().path_of(entry.key)));
    bytes_ += entry.bytes;
    ledger_.entries.push_back(std::move(entry));
    return {};
}

Status OpenPart::publish() {
    auto& target = *parts_->target_;
    TRY(target.sync());
    std::ranges::sort(ledger_.entries, {}, &LedgerEntry::key);
    ledger_.folders = TRY(absent_folders(target, ledger_.entries));
    FAULT_POINT("part.before-ledger");
    auto written = row_;
    written.ledger_digest = TRY(write_ledger(parts_->ledger_file(row_.nonce), ledger_));
    FAULT_POINT("part.after-ledger");
    written.state = PartState::written;
    written.objects = ledger_.entries.size();
    written.bytes = bytes_;
    written.changed_at = parts_->context_->services().clock->now();
    TRY(parts_->context_->change_part(row_, written));
    FAULT_POINT("part.after-written");
    row_ = written;
    return parts_->finish(row_, ledger_);
}

std::string FileParts::work_folder(const std::string& nonce) const {
    return std::string(kWorkFolder) + "/" + context_->marker() + "-" + nonce;
}

std::string FileParts::ledger_file(const std::string& nonce) const {
    return ledger_path(context_->run_files(), context_->marker(), nonce);
}

Result<OpenPart> FileParts::begin(std::string from_key, std::string to_key) {
    auto row = TRY(context_->begin_part(std::move(from_key), std::move(to_key)));
    TRY(make_work_folder(row.nonce));
    FAULT_POINT("part.after-work-folder");
    return OpenPart(*this, std::move(row));
}

/// Another step may remove the common folder, empty at that moment, between our two mkdir calls.
Status FileParts::make_work_folder(const std::string& nonce) {
    constexpr int kMostRaces = 100;
    for (int race = 0;; ++race) {
        const auto made = target_->make_folders(work_folder(nonce));
        if (made)
            return {};
        if (made.error().kind() != ErrorKind::not_found || race >= kMostRaces)
            return made.error();
    }
}

Result<std::optional<std::string>> FileParts::done_up_to() const {
    std::optional<std::string> last;
    for (const auto& part : TRY(in_key_order(TRY(context_->parts()))))
        if (part.state == PartState::done)
            last = TRY(percent_decode(part.to_key));
    return last;
}

Result<FileParts::Totals> FileParts::totals() const {
    Totals totals;
    for (const auto& part : TRY(context_->parts())) {
        if (part.state != PartState::done)
            continue;
        totals.objects += part.objects;
        totals.bytes += part.bytes;
        ++totals.parts;
    }
    return totals;
}

Status FileParts::finish(const store::PartRow& row, const Ledger& ledger) {
    for (const auto& folder : ledger.folders)
        TRY(target_->make_folders(folder));
    const auto work = work_folder(row.nonce);
    std::set<std::string> parents;
    for (const auto& entry : ledger.entries) {
        TRY(put_in_place(work, entry));
        parents.insert(parent_of(entry.key));
        FAULT_POINT("part.after-rename");
    }
    for (const auto& parent : parents)
        TRY(target_->sync_folder(parent));
    TRY(drop_work_folder(row.nonce));
    FAULT_POINT("part.before-done");
    auto done = row;
    done.state = PartState::done;
    done.changed_at = context_->services().clock->now();
    return context_->change_part(row, done);
}

Status FileParts::put_in_place(const std::string& work, const LedgerEntry& entry) {
    const auto from = work + "/" + std::to_string(entry.number);
    const bool is_waiting = TRY(target_->files().exists(from));
    const bool stands = TRY(target_->files().exists(entry.key));
    if (is_waiting && !stands)
        return target_->rename_without_replacing(from, entry.key, false);
    if (!stands)
        return Error::make(ErrorKind::corrupt, "a file that was written is gone")
            .why("it is neither in the work folder nor under its final name")
            .fix("undo the run with `godwit run rollback`, then apply the plan again")
            .at(printable(target_->files().path_of(entry.key)));
    if (TRY(digest_of(target_->files(), entry.key, context_->stop())) != entry.digest)
        return Error::make(ErrorKind::conflict, "a file of somebody else stands where ours should go")
            .fix("move it away, then run `godwit run resume`")
            .at(printable(target_->files().path_of(entry.key)));
    return is_waiting ? target_->remove(from) : Status{};
}

Status each_entry(const core::StepContext& context, std::string_view step_id,
                  const std::function<Status(const LedgerEntry&)>& visit) {
    const auto marker = core::marker_of(context.marker(), step_id);
    for (const auto& part : TRY(in_key_order(TRY(context.parts_of(step_id))))) {
        if (part.state != PartState::done)
            continue;
        const auto stored = TRY(read_ledger(ledger_path(context.run_files(), marker, part.nonce)));
        if (stored.digest != part.ledger_digest)
            return Error::make(ErrorKind::corrupt, "a ledger is not the one that the state database knows")
                .at(part.nonce);
        for (const auto& entry : stored.ledger.entries)
            TRY(visit(entry));
    }
    return {};
}

} // namespace godwit::transfer
