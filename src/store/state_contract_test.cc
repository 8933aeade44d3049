#include "store/test_world.h"

#include <algorithm>

namespace godwit::store {

namespace {

using StateContract = ContractTest;
INSTANTIATE_TEST_SUITE_P(BothBackEnds, StateContract,
                         testing::Values(StateLocation::Kind::sqlite, StateLocation::Kind::postgresql),
                         [](const auto& about) { return testing::PrintToString(about.param); });

const std::string kHostile = "quote ' \" ; -- ${x} ../ \n\t\x01 \xE2\x80\xAE \xF0\x9F\xA6\x86 ? $1 %00";

template <typename Row>
Values values_of(const Row& row) {
    return to_values(row);
}

TEST_P(StateContract, assessment_with_its_resources_edges_and_findings_comes_back) {
    const AssessmentRow row{"a1", "lakehouse", "source", "{\"account\":\"1\"}", "{}", "", 5};
    const AssessmentRow newer{"a2", "lakehouse", "target", kHostile, "{}", "", 6};
    std::vector<ResourceRow> resources;
    std::vector<EdgeRow> edges;
    std::vector<FindingRow> findings;
    for (int i = 0; i < 2'500; ++i) { // more than two batches, not in order of key
        const auto key = "k" + std::to_string((i * 7) % 2'500 + 10'000);
        resources.push_back({key, "table", kHostile, "{\"i\":" + std::to_string(i) + "}"});
        edges.push_back({key, "database", "member-of"});
        findings.push_back({"LAKE-" + std::to_string(i % 3), "warning", "k" + std::to_string(i % 5), kHostile});
    }
    EXPECT_OK(write([&](Transaction& t) -> Status {
        TRY(t.insert(row));
        TRY(t.insert(newer));
        TRY(t.insert("a1", resources));
        TRY(t.insert("a1", edges));
        TRY(t.insert("a1", findings));
        return t.finish_assessment("a1", "{\"n\":1}", "abc");
    }));

    const auto list = must(state_->assessments());
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(values_of(list[0]), values_of(newer));
    auto finished = row;
    finished.header = "{\"n\":1}";
    finished.digest = "abc";
    EXPECT_EQ(values_of(must(state_->assessment("a1"))), values_of(finished));
    EXPECT_KIND(state_->assessment("none"), ErrorKind::not_found);

    std::ranges::sort(resources, {}, &ResourceRow::key);
    std::size_t at = 0;
    EXPECT_OK(state_->each_resource("a1", [&](const ResourceRow& read) -> Status {
        EXPECT_EQ(read.key, resources.at(at).key);
        EXPECT_EQ(read.body, resources.at(at).body);
        EXPECT_EQ(read.display, kHostile);
        ++at;
        return {};
    }));
    EXPECT_EQ(at, resources.size());
    const auto page = must(state_->resources("a1", resources[99].key, 10));
    ASSERT_EQ(page.size(), 10U);
    EXPECT_EQ(page[0].key, resources[100].key);

    std::size_t edge_count = 0;
    EXPECT_OK(state_->each_edge("a1", [&](const EdgeRow& edge) -> Status {
        edge_count += edge.to == "database" && edge.kind == "member-of" ? 1 : 0;
        return {};
    }));
    EXPECT_EQ(edge_count, edges.size());
    std::size_t finding_count = 0;
    EXPECT_OK(state_->each_finding("a1", [&](const FindingRow& finding) -> Status {
        finding_count += finding.body == kHostile ? 1 : 0;
        return {};
    }));
    EXPECT_EQ(finding_count, findings.size());
    const auto some = must(state_->findings_of("a1", "k3"));
    EXPECT_EQ(some.size(), 500U);
    EXPECT_TRUE(std::ranges::is_sorted(some, {}, &FindingRow::code));
}

TEST_P(StateContract, visitor_can_stop_and_can_ask_and_write_meanwhile) {
    EXPECT_OK(write([&](Transaction& t) -> Status {
        TRY(t.insert(AssessmentRow{"a1", "l", "source", "{}", "{}", "", 5}));
        const ResourceRow rows[] = {{"k1", "table", "", "{}"}, {"k2", "table", "", "{}"}};
        return t.insert("a1", rows);
    }));
    int seen = 0;
    EXPECT_KIND(state_->each_resource(
                    "a1",
                    [&](const ResourceRow& row) -> Status {
                        ++seen;
                        TRY(state_->assessments());
                        TRY(write([&](Transaction& t) { return t.put(IdMapRow{row.key, "c", "t", "made", ""}); }));
                        return Error::make(ErrorKind::interrupted, "enough");
                    }),
                ErrorKind::interrupted);
    EXPECT_EQ(seen, 1);
}

TEST_P(StateContract, plan_run_and_steps_come_back) {
    make_run(3);
    const PlanRow plan{"plan1", "lakehouse", "{}", 3, 7, "tester"};
    EXPECT_EQ(values_of(must(state_->plan("plan1")).value()), values_of(plan));
    EXPECT_FALSE(must(state_->plan("plan2")).has_value());
    EXPECT_EQ(must(state_->plans()).size(), 1U);
    EXPECT_EQ(must(state_->step_line("plan1", "step2")), "{\"n\":2}");
    EXPECT_KIND(state_->step_line("plan1", "step9"), ErrorKind::not_found);
    EXPECT_EQ(must(state_->dependants("plan1", "step0")), std::vector<std::string>{"step1"});
    const RunRow run{"run1", "plan1", RunState::running, 11, 12, "{}"};
    EXPECT_EQ(values_of(must(state_->run("run1"))), values_of(run));
    EXPECT_EQ(values_of(must(state_->run_of_plan("plan1")).value()), values_of(run));
    EXPECT_EQ(must(state_->runs()).size(), 1U);

    const auto steps = must(state_->steps("run1", {}, -1, 100));
    ASSERT_EQ(steps.size(), 3U);
    EXPECT_EQ(steps[1].step, "step1");
    EXPECT_EQ(steps[1].resource, "key1");
    EXPECT_EQ(steps[1].state, StepState::planned);
    EXPECT_EQ(must(state_->steps("run1", {}, 0, 1))[0].step, "step1");
}

TEST_P(StateContract, every_step_is_visited_once_and_in_order_beyond_one_page) {
    constexpr int kSteps = 600;
    make_run(kSteps);
    std::vector<std::int64_t> positions;
    EXPECT_OK(each_step(*state_, "run1", {}, [&](const StepRow& row) -> Status {
        positions.push_back(row.position);
        return {};
    }));
    ASSERT_EQ(positions.size(), static_cast<std::size_t>(kSteps));
    EXPECT_TRUE(std::ranges::is_sorted(positions));
    EXPECT_EQ(std::ranges::adjacent_find(positions), positions.end());
    EXPECT_OK(each_step(*state_, "run1", std::vector{StepState::failed}, [](const StepRow&) -> Status {
        ADD_FAILURE() << "no step failed";
        return {};
    }));
    int visited = 0;
    EXPECT_KIND(each_step(*state_, "run1", {},
                          [&](const StepRow&) -> Status {
                              ++visited;
                              return Error::make(ErrorKind::io, "enough");
                          }),
                ErrorKind::io);
    EXPECT_EQ(visited, 1);
}

TEST_P(StateContract, every_column_of_a_step_comes_back) {
    make_run(1);
    const auto before = must(state_->step("run1", "step0"));
    auto after = before;
    after.state = StepState::intent;
    after.reason = kHostile;
    after.request_digest = "rd";
    after.call_deadline = 9'000'000'000'000'000;
    after.before_image = "{\"b\":1}";
    after.target_id = "ti";
    after.result = "{\"r\":1}";
    after.error = "{\"e\":1}";
    after.outcome = "different(3)";
    after.waiver = "because";
    after.attempts = 4;
    after.changed_at = -1;
    EXPECT_OK(write([&](Transaction& t) { return t.change_step(before, after); }));
    EXPECT_EQ(values_of(must(state_->step("run1", "step0"))), values_of(after));
}

TEST_P(StateContract, parts_pins_ids_artifacts_and_validations_come_back) {
    make_run(1);
    PartRow part{"run1", "step0", "b", "c", "nonce", PartState::intent, "", 18'000'000'000'000'000'000U, 2, 3};
    const PartRow first{"run1", "step0", "a", "a~", "nonce2", PartState::intent, "", 1, 2, 3};
    const PinRow pin{"run1", "key0", 0, "{\"etag\":1}", 4};
    auto advanced = pin;
    advanced.round = 1;
    const IdMapRow id{"key0", "target", "id1", "made", "run1"};
    const ArtifactRow artifact{"run1", "step0", "main.tf", "d1", 10};
    const ValidationRow validation{"run1", "step0", "key0", "data file", "equal", "{}"};
    EXPECT_OK(write([&](Transaction& t) -> Status {
        TRY(t.insert(part));
        TRY(t.insert(first));
        TRY(t.insert(pin));
        TRY(t.insert(advanced));
        TRY(t.put(id));
        TRY(t.insert(artifact));
        TRY(t.insert(validation));
        return t.insert(validation);
    }));
    auto written = part;
    written.state = PartState::written;
    written.ledger_digest = "ld";
    auto moved = id;
    moved.target_id = "id2";
    auto again = artifact;
    again.digest = "d2";
    EXPECT_OK(write([&](Transaction& t) -> Status {
        TRY(t.change_part(part, written));
        TRY(t.put(moved));
        return t.insert(again);
    }));
    const auto parts = must(state_->parts("run1", "step0"));
    ASSERT_EQ(parts.size(), 2U);
    EXPECT_EQ(values_of(parts[0]), values_of(first));
    EXPECT_EQ(values_of(parts[1]), values_of(written));
    EXPECT_EQ(values_of(must(state_->pin("run1", "key0")).value()), values_of(advanced));
    EXPECT_FALSE(must(state_->pin("run1", "key1")).has_value());
    EXPECT_EQ(values_of(must(state_->target_of("key0", "target")).value()), values_of(moved));
    ASSERT_EQ(must(state_->artifacts("run1")).size(), 1U);
    EXPECT_EQ(values_of(must(state_->artifacts("run1"))[0]), values_of(again));
    EXPECT_EQ(must(state_->validations("run1", "step0")).size(), 2U);
    EXPECT_EQ(must(state_->validations("run1", "step0"))[1].what, "data file");

    EXPECT_OK(write([&](Transaction& t) -> Status {
        TRY(t.remove_id("key0", "target"));
        TRY(t.remove_id("key0", "nowhere"));
        return t.clear_validations("run1", "step0");
    }));
    EXPECT_FALSE(must(state_->target_of("key0", "target")).has_value());
    EXPECT_TRUE(must(state_->validations("run1", "step0")).empty());
    EXPECT_OK(state_->check());
}

TEST_P(StateContract, plan_has_one_run_that_is_not_rolled_back) {
    make_run(1);
    const RunRow second{"run2", "plan1", RunState::running, 1, 1, "{}"};
    EXPECT_KIND(write([&](Transaction& t) { return t.insert(second); }), ErrorKind::held);
    EXPECT_OK(write([&](Transaction& t) -> Status {
        const auto run = TRY(t.run_of_plan("plan1"));
        TRY(t.change_run(*run, RunState::rolling_back));
        TRY(t.change_run(*TRY(t.run_of_plan("plan1")), RunState::rolled_back));
        return t.insert(second);
    }));
    EXPECT_EQ(must(state_->run_of_plan("plan1"))->id, "run2");
    EXPECT_EQ(must(state_->steps("run2", {}, -1, 10)).size(), 1U);
    EXPECT_EQ(must(state_->steps("run1", {}, -1, 10)).size(), 1U);
}

TEST_P(StateContract, ready_steps_are_those_whose_dependencies_are_done) {
    EXPECT_OK(write([&](Transaction& t) -> Status {
        TRY(t.insert(PlanRow{"p", "l", "{}", 4, 0, ""}));
        const PlanStepRow rows[] = {{"a", 0, "k", "r", "create", {}, "{}"},
                                    {"b", 1, "k", "r", "create", {}, "{}"},
                                    {"c", 2, "k", "r", "create", {"a", "b"}, "{}"},
                                    {"d", 3, "k", "r", "create", {"c"}, "{}"}};
        TRY(t.insert("p", rows));
        return t.insert(RunRow{"run1", "p", RunState::running, 0, 0, "{}"});
    }));
    const auto ready = [&](std::size_t limit) {
        std::string names;
        for (const auto& step : must(state_->ready_steps("run1", limit)))
            names += step.step;
        return names;
    };
    const auto move = [&](std::string_view step, std::initializer_list<StepState> states) {
        for (const auto state : states) {
            EXPECT_OK(write([&](Transaction& t) -> Status {
                const auto before = TRY(t.step("run1", step));
                auto after = before;
                after.state = state;
                return t.change_step(before, after);
            }));
        }
    };
    using enum StepState;
    EXPECT_EQ(ready(10), "ab");
    EXPECT_EQ(ready(1), "a");
    move("a", {intent, done});
    EXPECT_EQ(ready(10), "b");
    move("b", {intent, failed});
    EXPECT_EQ(ready(10), "");
    move("b", {planned, intent, done});
    EXPECT_EQ(ready(10), "c");
    EXPECT_OK(state_->check());
    move("a", {compensating, compensated});
    EXPECT_EQ(ready(10), "");
    move("a", {planned});
    EXPECT_EQ(ready(10), "a");
    EXPECT_OK(state_->check());
    move("a", {intent, done});
    EXPECT_EQ(ready(10), "c");

    const auto states = std::vector{StepState::planned, StepState::done};
    EXPECT_EQ(must(state_->steps("run1", states, -1, 10)).size(), 4U);
    EXPECT_EQ(must(state_->steps("run1", states, 0, 2))[1].step, "c");
    EXPECT_EQ(must(state_->steps("run1", std::vector{StepState::failed}, -1, 10)).size(), 0U);
    const auto counts = must(state_->count_steps("run1"));
    ASSERT_EQ(counts.size(), 2U);
    EXPECT_EQ(counts[0].state, StepState::planned);
    EXPECT_EQ(counts[0].action, "create");
    EXPECT_EQ(counts[0].count, 2U);
}

TEST_P(StateContract, wrong_count_of_dependencies_makes_no_step_ready_too_early) {
    make_run(2);
    must(place_->connect()->execute("UPDATE step SET waiting = 0"));
    EXPECT_EQ(must(state_->ready_steps("run1", 10)).size(), 1U);
    EXPECT_KIND(state_->check(), ErrorKind::corrupt);
}

TEST_P(StateContract, lost_dependency_is_noticed_before_a_step_becomes_ready) {
    make_run(2);
    must(place_->connect()->execute("DELETE FROM step_dependency"));
    must(place_->connect()->execute("UPDATE step SET waiting = 0"));
    EXPECT_KIND(state_->ready_steps("run1", 10), ErrorKind::corrupt);
    EXPECT_KIND(state_->check(), ErrorKind::corrupt);
}

TEST_P(StateContract, events_have_a_sequence_without_gaps_over_direct_and_outbox_writes) {
    make_run(1);
    const auto plan = must(state_->acquire("plan:1", "tester"));
    const auto step = must(state_->acquire("step:1:0", "tester"));
    const auto emit = [&](const Lease& lease, const std::string& data, bool fails) {
        return state_->write(std::span(&lease, 1), [&](Transaction& t) -> Status {
            TRY(t.emit(EventRow{"run1", 77, 77, "step0", "step_state", "info", data}));
            return fails ? Status(Error::make(ErrorKind::usage, "no")) : Status();
        });
    };
    EXPECT_OK(emit(plan, "1", false));
    EXPECT_TRUE(emit(plan, "lost", true).is_error());
    EXPECT_OK(emit(plan, "2", false));
    EXPECT_OK(emit(step, "3", false));
    EXPECT_TRUE(emit(step, "lost", true).is_error());
    EXPECT_OK(emit(step, "4", false));
    EXPECT_EQ(must(state_->events("run1", 0, 100)).size(), 2U);
    EXPECT_KIND(state_->drain_outbox(Lease{"plan:1", "stranger", 1}, "run1"), ErrorKind::held);
    EXPECT_OK(state_->drain_outbox(plan, "run1"));
    EXPECT_OK(state_->drain_outbox(plan, "run1"));
    const auto events = must(state_->events("run1", 0, 100));
    ASSERT_EQ(events.size(), 4U);
    for (std::size_t i = 0; i < events.size(); ++i) {
        EXPECT_EQ(events[i].seq, static_cast<std::int64_t>(i) + 1);
        EXPECT_EQ(events[i].data, std::to_string(i + 1));
        EXPECT_GT(events[i].time, 1'600'000'000'000'000); // the database's clock, not the argument
    }
    const auto page = must(state_->events("run1", 2, 1));
    ASSERT_EQ(page.size(), 1U);
    EXPECT_EQ(page[0].seq, 3);
    EXPECT_TRUE(must(state_->events("run1", 4, 10)).empty());
    EXPECT_TRUE(must(state_->events("run1", 400, 10)).empty());

    auto connection = place_->connect();
    const auto stored = must(select<StoredEvent>(*connection, "seq = ?", {std::int64_t{2}}));
    auto forged = stored[0];
    forged.event.data = "forged";
    must(update(*connection, stored[0], forged));
    EXPECT_KIND(state_->events("run1", 0, 100), ErrorKind::corrupt); // its checksum holds, the chain does not
    EXPECT_KIND(state_->events("run1", 1, 100), ErrorKind::corrupt);
    EXPECT_KIND(state_->check(), ErrorKind::corrupt);
    must(connection->execute("DELETE FROM event WHERE seq = 2"));
    EXPECT_KIND(state_->events("run1", 0, 100), ErrorKind::corrupt);
}

TEST_P(StateContract, many_resources_are_listed_page_by_page) {
    const int count = ProcessEnvironment().get("GODWIT_TEST_LONG") ? 1'000'000 : 50'000;
    const auto key = [](int i) { return "lakehouse:table:" + std::to_string(10'000'000 + i); };
    EXPECT_OK(write([](Transaction& t) { return t.insert(AssessmentRow{"a1", "l", "source", "{}", "{}", "", 5}); }));
    for (int from = 0; from < count; from += 10'000) {
        std::vector<ResourceRow> rows;
        for (int i = from; i < from + 10'000; ++i) // each number once, far from in order
            rows.push_back({key(static_cast<int>(std::int64_t{i} * 7'919 % count)), "table", "name", "{}"});
        EXPECT_OK(write([&](Transaction& t) { return t.insert("a1", rows); }));
    }
    int at = 0;
    std::string after;
    for (std::size_t size = 1'000; size == 1'000;) {
        const auto page = must(state_->resources("a1", after, 1'000));
        size = page.size();
        for (const auto& row : page)
            ASSERT_EQ(row.key, key(at++));
        after = page.empty() ? after : page.back().key;
    }
    EXPECT_EQ(at, count);
    int visited = 0;
    EXPECT_OK(state_->each_resource("a1", [&](const ResourceRow& row) -> Status {
        EXPECT_EQ(row.key, key(visited++));
        return {};
    }));
    EXPECT_EQ(visited, count);
}

TEST_P(StateContract, text_that_cannot_be_kept_is_refused) {
    for (const auto& bad : {std::string("a\0b", 3), std::string("\xff"), std::string("\xED\xA0\x80")}) {
        const auto status = write([&](Transaction& t) { return t.put(IdMapRow{"key", "target", bad, "made", ""}); });
        EXPECT_KIND(status, ErrorKind::invalid_input);
        EXPECT_EQ(status.error().where(), "id_map.target_id");
    }
    EXPECT_FALSE(must(state_->target_of("key", "target")).has_value());
    make_run(1);
    EXPECT_TRUE(state_->run(std::string_view("run1\0x", 6)).is_error()); // and is not taken for what stands before it
}

TEST_P(StateContract, damage_in_any_table_is_reported_with_the_row) {
    make_run(2);
    EXPECT_OK(write([&](Transaction& t) { return t.insert(PinRow{"run1", "key0", 0, "{}", 4}); }));
    EXPECT_OK(state_->check());
    must(place_->connect()->execute("UPDATE pin SET fingerprint = '{ }'"));
    EXPECT_KIND(state_->pin("run1", "key0"), ErrorKind::corrupt);
    const auto checked = state_->check();
    EXPECT_KIND(checked, ErrorKind::corrupt);
    EXPECT_EQ(checked.error().where(), "pin (run run1, resource key0, round 0)");
    must(place_->connect()->execute("UPDATE step SET reason = 'x' WHERE step = 'step1'"));
    const auto read = state_->steps("run1", {}, -1, 10);
    EXPECT_KIND(read, ErrorKind::corrupt);
    EXPECT_EQ(read.error().where(), "step (run run1, step step1)");
}

TEST_P(StateContract, resource_that_went_missing_is_noticed) {
    EXPECT_OK(write([&](Transaction& t) -> Status {
        TRY(t.insert(AssessmentRow{"a1", "l", "source", "{}", "{}", "", 5}));
        const ResourceRow rows[] = {{"k1", "table", "", "{}"}, {"k2", "table", "", "{}"}};
        return t.insert("a1", rows);
    }));
    must(place_->connect()->execute("DELETE FROM resource WHERE key = 'k1'"));
    EXPECT_KIND(state_->each_resource("a1", [](const ResourceRow&) { return Status(); }), ErrorKind::corrupt);
    EXPECT_KIND(state_->check(), ErrorKind::corrupt);
}

TEST_P(StateContract, same_row_twice_is_a_conflict) {
    const PlanRow row{"p", "l", "{}", 0, 0, ""};
    EXPECT_OK(write([&](Transaction& t) { return t.insert(row); }));
    EXPECT_KIND(write([&](Transaction& t) { return t.insert(row); }), ErrorKind::conflict);
    EXPECT_KIND(
        write([&](Transaction& t) { return t.insert(RunRow{"r", "no such plan", RunState::running, 0, 0, ""}); }),
        ErrorKind::not_found);
}

TEST_P(StateContract, views_answer_people) {
    make_run(2);
    put_step("step0", StepState::done);
    EXPECT_OK(write([&](Transaction& t) -> Status {
        TRY(t.insert(AssessmentRow{"a1", "lakehouse", "source", "{}", "{}", "", 1'700'000'000'000'000}));
        const ResourceRow rows[] = {{"k1", "table", "d", "{}"}, {"k2", "database", "", "{}"}};
        TRY(t.insert("a1", rows));
        const FindingRow findings[] = {{"LAKE-001", "blocking", "k1", "{}"}};
        TRY(t.insert("a1", findings));
        return t.insert(ValidationRow{"run1", "step0", "k1", "rows", "equal", "{}"});
    }));
    const auto connection = place_->connect();
    const auto text = [](const char* value) { return Value(std::string(value)); };
    EXPECT_EQ(must(connection->query("SELECT id, taken_at, resources, blocking, warnings FROM assessments")),
              (std::vector<Values>{
                  {text("a1"), text("2023-11-14T22:13:20Z"), std::int64_t{2}, std::int64_t{1}, std::int64_t{0}}}));
    EXPECT_EQ(must(connection->query("SELECT key, display FROM tables")),
              (std::vector<Values>{{text("k1"), text("d")}}));
    EXPECT_EQ(must(connection->query("SELECT run, lane, state, steps, done, failed FROM migration_jobs")),
              (std::vector<Values>{{text("run1"), text("lakehouse"), text("running"), std::int64_t{2}, std::int64_t{1},
                                    std::int64_t{0}}}));
    EXPECT_EQ(must(connection->query("SELECT run, resource, outcome FROM validation_results")),
              (std::vector<Values>{{text("run1"), text("k1"), text("equal")}}));
}

TEST_P(StateContract, what_was_written_is_there_after_reopening) {
    make_run(2);
    const auto version = state_->schema_version();
    state_.reset();
    state_ = open();
    EXPECT_EQ(state_->schema_version(), version);
    EXPECT_EQ(must(state_->steps("run1", {}, -1, 10)).size(), 2U);
    EXPECT_OK(state_->check_structure());
}

} // namespace

} // namespace godwit::store
