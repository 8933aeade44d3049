#pragma once

// For tests: a step's context that keeps in memory what the executor keeps in the state database, and a small world of
// a source folder, a target folder and the folder of the run's files.

#include "base/digest.h"
#include "base/file.h"
#include "clients/file_target.h"
#include "core/keys.h"
#include "core/lane.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace godwit::transfer::test {

/// What several steps of one run share.
struct RunRecords {
    ManualClock clock{1'700'000'000'000'000};
    SeededRandom random{7};
    std::string run_files;
    std::string plan_digest = sha256_hex("plan");
    std::map<std::string, std::vector<store::PartRow>, std::less<>> parts;
    std::map<std::string, std::string, std::less<>> results;
};

class TestContext final : public core::StepContext {
public:
    TestContext(RunRecords& records, core::PlanStep step) : records_(&records), step_(std::move(step)) {
        row_.run = "run";
        row_.step = step_.id();
        row_.state = store::StepState::intent;
        pin_ = step_.fingerprint;
        marker_ = core::marker(records.plan_digest, row_.step);
        services_ = {&records.clock, &records.random, nullptr};
    }

    const core::PlanStep& step() const override { return step_; }
    const std::string& marker() const override { return marker_; }
    Micros run_started() const override { return 1'700'000'000'000'000; }
    const std::string& pin() const override { return pin_; }
    const store::StepRow& row() const override { return row_; }
    const core::Services& services() const override { return services_; }
    std::stop_token stop() const override { return stop_.get_token(); }
    const std::string& run_files() const override { return records_->run_files; }
    Result<std::string> result_of(std::string_view step_id) const override {
        const auto found = records_->results.find(step_id);
        return found == records_->results.end() ? std::string() : found->second;
    }
    std::string permitted_value() const override { return permitted; }
    bool leaves_changed() const override { return gives_up_changed; }

    Result<std::vector<store::PartRow>> parts() const override { return parts_of(row_.step); }
    Result<std::vector<store::PartRow>> parts_of(std::string_view step_id) const override {
        const auto found = records_->parts.find(step_id);
        return found == records_->parts.end() ? std::vector<store::PartRow>() : found->second;
    }
    Result<store::PartRow> begin_part(std::string from_key, std::string to_key) override {
        TRY(commit());
        store::PartRow part{row_.run,
                            row_.step,
                            std::move(from_key),
                            std::move(to_key),
                            records_->random.id(),
                            store::PartState::intent,
                            "",
                            0,
                            0,
                            records_->clock.now()};
        put(part);
        return part;
    }
    Status adopt_part(const store::PartRow& row) override {
        TRY(commit());
        put(row);
        return {};
    }
    Status change_part(const store::PartRow& before, const store::PartRow& after) override {
        TRY(commit());
        for (auto& row : records_->parts[row_.step]) {
            if (row.nonce != before.nonce)
                continue;
            EXPECT_EQ(row.state, before.state) << "changed without having been read";
            row = after;
            return {};
        }
        return Error::make(ErrorKind::conflict, "there is no such part");
    }

    Status record_result(std::string json) override {
        TRY(commit());
        records_->results[row_.step] = std::move(json);
        return {};
    }
    Status record(const core::Comparison& comparison) override {
        comparisons.push_back(comparison);
        return {};
    }
    Status record(const store::ArtifactRow&) override { return {}; }
    Status report(const core::Finding& finding) override {
        findings.push_back(finding);
        return {};
    }
    Status diagnostic(std::string_view, std::string_view message) override {
        diagnostics.emplace_back(message);
        return {};
    }
    void progress(std::uint64_t, std::uint64_t) override {
        if (on_progress)
            on_progress();
    }

    void set_pin(std::string pin) { pin_ = std::move(pin); }
    void interrupt() { stop_.request_stop(); }
    /// The commit with this number, from 0, and all later ones fail: as if the process had died before it.
    void die_at_commit(int number) { commits_left_ = number; }

    std::vector<core::Comparison> comparisons;
    std::vector<core::Finding> findings;
    std::vector<std::string> diagnostics;
    std::string permitted;
    bool gives_up_changed = false;
    std::function<void()> on_progress;

private:
    void put(const store::PartRow& part) {
        auto& rows = records_->parts[row_.step];
        std::erase_if(rows, [&](const auto& row) {
            return row.from_key == part.from_key && row.state == store::PartState::removed;
        });
        EXPECT_TRUE(std::ranges::none_of(rows, [&](const auto& row) { return row.from_key == part.from_key; }))
            << "the database holds one part for each first key";
        rows.push_back(part);
    }

    Status commit() {
        if (commits_left_-- > 0)
            return {};
        commits_left_ = 0;
        return Error::make(ErrorKind::io, "the process died here");
    }

    RunRecords* records_;
    core::PlanStep step_;
    std::string marker_;
    std::string pin_;
    store::StepRow row_;
    core::Services services_;
    std::stop_source stop_;
    int commits_left_ = 1 << 20;
};

/// `source`, `target` and `run` below one temporary folder.
class FilesWorld {
public:
    FilesWorld() {
        for (const auto* name : {"source", "target", "run"})
            EXPECT_FALSE(make_folders(path(name)).is_error());
        records.run_files = path("run");
    }

    std::string path(const std::string& below) const { return folder_.path() + "/" + below; }
    void write(const std::string& below, std::string_view bytes) const {
        const auto full = path(below);
        EXPECT_FALSE(make_folders(full.substr(0, full.rfind('/'))).is_error());
        EXPECT_FALSE(write_file_durably(full, bytes).is_error()) << full;
    }
    std::string read(const std::string& below) const {
        auto bytes = read_file(path(below));
        return bytes.is_error() ? "(" + bytes.error().what() + ")" : std::move(bytes).release();
    }
    /// Every file and folder below, relative, folders with a slash at their end.
    std::vector<std::string> tree(const std::string& below) const {
        std::vector<std::string> found;
        collect(path(below), "", found);
        return found;
    }
    clients::FileTarget target() const { return clients::FileTarget::open(path("target")).release(); }
    core::PlanStep step(std::string kind, std::string body = "{}") const {
        core::PlanStep step;
        step.kind = std::move(kind);
        step.resource = "lakehouse:table:1/r/1/d/t";
        step.display = "d.t";
        step.body = std::move(body);
        return step;
    }

    RunRecords records;

private:
    static void collect(const std::string& folder, const std::string& prefix, std::vector<std::string>& into) {
        const auto entries = list_folder(folder).release();
        for (const auto& entry : entries) {
            const bool is_folder = entry.state.type == FileState::Type::folder;
            into.push_back(prefix + entry.name + (is_folder ? "/" : ""));
            if (is_folder)
                collect(folder + "/" + entry.name, prefix + entry.name + "/", into);
        }
    }

    TemporaryFolder folder_ = TemporaryFolder::create().release();
};

} // namespace godwit::transfer::test
