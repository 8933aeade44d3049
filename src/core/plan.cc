#include "core/plan.h"

#include "base/bytes.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "core/keys.h"
#include "core/plan_order.h"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstdio>
#include <span>
#include <utility>

namespace godwit::core {

namespace {

constexpr std::size_t kLineLimit = std::size_t{16} << 20;
constexpr std::size_t kBuffer = std::size_t{1} << 16;

void add_to(PlanTotals& totals, const PlanStep& step) {
    ++totals.steps;
    ++totals.by_action[std::string(to_string(step.action))];
    if (step.action == Action::skip)
        return;
    totals.estimate.objects += step.estimate.objects;
    totals.estimate.bytes += step.estimate.bytes;
    totals.estimate.seconds += step.estimate.seconds;
}

Error damaged(std::string why) {
    return Error::make(ErrorKind::invalid_input, "the plan file cannot be used")
        .why(std::move(why))
        .fix("make the plan again with `godwit plan create`; plan files are not edited by hand");
}

/// What was named by mistake is told apart from a plan that was damaged.
Status require_plan(const std::string& first_line) {
    const auto json = parse_json(first_line);
    const auto schema = json && json->is_object() ? json_string_or(*json, "schema", {}).value_or("") : std::string();
    if (schema.starts_with("godwit.plan/"))
        return {};
    return Error::make(ErrorKind::invalid_input, "the file is no plan")
        .why("it does not begin with the header of one")
        .fix("name the file that `godwit plan create --out FILE` wrote");
}

/// Lines of a source in bounded memory; every byte passes the hash.
class LineReader {
public:
    LineReader(ByteSource& source, Sha256& hash) : source_(&source), hash_(&hash) {}

    /// False at the end. A last line without its line end is damage.
    Result<bool> next(std::string& line) {
        line.clear();
        for (;;) {
            const auto end = buffer_.find('\n', position_);
            line.append(buffer_, position_, end == std::string::npos ? std::string::npos : end - position_);
            if (line.size() > kLineLimit)
                return damaged("a line is longer than " + human_bytes(kLineLimit));
            if (end != std::string::npos) {
                position_ = end + 1;
                return true;
            }
            if (!TRY(fill())) {
                if (!line.empty())
                    return damaged("the file ends in the middle of a line");
                return false;
            }
        }
    }

private:
    Result<bool> fill() {
        buffer_.resize(kBuffer);
        const auto count = TRY(source_->read_at(offset_, std::span(buffer_)));
        buffer_.resize(count);
        hash_->update(buffer_);
        offset_ += count;
        position_ = 0;
        return count > 0;
    }

    ByteSource* source_;
    Sha256* hash_;
    std::string buffer_;
    std::size_t position_ = 0;
    std::uint64_t offset_ = 0;
};

Status require_canonical(std::string_view line) {
    if (canonical_json(TRY(parse_json(line))) != line)
        return damaged("a line is not canonical JSON");
    return {};
}

struct StepOrder {
    std::int64_t depth = 0;
    std::string key;

    Status follow(std::int64_t next_depth, std::string next_key) {
        if (next_depth < depth || (next_depth == depth && next_key <= key))
            return damaged("its steps are not sorted by depth and key");
        depth = next_depth;
        key = std::move(next_key);
        return {};
    }
};

std::string trailer(std::uint64_t steps) { return canonical_json({{"steps", std::to_string(steps)}}); }

} // namespace

struct PlanWriter::Impl {
    std::string file;
    PlanHeader header;
    PlanOrder order;
    PlanTotals totals;
};

PlanWriter::PlanWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PlanWriter::~PlanWriter() = default;
PlanWriter::PlanWriter(PlanWriter&&) noexcept = default;

Result<PlanWriter> PlanWriter::create(const std::string& file, PlanHeader header) {
    auto order = TRY(PlanOrder::create(file + ".sorting"));
    return PlanWriter(std::make_unique<Impl>(Impl{file, std::move(header), std::move(order), {}}));
}

Status PlanWriter::step(const PlanStep& step) {
    add_to(impl_->totals, step);
    return impl_->order.add({step.id(), step.key(), plan_step_to_json(step), step.depends_on});
}

const PlanTotals& PlanWriter::totals() const { return impl_->totals; }

Result<std::string> PlanWriter::finish() {
    TRY(impl_->order.arrange());
    const std::string temporary = impl_->file + ".writing";
    if (file_exists(temporary))
        TRY(remove_file(temporary));
    auto file = TRY(File::create(temporary, 0600));
    Sha256 hash;
    std::string buffer;
    const auto put = [&](std::string_view line) -> Status {
        buffer.append(line).push_back('\n');
        if (buffer.size() < kBuffer)
            return {};
        hash.update(buffer);
        TRY(file.write(buffer));
        buffer.clear();
        return {};
    };
    TRY(put(plan_header_to_json(impl_->header)));
    TRY(impl_->order.each([&](std::int64_t depth, std::string_view line) -> Status {
        auto json = TRY(parse_json(line));
        json["depth"] = depth;
        return put(canonical_json(json));
    }));
    TRY(put(trailer(impl_->totals.steps)));
    hash.update(buffer);
    TRY(file.write(buffer));
    TRY(file.sync());
    TRY(file.close());
    auto digest = hex(hash.finish());
    if (std::rename(temporary.c_str(), impl_->file.c_str()) != 0)
        return system_error(errno, "the plan cannot be put in its place", impl_->file);
    const auto name = impl_->file.substr(impl_->file.rfind('/') + 1);
    TRY(write_file_durably(impl_->file + ".sha256", digest + "  " + name + "\n"));
    return digest;
}

Result<PlanFile> read_plan(ByteSource& source, const PlanVisitor& visit) {
    Sha256 hash;
    LineReader reader(source, hash);
    PlanFile plan{source.name(), {}, {}, 0, {}};
    StepOrder order{-1, {}};
    std::string line;
    std::int64_t number = 1;
    const auto read = [&]() -> Status {
        if (!TRY(reader.next(line)))
            return damaged("it is empty");
        TRY(require_plan(line));
        TRY(require_canonical(line));
        plan.header = TRY(plan_header_from_json(line));
        for (;;) {
            ++number;
            if (!TRY(reader.next(line)))
                return damaged("its last line is missing: it was not written or copied to the end");
            if (line == trailer(plan.steps))
                break;
            TRY(require_canonical(line));
            const auto step = TRY(plan_step_from_json(line));
            TRY(order.follow(TRY(json_int64(TRY(parse_json(line)), "depth")), step.key()));
            add_to(plan.totals, step);
            if (visit)
                TRY(visit(step, static_cast<std::int64_t>(plan.steps), line));
            ++plan.steps;
        }
        ++number;
        if (TRY(reader.next(line)))
            return damaged("something follows its last line");
        return {};
    };
    if (auto status = read(); status.is_error())
        return std::move(status).error().at("line " + std::to_string(number)).at(printable(plan.path));
    plan.digest = hex(hash.finish());
    return plan;
}

Result<PlanFile> read_plan(const std::string& path, const PlanVisitor& visit) {
    auto source = TRY(FileSource::open(path));
    return read_plan(source, visit);
}

Result<std::optional<std::string>> stated_digest(const std::string& path) {
    const std::string side = path + ".sha256";
    if (!file_exists(side))
        return std::optional<std::string>();
    const auto text = TRY(read_file(side, 4096));
    const auto digest = text.substr(0, text.find(' '));
    if (digest.size() != 64 || from_hex(digest).is_error())
        return damaged("its side file does not begin with a SHA-256").at(printable(side));
    return std::optional(digest);
}

} // namespace godwit::core
