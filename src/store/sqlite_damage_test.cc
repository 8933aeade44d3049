#include "store/test_world.h"

#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <type_traits>

namespace godwit::store {

namespace {

bool is_long() { return ProcessEnvironment().get("GODWIT_TEST_LONG").has_value(); }

/// What one read command prints, or nothing where it reports an Error.
using Reading = std::optional<std::string>;

std::string text_of(const Values& values) {
    std::string out;
    for (const auto& value : values) {
        const auto* text = std::get_if<std::string>(&value);
        const auto* number = std::get_if<std::int64_t>(&value);
        out += (text != nullptr ? *text : number != nullptr ? std::to_string(*number) : "") + "|";
    }
    return out + "\n";
}

template <typename Row>
Reading rows(const Result<std::vector<Row>>& result) {
    if (result.is_error())
        return std::nullopt;
    std::string out;
    for (const auto& row : *result)
        out += text_of(to_values(row));
    return out;
}

template <typename Row>
Reading row(const Result<Row>& result) {
    if (result.is_error())
        return std::nullopt;
    return text_of(to_values(*result));
}

template <typename Row>
Reading row(const Result<std::optional<Row>>& result) {
    if (result.is_error())
        return std::nullopt;
    return result->has_value() ? text_of(to_values(**result)) : "nothing";
}

template <typename Row>
Reading visited(State& state, Status (State::*each)(std::string_view, const std::function<Status(const Row&)>&)) {
    std::string out;
    const auto status = (state.*each)("a1", [&](const Row& row) -> Status {
        if constexpr (std::is_same_v<Row, ResourceRow>)
            out += row.key + "|" + row.type + "|" + row.display + "|" + row.body + "\n";
        else if constexpr (std::is_same_v<Row, EdgeRow>)
            out += row.from + "|" + row.to + "|" + row.kind + "\n";
        else
            out += row.code + "|" + row.severity + "|" + row.resource + "|" + row.body + "\n";
        return {};
    });
    return status.is_error() ? std::nullopt : Reading(out);
}

Reading words(const Result<std::vector<std::string>>& result) {
    return result.is_error() ? std::nullopt : Reading(join(*result, ","));
}

Reading counts(State& state) {
    const auto result = state.count_steps("run1");
    if (result.is_error())
        return std::nullopt;
    std::string out;
    for (const auto& count : *result)
        out += std::string(to_string(count.state)) + count.action + std::to_string(count.count) + "\n";
    return out;
}

Reading events(State& state) {
    const auto result = state.events("run1", 0, 100);
    if (result.is_error())
        return std::nullopt;
    std::string out;
    for (const auto& event : *result)
        out += text_of(to_values(StoredEvent{event, ""}));
    return out;
}

Reading validations(State& state) {
    const auto result = state.validations("run1", "step0");
    if (result.is_error())
        return std::nullopt;
    std::string out;
    for (const auto& validation : *result)
        out += text_of(to_values(StoredValidation{validation, 0}));
    return out;
}

/// Every read command of the interface.
std::vector<Reading> read_all(State& state) {
    const std::vector<StepState> states = {StepState::planned, StepState::intent, StepState::done};
    const auto line = state.step_line("plan1", "step1");
    const auto holder = state.holder("plan:1");
    return {
        rows(state.assessments()),
        row(state.assessment("a1")),
        visited<ResourceRow>(state, &State::each_resource),
        visited<EdgeRow>(state, &State::each_edge),
        visited<FindingRow>(state, &State::each_finding),
        rows(state.plans()),
        row(state.plan("plan1")),
        line.is_error() ? std::nullopt : Reading(*line),
        words(state.dependants("plan1", "step0")),
        rows(state.runs()),
        row(state.run("run1")),
        row(state.run_of_plan("plan1")),
        row(state.step("run1", "step1")),
        rows(state.steps("run1", {}, -1, 100)),
        rows(state.steps("run1", states, -1, 100)),
        rows(state.ready_steps("run1", 10)),
        counts(state),
        rows(state.parts("run1", "step0")),
        row(state.pin("run1", "key0")),
        row(state.target_of("key0", "target")),
        rows(state.artifacts("run1")),
        validations(state),
        events(state),
        holder.is_error() ? std::nullopt : Reading(holder->value_or("nobody")),
    };
}

class SqliteDamage : public testing::Test {
protected:
    void SetUp() override { place_ = std::make_unique<TestPlace>(StateLocation::Kind::sqlite, clock_, random_); }

    std::string file() const { return place_->text(); }
    Result<std::unique_ptr<State>> open(const std::string& file) {
        return State::open(must(StateLocation::parse(file)), clock_, random_);
    }

