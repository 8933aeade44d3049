// Copies everything below a folder as the copy step of an apply does, then compares both sides as its check does.
#include "bench/memory_context.h"
#include "bench/tool.h"
#include "transfer/copy_files.h"

#include <nlohmann/json.hpp>

namespace {

using namespace godwit;

class FolderListing final : public transfer::CopyListing {
public:
    FolderListing(std::string folder, clients::FileLister lister)
        : folder_(std::move(folder)), lister_(std::move(lister)) {}

    Result<std::optional<transfer::CopyObject>> next() override {
        auto entry = TRY(lister_.next());
        if (!entry)
            return std::optional<transfer::CopyObject>();
        return std::optional(transfer::CopyObject{"copy/" + entry->key, folder_, entry->key, entry->key});
    }

private:
    std::string folder_;
    clients::FileLister lister_;
};

class FolderPlanner final : public transfer::CopyPlanner {
public:
    explicit FolderPlanner(std::string folder) : folder_(std::move(folder)) {}

    Result<std::unique_ptr<transfer::CopyListing>> list(core::StepContext&) override {
        source_.emplace(TRY(clients::FileSource::open(folder_)));
        return std::unique_ptr<transfer::CopyListing>(std::make_unique<FolderListing>(folder_, TRY(source_->list())));
    }
    Result<std::string> fingerprint(core::StepContext&) override { return std::string("{}"); }
    Result<std::string> copy_step(core::StepContext& context) override { return context.step().id(); }

private:
    std::string folder_;
    std::optional<clients::FileSource> source_;
};

Result<Json> work(const std::vector<std::string>& arguments) {
    FolderPlanner planner(arguments[0]);
    const auto target = TRY(clients::FileTarget::open(arguments[1]));
    bench::MemoryContext context({}, arguments[2]);
    SystemClock clock;
    transfer::CopyFiles copy("bench.copy", planner, target);
    const bench::Stopwatch copying(clock);
    TRY(copy.apply(context));
    const auto copied = copying.seconds();
    transfer::CompareFiles compare("bench.compare", planner, target);
    const bench::Stopwatch comparing(clock);
    const auto applied = TRY(compare.apply(context));
    if (!applied.verdict || applied.verdict->equality != core::Equality::equal)
        return Error::make(ErrorKind::different, "the copy is not equal to its source");
    return Json{{"seconds", copied},
                {"check_seconds", comparing.seconds()},
                {"objects", context.objects()},
                {"bytes", context.bytes()}};
}

} // namespace

int main(int count, char** values) {
    return bench::run_tool(count, values, "copy_tree SOURCE TARGET RUN_FILES", 3, work);
}
