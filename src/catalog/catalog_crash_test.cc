#include "base/fault_point.h"
#include "catalog/test_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <functional>
#include <sys/wait.h>
#include <unistd.h>

namespace godwit::catalog {

namespace {

/// Runs a catalogue in a process that is killed, and looks at what is left from another.
class CatalogCrashTest : public testing::Test {
protected:
    using Ask = std::function<Reply(const std::string&, const std::string&, const Json&)>;

    void SetUp() override { ASSERT_FALSE(make_folders(warehouse_).is_error()); }

    /// The child makes `run` over and over until something kills it or `rounds` are over, and says so after each
    /// request.
    pid_t start_child(const std::function<void()>& prepare, int rounds, int channel) {
        const pid_t child = ::fork();
        if (child != 0)
            return child;
        ::signal(SIGPIPE, SIG_DFL);
        prepare();
        with_catalog([&](const Ask& ask) {
            const Ask reporting = [&](const std::string& method, const std::string& target, const Json& body) {
                Reply reply = ask(method, target, body);
                const char byte = '.';
                if (::write(channel, &byte, 1) != 1)
                    ::_exit(2);
                return reply;
            };
            for (int round = 0; round < rounds; ++round)
                run_requests(reporting, round);
        });
        ::_exit(0);
    }

    /// Everything that moves a pointer. What stands from an earlier child is answered with a conflict.
    static void run_requests(const Ask& ask, int round) {
        const std::string name = "t" + std::to_string(round % 3);
        const std::string path = "/v1/namespaces/n/tables/" + name;
        ask("POST", "/v1/namespaces", {{"namespace", {"n"}}});
        ask("POST", "/v1/namespaces/n/tables", {{"name", name}, {"schema", World::schema()}});
        for (int i = 0; i < 3; ++i)
            ask("POST", path, change("k" + std::to_string(round), std::to_string(i)));
        Json first = change("x", "1");
        first["identifier"] = {{"namespace", {"n"}}, {"name", "t0"}};
        Json second = change("x", "2");
        second["identifier"] = {{"namespace", {"n"}}, {"name", "t1"}};
        ask("POST", "/v1/transactions/commit", {{"table-changes", {first, second}}});
        if (round % 5 == 4)
            ask("DELETE", path + "?purgeRequested=true", Json());
    }
    static Json change(const std::string& key, const std::string& value) {
        return {{"requirements", Json::array()},
                {"updates", {{{"action", "set-properties"}, {"updates", {{key, value}}}}}}};
    }

    void with_catalog(const std::function<void(const Ask&)>& use) {
        ManualClock clock(1'700'000'000'000'000);
        SystemRandom random;
        const auto catalog = Catalog::open({warehouse_, folder_.path() + "/catalog.db", {}}, clock, random);
        ASSERT_FALSE(catalog.is_error()) << catalog.error().to_block();
        use([&](const std::string& method, const std::string& target, const Json& body) {
            net::HttpRequest request;
            request.method = method;
            request.target = target;
            request.body = body.is_null() ? "" : body.dump();
            const net::HttpResponse response = (*catalog)->handle(request);
            return Reply{response.status, response.body.empty() ? Json() : Json::parse(response.body), {}};
        });
    }

    /// Every pointer names a file that is a table, and the two tables of a transaction have both or neither of its
    /// changes.
    void expect_consistent() {
        with_catalog([&](const Ask& ask) {
            const Reply listed = ask("GET", "/v1/namespaces/n/tables", Json());
            if (listed.status == 404)
                return;
            for (const Json& id : listed.body["identifiers"]) {
                const std::string path = "/v1/namespaces/n/tables/" + id["name"].get<std::string>();
                EXPECT_EQ(ask("GET", path, Json()).status, 200) << id;
                EXPECT_EQ(ask("POST", path, change("after", "crash")).status, 200) << id;
            }
        });
    }

    TemporaryFolder folder_ = TemporaryFolder::create().value();
    std::string warehouse_ = folder_.path() + "/warehouse";
};

TEST_F(CatalogCrashTest, AKillAtEveryFaultPointLeavesWholeTables) {
    for (const char* point : {"catalog.metadata_written", "catalog.pointer_moved", "catalog.dropped"}) {
        for (std::uint64_t nth = 1; nth <= 5; ++nth) {
            int channel[2];
            ASSERT_EQ(::pipe(channel), 0);
            const pid_t child = start_child([&] { set_fault(point, nth, FaultAction::kill); }, 30, channel[1]);
            ::close(channel[1]);
            int status = 0;
            ASSERT_EQ(::waitpid(child, &status, 0), child);
            ::close(channel[0]);
            EXPECT_TRUE(WIFSIGNALED(status)) << point << " was not passed " << nth << " times";
            expect_consistent();
        }
    }
}

TEST_F(CatalogCrashTest, AKillAtAnyMomentLeavesWholeTables) {
    SeededRandom random(42);
    for (int kill = 0; kill < 12; ++kill) {
        int channel[2];
        ASSERT_EQ(::pipe(channel), 0);
        const pid_t child = start_child([] {}, 1'000'000, channel[1]);
        ::close(channel[1]);
        // Some requests later, wherever the child is then.
        const int requests = 1 + static_cast<unsigned char>(random.bytes(1)[0]) % 40;
        char byte = 0;
        for (int i = 0; i < requests; ++i)
            ASSERT_EQ(::read(channel[0], &byte, 1), 1);
        ::kill(child, SIGKILL);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ::close(channel[0]);
        expect_consistent();
    }
}

TEST(CatalogFaultTest, AFailureAfterThePointerMovedIsNotTakenBack) {
    World world;
    world.create_namespace({"n"});
    set_fault("catalog.pointer_moved", 1, FaultAction::error);
    const Reply lost = world.create_table("n", "t");
    clear_fault();
    EXPECT_EQ(lost.status, 500);
    EXPECT_EQ(world.get("/v1/namespaces/n/tables/t").status, 200);
}

TEST(CatalogFaultTest, TwoProcessesDoNotOverwriteEachOther) {
    World world;
    world.create_namespace({"n"});
    world.create_table("n", "t");
    ManualClock clock(0);
    SeededRandom random(5);
    const auto second = Catalog::open({world.warehouse(), world.database(), {}}, clock, random).value();
    net::HttpRequest request;
    request.method = "POST";
    request.target = "/v1/namespaces/n/tables/t";
    request.body = R"({"requirements":[],"updates":[{"action":"set-properties","updates":{"second":"1"}}]})";
    ASSERT_EQ(second->handle(request).status, 200);
    const Reply first = world.set_property("/v1/namespaces/n/tables/t", "first", "1");
    ASSERT_EQ(first.status, 200);
    EXPECT_EQ(first.body["metadata"]["properties"], Json({{"first", "1"}, {"second", "1"}}));
}

} // namespace

} // namespace godwit::catalog
