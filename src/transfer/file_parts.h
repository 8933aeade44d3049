#pragma once

#include "clients/file_target.h"
#include "core/lane.h"
#include "transfer/changed_files.h"
#include "transfer/ledger.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// How a long step puts files below a target's root so that it can be killed at any moment (spine, section 3, "Long
/// steps"). Everything that stays under a final name is named by a durable ledger before it gets there.
namespace godwit::transfer {

/// The folder below the target's root that holds parts which are being made.
inline constexpr std::string_view kWorkFolder = ".godwit";

class FileParts;

/// A part that is being made: its files lie in its nonce folder until `publish`.
class OpenPart {
public:
    OpenPart(OpenPart&&) noexcept;
    OpenPart& operator=(OpenPart&&) = delete;
    ~OpenPart();

    /// The next file; its number goes into its ledger entry.
    Result<clients::TargetFile> create(std::uint64_t& number);
    /// A file that was created, written and closed. A final key that is taken is a conflict.
    Status add(LedgerEntry entry);
    /// Durable files, ledger, row `written`, final names, row `done`.
    Status publish();
    std::uint64_t bytes() const { return bytes_; }
    std::size_t objects() const { return ledger_.entries.size(); }

private:
    friend class FileParts;
    OpenPart(FileParts& parts, store::PartRow row);

    FileParts* parts_;
    store::PartRow row_;
    Ledger ledger_;
    std::uint64_t next_number_ = 0;
    std::uint64_t bytes_ = 0;
};

/// The parts of one step. Not thread-safe: a step runs in one thread.
class FileParts {
public:
    FileParts(core::StepContext& context, const clients::FileTarget& target) : context_(&context), target_(&target) {}

    /// First call of a step's apply: brings every part that an earlier process left open to an end.
    Status settle();
    /// The last key (its bytes) that is done: where the listing goes on. Nothing: at its beginning.
    Result<std::optional<std::string>> done_up_to() const;
    /// Keys are percent-encoded, inclusive.
    Result<OpenPart> begin(std::string from_key, std::string to_key);
    /// `pending` when anything of this step's marker is left, in rows, ledgers or folders.
    Result<core::LookUp> look_up() const;
    /// Removes every file that a ledger names if its bytes are still ours, and the folders made for them if empty. What
    /// somebody changed stays and is listed for a person (kind `different`), unless he allowed to remove it as it is
    /// now (permitted_value()), or gave it up (leaves_changed()).
    Status remove_all();

    struct Totals {
        std::uint64_t objects = 0;
        std::uint64_t bytes = 0;
        std::uint64_t parts = 0;
    };
    Result<Totals> totals() const;

private:
    friend class OpenPart;
    std::string work_folder(const std::string& nonce) const;
    std::string ledger_file(const std::string& nonce) const;
    Status settle_unrecorded();
    Status settle_part(const store::PartRow& row);
    Status drop_part(const store::PartRow& row);
    Status finish(const store::PartRow& row, const Ledger& ledger);
    Status put_in_place(const std::string& work, const LedgerEntry& entry);
    Status make_work_folder(const std::string& nonce);
    Status drop_work_folder(const std::string& nonce);
    Result<StoredLedger> ledger_of(const store::PartRow& row) const;
    struct Removal {
        ChangedFiles permitted;
        ChangedFiles kept; ///< for a person to decide
    };
    Result<ChangedFiles> permitted_files() const;
    Status remove_part(const store::PartRow& row, Removal& removal);
    Result<bool> remove_published(const std::string& nonce, const Ledger& ledger, Removal& removal);
    Result<std::optional<Occupant>> present(const std::string& key) const;
    Status tell_what_is_left(const ChangedFiles& files);
    std::string list_of_changed() const;
    Status remove_folders(const std::vector<std::string>& made);
    Result<std::vector<std::string>> unrecorded_work_folders() const;

    core::StepContext* context_;
    const clients::FileTarget* target_;
};

/// ChunkDigest of a file below a root; not_found when it is not there.
Result<std::string> digest_of(const clients::FileSource& files, const std::string& key, std::stop_token stop);

/// In order of keys, over the ledgers of a step's done parts.
Status each_entry(const core::StepContext& context, std::string_view step_id,
                  const std::function<Status(const LedgerEntry&)>& visit);

} // namespace godwit::transfer
