#include "rows/row_digest.h"

#include "base/digest.h"
#include "rows/row_encoder.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>

namespace godwit::rows {

namespace {

std::uint64_t big_endian(const std::uint8_t* bytes) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes, sizeof value);
    return __builtin_bswap64(value);
}

/// What is kept of one column of one group while rows come.
struct Tally {
    std::uint64_t nulls = 0;
    std::uint64_t unrepresentable = 0;
    bool any = false;
    bool by_bytes = false;
    unsigned __int128 least = 0;
    unsigned __int128 greatest = 0;
    std::string least_bytes;
    std::string greatest_bytes;

    void add(const CellOrder& order) {
        if (!any) {
            any = true;
            by_bytes = order.by_bytes;
            least = greatest = order.number;
            least_bytes = greatest_bytes = order.bytes;
        } else if (by_bytes) {
            if (order.bytes < least_bytes)
                least_bytes = order.bytes;
            else if (order.bytes > greatest_bytes)
                greatest_bytes = order.bytes;
        } else {
            least = std::min(least, order.number);
            greatest = std::max(greatest, order.number);
        }
    }

    OrderedValue minimum() const { return value(least, least_bytes); }
    OrderedValue maximum() const { return value(greatest, greatest_bytes); }

private:
    OrderedValue value(unsigned __int128 number, const std::string& bytes) const {
        if (!any)
            return std::nullopt;
        if (by_bytes)
            return bytes;
        RowBuffer buffer;
        buffer.put_int128(static_cast<__int128>(number));
        return std::string(buffer.view(0, buffer.size()));
    }
};

struct Group {
    std::string name;
    std::uint64_t rows = 0;
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::vector<Tally> tallies;
};

GroupDigest digest_of(const Group& group) {
    GroupDigest digest{group.rows, group.high, group.low, {}, {}, {}, {}};
    for (const auto& tally : group.tallies) {
        digest.nulls.push_back(tally.nulls);
        digest.unrepresentable.push_back(tally.unrepresentable);
        digest.minimum.push_back(tally.minimum());
        digest.maximum.push_back(tally.maximum());
    }
    return digest;
}

/// Two keys may share a name (a null and the text that stands for it), then they are one group.
void merge(const Tally& from, Tally& into) {
    into.nulls += from.nulls;
    into.unrepresentable += from.unrepresentable;
    if (from.any) {
        into.add({true, from.by_bytes, from.least, from.least_bytes});
        into.add({true, from.by_bytes, from.greatest, from.greatest_bytes});
    }
}

void merge(const Group& from, Group& into) {
    into.rows += from.rows;
    into.high += from.high;
    into.low += from.low;
    for (std::size_t i = 0; i < from.tallies.size(); ++i)
        merge(from.tallies[i], into.tallies[i]);
}

} // namespace

struct RowDigester::State {
    RowEncoder encoder;
    DigestOptions options;
    std::unordered_map<std::string, std::unique_ptr<Group>> groups;
    std::string key;
    std::string last_key;
    Group* last_group = nullptr;

    State(RowEncoder row_encoder, const DigestOptions& digest_options)
        : encoder(std::move(row_encoder)), options(digest_options) {}

    Result<Group*> group_of_row() {
        encoder.gather(encoder.grouping(), key);
        if (last_group != nullptr && key == last_key)
            return last_group;
        auto found = groups.find(key);
        if (found == groups.end()) {
            if (groups.size() == options.max_groups)
                return Error::make(ErrorKind::unsupported, "the comparison has too many groups")
                    .why("more than " + std::to_string(options.max_groups) +
                         " combinations of the grouping columns occur")
                    .fix("group by fewer columns");
            auto group = std::make_unique<Group>();
            group->name = encoder.group_name();
            group->tallies.resize(encoder.columns());
            found = groups.emplace(key, std::move(group)).first;
        }
        last_key = key;
        last_group = found->second.get();
        return last_group;
    }

    Status add_row() {
        Group& group = *TRY(group_of_row());
        const auto hash = md5(encoder.bytes());
        ++group.rows;
        group.high += big_endian(hash.data());
        group.low += big_endian(hash.data() + 8);
        for (std::size_t i = 0; i < encoder.columns(); ++i) {
            Tally& tally = group.tallies[i];
            switch (encoder.state(i)) {
            case CellState::null: ++tally.nulls; break;
            case CellState::unrepresentable: ++tally.unrepresentable; break;
            case CellState::value: {
                const auto order = order_of_cell(encoder.schema().columns[i].type, encoder.cell(i));
                if (order.ordered)
                    tally.add(order);
                break;
            }
            }
        }
        return {};
    }
};