    /// One commit after the other; what the commands read after each.
    std::vector<std::vector<Reading>> fill(State& state) {
        std::vector<std::vector<Reading>> after;
        const auto commit = [&](const std::function<Status(Transaction&)>& change) {
            must(state.write({}, change));
            after.push_back(read_all(state));
        };
        after.push_back(read_all(state));
        commit([](Transaction& t) -> Status {
            TRY(t.insert(AssessmentRow{"a1", "lakehouse", "source", "{}", "{}", "", 5}));
            std::vector<ResourceRow> resources;
            std::vector<EdgeRow> edges;
            std::vector<FindingRow> findings;
            for (int i = 0; i < 20; ++i) {
                resources.push_back({"k" + std::to_string(i), "table", "Table " + std::to_string(i), "{\"n\":1}"});
                edges.push_back({"k" + std::to_string(i), "db", "member-of"});
                findings.push_back({"LAKE-001", "warning", "k" + std::to_string(i), "{}"});
            }
            TRY(t.insert("a1", resources));
            TRY(t.insert("a1", edges));
            return t.insert("a1", findings);
        });
        commit([](Transaction& t) { return t.finish_assessment("a1", "{\"x\":1}", "digest"); });
        commit([](Transaction& t) { return fill_plan(t, 4); });
        const auto lease = must(state.acquire("plan:1", "a person"));
        after.push_back(read_all(state));
        must(state.write(std::span(&lease, 1), [](Transaction& t) {
            return t.emit(EventRow{"run1", 0, 0, "step0", "step_state", "info", "{}"});
        }));
        after.push_back(read_all(state));
        commit([](Transaction& t) -> Status {
            const auto before = TRY(t.step("run1", "step0"));
            auto step = before;
            step.state = StepState::intent;
            TRY(t.change_step(before, step));
            TRY(t.insert(PartRow{"run1", "step0", "a", "b", "n", PartState::intent, "", 1, 2, 3}));
            TRY(t.insert(PinRow{"run1", "key0", 0, "{}", 4}));
            TRY(t.put(IdMapRow{"key0", "target", "id", "made", "run1"}));
            TRY(t.insert(ArtifactRow{"run1", "step0", "main.tf", "d", 10}));
            TRY(t.insert(ValidationRow{"run1", "step0", "key0", "file", "equal", "{}"}));
            return t.emit(EventRow{"run1", 0, 0, "step0", "step_state", "info", "{\"outbox\":1}"});
        });
        commit([](Transaction& t) -> Status {
            const auto before = TRY(t.step("run1", "step0"));
            auto step = before;
            step.state = StepState::done;
            return t.change_step(before, step);
        });
        must(state.release(lease));
        after.push_back(read_all(state));
        return after;
    }

    /// The commands on `bytes` as state file (and `log` as its -wal); empty where it cannot be opened.
    std::vector<Reading> read_copy(std::string_view bytes, std::string_view log = {}) {
        const auto copy = place_->folder() + "/copy.db";
        for (const auto* suffix : {"", "-wal", "-shm"}) {
            if (file_exists(copy + suffix))
                must(remove_file(copy + suffix));
        }
        must(must(File::create(copy)).write(bytes));
        if (!log.empty())
            must(must(File::create(copy + "-wal")).write(log));
        const auto state = open(copy);
        return state.is_error() ? std::vector<Reading>() : read_all(**state);
    }

