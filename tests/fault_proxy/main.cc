// fault_proxy http://127.0.0.1:PORT [RULES]: a FaultProxy as a process of its own, for tests in other languages.
//
// Prints {"endpoint":"http://127.0.0.1:...","port":...} and obeys lines on standard input, with one line of answer
// each:
//   [...]    a JSON array of rules replaces the rules        {"rules":2}
//   report   what went through since the rules were set
//   {"faults":1,"forwarded":3,"log":[...],"matches":[1],"requests":3}
// What it cannot understand it answers with {"error":"..."}. It ends with its standard input.

#include "base/json.h"
#include "base/text.h"
#include "fault_proxy/fault_proxy.h"

#include <nlohmann/json.hpp>

#include <iostream>
#include <string>

namespace {

using godwit::Json;
using godwit::testing::FaultProxy;

void say(const Json& value) { std::cout << godwit::canonical_json(value) << std::endl; }

Json report(const FaultProxy& proxy) {
    const auto counters = proxy.counters();
    Json log = Json::array();
    for (const auto& line : proxy.log())
        log.push_back(godwit::printable(line));
    return {{"requests", counters.requests},
            {"forwarded", counters.forwarded},
            {"faults", counters.faults},
            {"matches", counters.matches},
            {"log", log}};
}

Json obey(FaultProxy& proxy, const std::string& line) {
    if (godwit::trim(line) == "report")
        return report(proxy);
    auto rules = godwit::testing::parse_fault_rules(line);
    if (rules.is_error())
        return {{"error", rules.error().to_line()}};
    const auto count = rules->size();
    proxy.set_rules(std::move(*rules));
    return {{"rules", count}};
}

} // namespace

int main(int count, char** arguments) {
    if (count != 2 && count != 3) {
        std::cerr << "usage: fault_proxy http://127.0.0.1:PORT [RULES]\n";
        return 2;
    }
    auto rules = godwit::testing::parse_fault_rules(count == 3 ? arguments[2] : "[]");
    if (rules.is_error()) {
        std::cerr << rules.error().to_block();
        return 2;
    }
    auto proxy = FaultProxy::start(arguments[1], std::move(*rules));
    if (proxy.is_error()) {
        std::cerr << proxy.error().to_block();
        return 2;
    }
    say({{"endpoint", (*proxy)->endpoint()}, {"port", (*proxy)->port()}});
    for (std::string line; std::getline(std::cin, line);)
        say(obey(**proxy, line));
    return 0;
}