RowDigester::RowDigester(std::unique_ptr<State> state) : state_(std::move(state)) {}
RowDigester::RowDigester(RowDigester&&) noexcept = default;
RowDigester& RowDigester::operator=(RowDigester&&) noexcept = default;
RowDigester::~RowDigester() = default;

Result<RowDigester> RowDigester::create(const ComparisonSchema& schema, Side side, const DigestOptions& options) {
    auto encoder = TRY(RowEncoder::create(schema, side, options.max_row_bytes));
    return RowDigester(std::make_unique<State>(std::move(encoder), options));
}

Status RowDigester::add(const Batch& batch) {
    TRY(state_->encoder.bind(batch));
    for (std::int64_t row = 0; row < batch.num_rows(); ++row) {
        TRY(state_->encoder.encode(row));
        TRY(state_->add_row());
    }
    return {};
}

TableDigest RowDigester::finish() {
    std::map<std::string, Group> merged;
    TableDigest digest;
    for (const auto& [key, group] : state_->groups) {
        digest.rows += group->rows;
        const auto [at, is_new] = merged.try_emplace(group->name);
        if (is_new)
            at->second.tallies.resize(state_->encoder.columns());
        merge(*group, at->second);
    }
    for (const auto& [name, group] : merged)
        digest.groups.emplace(name, digest_of(group));
    state_->groups.clear();
    state_->last_group = nullptr;
    return digest;
}

Result<TableDigest> digest_rows(const ComparisonSchema& schema, Side side, const BatchStream& stream,
                                const DigestOptions& options) {
    auto digester = TRY(RowDigester::create(schema, side, options));
    while (const auto batch = TRY(stream()))
        TRY(digester.add(*batch));
    return digester.finish();
}

Result<std::string> encode_row(const ComparisonSchema& schema, Side side, const Batch& batch, std::int64_t row) {
    auto encoder = TRY(RowEncoder::create(schema, side, DigestOptions{}.max_row_bytes));
    TRY(encoder.bind(batch));
    TRY(encoder.encode(row));
    return std::string(encoder.bytes());
}

namespace {

GroupDigest missing_group(std::size_t columns) {
    return {0,
            0,
            0,
            std::vector<std::uint64_t>(columns),
            std::vector<std::uint64_t>(columns),
            std::vector<OrderedValue>(columns),
            std::vector<OrderedValue>(columns)};
}

template <typename T>
std::vector<std::string> names_where(const ComparisonSchema& schema, const T& holds) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < schema.columns.size(); ++i)
        if (holds(i))
            names.push_back(schema.columns[i].name);
    return names;
}

GroupDifference difference_of(const ComparisonSchema& schema, const std::string& name, const GroupDigest& source,
                              const GroupDigest& target) {
    GroupDifference difference;
    difference.group = name;
    difference.source_rows = source.rows;
    difference.target_rows = target.rows;
    difference.null_counts_differ =
        names_where(schema, [&](std::size_t i) { return source.nulls[i] != target.nulls[i]; });
    difference.minimum_differs =
        names_where(schema, [&](std::size_t i) { return source.minimum[i] != target.minimum[i]; });
    difference.maximum_differs =
        names_where(schema, [&](std::size_t i) { return source.maximum[i] != target.maximum[i]; });
    difference.unrepresentable = names_where(
        schema, [&](std::size_t i) { return source.unrepresentable[i] != 0 || target.unrepresentable[i] != 0; });
    difference.rows_differ = source.rows != target.rows || source.high != target.high || source.low != target.low ||
                             !difference.unrepresentable.empty();
    return difference;
}

bool is_difference(const GroupDifference& difference) {
    return difference.rows_differ || !difference.null_counts_differ.empty() || !difference.minimum_differs.empty() ||
           !difference.maximum_differs.empty();
}

} // namespace

DigestComparison compare(const ComparisonSchema& schema, const TableDigest& source, const TableDigest& target) {
    DigestComparison comparison;
    comparison.source_rows = source.rows;
    comparison.target_rows = target.rows;
    const auto missing = missing_group(schema.columns.size());
    const auto look = [&](const std::string& name, const GroupDigest& a, const GroupDigest& b) {
        ++comparison.groups;
        auto difference = difference_of(schema, name, a, b);
        if (is_difference(difference))
            comparison.differences.push_back(std::move(difference));
    };
    for (const auto& [name, group] : source.groups) {
        const auto found = target.groups.find(name);
        look(name, group, found == target.groups.end() ? missing : found->second);
    }
    for (const auto& [name, group] : target.groups)
        if (!source.groups.contains(name))
            look(name, missing, group);
    std::sort(comparison.differences.begin(), comparison.differences.end(),
              [](const auto& a, const auto& b) { return a.group < b.group; });
    return comparison;
}

} // namespace godwit::rows
