// A state database with one assessment of many resources, and how long its parts take: filling, pages of a list.
#include "base/text.h"
#include "bench/tool.h"
#include "store/state.h"

#include <nlohmann/json.hpp>

namespace {

using namespace godwit;

constexpr std::size_t kBatch = 1'000;
constexpr std::size_t kPages = 100;
constexpr std::size_t kPageRows = 100;

std::string key_of(std::size_t number) {
    auto digits = std::to_string(number);
    digits.insert(0, 9 - digits.size(), '0');
    return "lakehouse:table:123456789012/eu-west-1/123456789012/sales/table_" + digits;
}

store::ResourceRow resource(std::size_t number) {
    const auto text = std::to_string(number);
    return {key_of(number), "table", "sales.table_" + text,
            R"({"files":"12","kind":"iceberg","location":"s3://acme-lake/warehouse/sales/table_)" + text +
                R"(","readiness":"ready","rows":"123456","bytes":"987654321"})"};
}

Result<Json> fill(store::State& state, Clock& clock, std::size_t count) {
    const bench::Stopwatch stopwatch(clock);
    const store::AssessmentRow assessment{"bench", "lakehouse", "source", "{}", "{}", "", clock.now()};
    TRY(state.write({}, [&](store::Transaction& transaction) { return transaction.insert(assessment); }));
    for (std::size_t start = 0; start < count; start += kBatch) {
        std::vector<store::ResourceRow> rows;
        for (auto i = start; i < std::min(start + kBatch, count); ++i)
            rows.push_back(resource(i));
        TRY(state.write({}, [&](store::Transaction& transaction) { return transaction.insert("bench", rows); }));
    }
    TRY(state.write({}, [&](store::Transaction& transaction) {
        return transaction.finish_assessment("bench", "{}", std::string(64, '0'));
    }));
    return Json{{"seconds", stopwatch.seconds()}};
}

/// Pages from all over the list, each on its own.
Result<Json> pages(store::State& state, Clock& clock, std::size_t count) {
    std::vector<double> seconds;
    for (std::size_t i = 0; i < kPages; ++i) {
        const bench::Stopwatch stopwatch(clock);
        const auto page = TRY(state.resources("bench", key_of(i * (count / kPages)), kPageRows));
        seconds.push_back(stopwatch.seconds());
        if (page.empty())
            return Error::make(ErrorKind::bug, "a page in the middle of the list is empty");
    }
    return Json{{"page_seconds", seconds}};
}

Result<Json> structure(store::State& state, Clock& clock) {
    const bench::Stopwatch stopwatch(clock);
    TRY(state.check_structure());
    return Json{{"seconds", stopwatch.seconds()}};
}

Result<Json> check(store::State& state, Clock& clock) {
    const bench::Stopwatch stopwatch(clock);
    TRY(state.check());
    return Json{{"seconds", stopwatch.seconds()}};
}

Result<Json> work(const std::vector<std::string>& arguments) {
    SystemClock clock;
    SystemRandom random;
    const bench::Stopwatch opening(clock);
    const auto state = TRY(store::State::open(TRY(store::StateLocation::parse(arguments[1])), clock, random));
    const auto opened = opening.seconds();
    const auto count = TRY(parse_uint64(arguments[2]));
    auto figures = arguments[0] == "fill"        ? fill(*state, clock, count)
                   : arguments[0] == "pages"     ? pages(*state, clock, count)
                   : arguments[0] == "structure" ? structure(*state, clock)
                                                 : check(*state, clock);
    if (figures)
        (*figures)["open_seconds"] = opened;
    return figures;
}

} // namespace

int main(int count, char** values) {
    return bench::run_tool(count, values, "state_rows fill|pages|structure|check FILE COUNT", 3, work);
}