    SystemClock clock_;
    SystemRandom random_;
    std::unique_ptr<TestPlace> place_;
};

/// What was read otherwise, without being reported; empty: nothing.
std::string silent_difference(const std::vector<Reading>& found, const std::vector<Reading>& whole) {
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (found[i].has_value() && found[i] != whole[i])
            return "command " + std::to_string(i) + " gives\n" + *found[i] + "instead of\n" + *whole[i];
    }
    return "";
}

TEST_F(SqliteDamage, flipped_bit_changes_nothing_that_is_read_or_is_reported) {
    {
        const auto state = must(open(file()));
        fill(*state);
    }
    const auto bytes = must(read_file(file()));
    const auto whole = read_copy(bytes);
    ASSERT_EQ(whole.size(), 24U);
    for (const auto& reading : whole)
        ASSERT_TRUE(reading.has_value());
    // Used bytes closely, unused ones now and then.
    std::vector<std::size_t> candidates;
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        if (bytes[bit / 8] != 0 || bit < 100 * 8 || bit % 61 == 0)
            candidates.push_back(bit);
    }
    const std::size_t step = candidates.size() / (is_long() ? 12'000 : 700) + 1;
    std::vector<std::size_t> bits;
    for (std::size_t i = 0; i < candidates.size(); i += step)
        bits.push_back(candidates[i]);
    std::size_t reported = 0;
    for (const auto bit : bits) {
        auto damaged = bytes;
        damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
        const auto found = read_copy(damaged);
        EXPECT_EQ(silent_difference(found, whole), "") << "byte " << bit / 8 << ", bit " << bit % 8;
        reported += found.empty() || std::ranges::count(found, Reading()) > 0 ? 1U : 0U;
    }
    EXPECT_GT(reported, bits.size() / 2);
}

TEST_F(SqliteDamage, truncated_main_file_is_reported) {
    {
        const auto state = must(open(file()));
        fill(*state);
    }
    const auto bytes = must(read_file(file()));
    std::vector<std::size_t> sizes;
    for (std::size_t size = 0; size < bytes.size(); size += 4'096)
        sizes.push_back(size);
    for (std::size_t size = 1; size < bytes.size(); size += is_long() ? 997 : 9'973)
        sizes.push_back(size);
    for (const auto size : sizes)
        EXPECT_TRUE(read_copy(std::string_view(bytes).substr(0, size)).empty()) << size;
}

TEST_F(SqliteDamage, truncated_or_damaged_log_opens_at_an_earlier_commit) {
    const auto state = must(open(file()));
    const auto after = fill(*state);
    const auto bytes = must(read_file(file()));
    const auto log = must(read_file(file() + "-wal"));
    ASSERT_GT(log.size(), 40'000U);
    // The holder is not alive for a reader of the copy, so what is read of leases is compared without it.
    const auto without_holder = [](std::vector<Reading> readings) {
        if (!readings.empty())
            readings.pop_back();
        return readings;
    };
    auto commits = after;
    std::ranges::transform(commits, commits.begin(), without_holder);
    std::ptrdiff_t last = 0;
    for (std::size_t size = 0; size <= log.size(); size += is_long() ? 101 : 2'063) {
        const auto found = without_holder(read_copy(bytes, std::string_view(log).substr(0, size)));
        const auto commit = std::ranges::find(commits, found) - commits.begin();
        ASSERT_LT(commit, std::ssize(commits)) << size;
        EXPECT_GE(commit, last); // more of the log is never an earlier commit
        last = commit;
    }
    EXPECT_EQ(without_holder(read_copy(bytes, log)), commits.back());
    for (std::size_t bit = 0; bit < log.size() * 8; bit += is_long() ? 701 : 16'001) {
        auto damaged = log;
        damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
        const auto found = without_holder(read_copy(bytes, damaged));
        EXPECT_TRUE(std::ranges::find(commits, found) != commits.end()) << "bit " << bit;
    }
}

TEST_F(SqliteDamage, main_file_that_is_missing_or_something_else_is_reported) {
    must(write_file_durably(file(), ""));
    EXPECT_KIND(open(file()), ErrorKind::corrupt);
    must(write_file_durably(file(), std::string(8'192, 'x')));
    EXPECT_KIND(open(file()), ErrorKind::corrupt);
    must(remove_file(file()));
    must(write_file_durably(file() + "-wal", std::string(8'192, 'x')));
    EXPECT_KIND(open(file()), ErrorKind::corrupt);
    EXPECT_FALSE(file_exists(file()));
    EXPECT_KIND(open(place_->folder()), ErrorKind::usage);
    EXPECT_KIND(open(place_->folder() + "/no/such/state.db"), ErrorKind::not_found);
}

/// A file system of one mebibyte; gone at the end of the scope.
struct SmallDisk {
    explicit SmallDisk(std::string path) : folder(std::move(path)) {
        must(make_folders(folder));
        mounted = mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=1m") == 0;
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    ~SmallDisk() {
        if (mounted)
            umount2(folder.c_str(), MNT_DETACH);
    }
    bool grow() const { return mount("tmpfs", folder.c_str(), "tmpfs", MS_REMOUNT, "size=16m") == 0; }

    std::string folder;
    bool mounted = false;
};

TEST_F(SqliteDamage, full_disk_is_told_and_loses_nothing) {
    const SmallDisk disk(place_->folder() + "/small");
    if (!disk.mounted)
        GTEST_SKIP() << "a file system of its own cannot be mounted here";
    const auto name = disk.folder + "/state.db";
    int stored = 0;
    {
        const auto state = must(open(name));
        const auto put = [&](int number) {
            return state->write({}, [&](Transaction& t) {
                return t.put(IdMapRow{std::to_string(number), "t", std::string(5'000, 'x'), "made", ""});
            });
        };
        Status status;
        while (!(status = put(stored)).is_error() && stored < 10'000)
            ++stored;
        EXPECT_KIND(status, ErrorKind::no_space);
        EXPECT_FALSE(status.error().fix().empty());
        EXPECT_NE(status.error().where().find("state.db"), std::string::npos);
        EXPECT_GT(stored, 10);
        for (int i = 0; i < stored; ++i)
            EXPECT_TRUE(must(state->target_of(std::to_string(i), "t")).has_value());
        EXPECT_FALSE(must(state->target_of(std::to_string(stored), "t")).has_value());
        ASSERT_TRUE(disk.grow());
        EXPECT_OK(put(stored));
        EXPECT_OK(state->check());
    }
    EXPECT_OK(must(open(name))->check());
}

} // namespace

} // namespace godwit::store
