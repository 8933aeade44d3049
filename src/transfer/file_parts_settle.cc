// What an earlier process left, and what a rollback removes: everything is judged by rows and ledgers.

#include "base/fault_point.h"
#include "base/text.h"
#include "transfer/file_parts.h"

#include <algorithm>
#include <functional>
#include <set>

namespace godwit::transfer {

namespace {

using store::PartState;

Status remove_if_empty(const clients::FileTarget& target, const std::string& folder) {
    auto removed = target.remove_empty_folder(folder);
    if (removed.is_error() && removed.error().kind() != ErrorKind::conflict &&
        removed.error().kind() != ErrorKind::not_found)
        return removed;
    return {};
}

/// A rollback asks about so many at once, or a few more.
constexpr std::size_t kMostChanged = 100'000;

Error changed(const ChangedFiles& files, const std::string& list, const std::string& first_path) {
    const auto& [key, present] = *files.begin();
    const auto count = std::to_string(files.size());
    return Error::make(ErrorKind::different, files.size() == 1
                                                 ? "a file is not as it was made, so it is not removed"
                                                 : count + " files are not as they were made, so they are not removed")
        .why(printable(key) + " is now " + to_words(present) +
             (files.size() == 1 ? "" : "; all of them stand in " + printable(list)))
        .fix("look at them; `godwit run resolve --undo` removes them as they are now, `--forget` leaves them")
        .at(printable(first_path));
}

} // namespace

Status FileParts::settle() {
    TRY(settle_unrecorded());
    for (const auto& part : TRY(context_->parts()))
        TRY(settle_part(part));
    return {};
}

/// A log that was cut off, or a backup that was restored, forgets parts: their ledgers are taken up, their work folders
/// without one are dropped. What was open when the backup was made and left no ledger may have been made anew since: it
/// gives up its place first.
Status FileParts::settle_unrecorded() {
    std::set<std::string> recorded;
    std::set<std::string> taken; ///< first keys
    for (const auto& part : TRY(context_->parts())) {
        recorded.insert(part.nonce);
        if (part.state == PartState::intent && !file_exists(ledger_file(part.nonce)))
            TRY(drop_part(part));
        else if (part.state != PartState::removed)
            taken.insert(part.from_key);
    }
    for (const auto& nonce : TRY(stored_nonces(context_->run_files(), context_->marker()))) {
        if (recorded.contains(nonce))
            continue;
        const auto stored = TRY(read_ledger(ledger_file(nonce)));
        if (stored.ledger.marker != context_->marker() || stored.ledger.nonce != nonce)
            return Error::make(ErrorKind::corrupt, "a ledger is not of the part that its name says")
                .fix("restore the folder of the run's files")
                .at(printable(ledger_file(nonce)));
        if (taken.contains(stored.ledger.from_key))
            return Error::make(ErrorKind::corrupt, "two parts of a step begin with the same file")
                .why("the state database knows one, a ledger that it does not know names the other")
                .fix("restore the state database and the folder of the run's files as they were at one moment")
                .at(printable(ledger_file(nonce)));
        store::PartRow row{context_->row().run,
                           context_->row().step,
                           stored.ledger.from_key,
                           stored.ledger.to_key,
                           nonce,
                           PartState::intent,
                           "",
                           0,
                           0,
                           context_->services().clock->now()};
        TRY(context_->adopt_part(row));
        recorded.insert(nonce);
        taken.insert(row.from_key);
    }
    for (const auto& nonce : TRY(unrecorded_work_folders()))
        TRY(drop_work_folder(nonce));
    return {};
}

Result<std::vector<std::string>> FileParts::unrecorded_work_folders() const {
    std::set<std::string> recorded;
    for (const auto& part : TRY(context_->parts()))
        recorded.insert(part.nonce);
    std::vector<std::string> nonces;
    const auto folder = target_->files().path_of(kWorkFolder);
    if (!TRY(target_->files().exists(std::string(kWorkFolder))))
        return nonces;
    const std::string prefix = context_->marker() + "-";
    for (const auto& entry : TRY(list_folder(folder)))
        if (entry.name.starts_with(prefix) && !recorded.contains(entry.name.substr(prefix.size())))
            nonces.push_back(entry.name.substr(prefix.size()));
    return nonces;
}

/// Of a part that left no ledger, or whose files are gone.
Status FileParts::drop_part(const store::PartRow& row) {
    TRY(drop_work_folder(row.nonce));
    auto removed = row;
    removed.state = PartState::removed;
    return context_->change_part(row, removed);
}

Status FileParts::settle_part(const store::PartRow& row) {
    if (row.state == PartState::done || row.state == PartState::removed)
        return {};
    const auto stored = TRY(ledger_of(row));
    auto written = row;
    if (row.state == PartState::intent) {
        written.state = PartState::written;
        written.ledger_digest = stored.digest;
        written.objects = stored.ledger.entries.size();
        for (const auto& entry : stored.ledger.entries)
            written.bytes += entry.bytes;
        TRY(context_->change_part(row, written));
    }
    return finish(written, stored.ledger);
}

/// With an intent the ledger stands for itself: the log may have lost the row that knew its digest.
Result<StoredLedger> FileParts::ledger_of(const store::PartRow& row) const {
    const auto path = ledger_file(row.nonce);
    auto stored = TRY(read_ledger(path));
    if (row.state != PartState::intent && stored.digest != row.ledger_digest)
        return Error::make(ErrorKind::corrupt, "a ledger is not the one that the state database knows")
            .fix("restore the folder of the run's files")
            .at(printable(path));
    return stored;
}

Status FileParts::drop_work_folder(const std::string& nonce) {
    const auto folder = work_folder(nonce);
    if (TRY(target_->files().exists(folder)))
        TRY(remove_tree(target_->files().path_of(folder)));
    if (TRY(target_->files().exists(std::string(kWorkFolder))))
        TRY(remove_if_empty(*target_, std::string(kWorkFolder)));
    return {};
}

Result<core::LookUp> FileParts::look_up() const {
    core::LookUp found;
    const auto parts = TRY(context_->parts());
    const bool any_part = std::ranges::any_of(parts, [](const auto& part) { return part.state != PartState::removed; });
    if (any_part || !TRY(stored_nonces(context_->run_files(), context_->marker())).empty() ||
        !TRY(unrecorded_work_folders()).empty())
        found.verdict = core::LookUp::Verdict::pending;
    found.value = value_of(TRY(read_changed_files(list_of_changed())));
    return found;
}

std::string FileParts::list_of_changed() const { return changed_files_path(context_->run_files(), context_->marker()); }

/// Those of the list that was shown, if it is the one that a person allowed.
Result<ChangedFiles> FileParts::permitted_files() const {
    auto shown = TRY(read_changed_files(list_of_changed()));
    return value_of(shown) == context_->permitted_value() ? shown : ChangedFiles();
}

Status FileParts::remove_all() {
    TRY(settle_unrecorded());
    Removal removal;
    removal.permitted = TRY(permitted_files());
    auto parts = TRY(context_->parts());
    for (auto part = parts.rbegin(); part != parts.rend() && removal.kept.size() < kMostChanged; ++part)
        TRY(remove_part(*part, removal));
    const auto list = list_of_changed();
    if (removal.kept.empty())
        return file_exists(list) ? remove_file(list) : Status{};
    TRY(write_changed_files(list, removal.kept));
    return changed(removal.kept, list, target_->files().path_of(removal.kept.begin()->first));
}

Status FileParts::remove_part(const store::PartRow& row, Removal& removal) {
    const auto path = ledger_file(row.nonce);
    if (row.state == PartState::removed) // a ledger that is still there was left by a crash between the two
        return file_exists(path) ? remove_file(path) : Status{};
    if (!file_exists(path))
        return Error::make(ErrorKind::corrupt, "the ledger of a part is gone, so nothing says what is ours")
            .fix("restore the folder of the run's files")
            .at(printable(path));
    const bool is_gone = TRY(remove_published(row.nonce, TRY(ledger_of(row)).ledger, removal));
    if (!is_gone)
        return {}; // row and ledger stay as long as a file is undecided
    TRY(drop_part(row));
    FAULT_POINT("part.before-ledger-removal");
    return remove_file(path);
}

/// False when files stay that a person has to decide about.
Result<bool> FileParts::remove_published(const std::string& nonce, const Ledger& ledger, Removal& removal) {
    const auto work = work_folder(nonce);
    ChangedFiles changed;
    for (const auto& entry : ledger.entries) {
        // Still in the work folder: whatever stands under the final name was never ours.
        if (TRY(target_->files().exists(work + "/" + std::to_string(entry.number))))
            continue;
        auto stands = TRY(present(entry.key));
        if (!stands)
            continue;
        const auto permitted = removal.permitted.find(entry.key);
        const bool is_permitted =
            permitted != removal.permitted.end() && permitted->second == *stands && stands->may_be_removed();
        if (*stands != Occupant{Occupant::Kind::file, entry.digest} && !is_permitted) {
            changed.emplace(entry.key, std::move(*stands));
            continue;
        }
        TRY(target_->remove(entry.key));
        FAULT_POINT("part.after-removal");
    }
    if (!changed.empty() && !context_->leaves_changed()) {
        removal.kept.merge(changed);
        return false;
    }
    TRY(tell_what_is_left(changed));
    TRY(remove_folders(ledger.folders));
    return true;
}

/// Nothing where nothing stands.
Result<std::optional<Occupant>> FileParts::present(const std::string& key) const {
    using Kind = Occupant::Kind;
    const auto before = target_->files().state(key);
    if (before.is_error() && before.error().kind() == ErrorKind::not_found)
        return std::optional<Occupant>();
    if (before.is_error())
        return std::optional(Occupant{Kind::hidden, printable(before.error().what())});
    const auto identity = std::to_string(before->device) + ":" + std::to_string(before->inode) + " of " +
                          std::to_string(before->mtime_ns);
    if (before->type == FileState::Type::folder)
        return std::optional(Occupant{Kind::folder, identity});
    if (before->type != FileState::Type::file)
        return std::optional(Occupant{Kind::special, identity});
    auto digest = digest_of(target_->files(), key, context_->stop());
    if (digest.is_error() && digest.error().kind() == ErrorKind::interrupted)
        return std::move(digest).error();
    if (digest.is_error())
        return std::optional(Occupant{Kind::unreadable, identity});
    // Reading may take minutes: what changed meanwhile is not what was read.
    const auto after = target_->files().state(key);
    if (after.is_error() || *after != *before)
        return std::optional(Occupant{Kind::changing, identity});
    return std::optional(Occupant{Kind::file, std::move(digest).release()});
}

/// The ledger that names them goes, so the run's events do from now on.
Status FileParts::tell_what_is_left(const ChangedFiles& files) {
    constexpr std::size_t kNamesInOne = 100;
    std::vector<std::string> names;
    for (const auto& [key, occupant] : files) {
        names.push_back(printable(key));
        if (names.size() < kNamesInOne && key != files.rbegin()->first)
            continue;
        TRY(context_->diagnostic("warning", "left where they are by decision: " + join(names, ", ")));
        names.clear();
    }
    return {};
}

/// A folder that another step still fills outlives the ledger that names it: it is remembered beside the ledgers of the
/// plan and tried again with every later removal.
Status FileParts::remove_folders(const std::vector<std::string>& made) {
    const auto remembered = context_->run_files() + "/" + plan_part(context_->marker()) + ".folders";
    std::set<std::string, std::greater<>> folders(made.begin(), made.end()); // inner ones first
    if (file_exists(remembered))
        for (const auto& line : split(TRY(read_file(remembered)), '\n'))
            if (!line.empty())
                folders.insert(TRY(percent_decode(line)));
    std::string left;
    for (const auto& folder : folders) {
        TRY(remove_if_empty(*target_, folder));
        if (TRY(target_->files().exists(folder)))
            left += percent_encode(folder) + "\n";
    }
    if (!left.empty())
        return write_file_durably(remembered, left, 0600);
    return file_exists(remembered) ? remove_file(remembered) : Status{};
}

} // namespace godwit::transfer
