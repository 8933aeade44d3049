#include "rows/row_difference.h"

#include "base/digest.h"
#include "base/text.h"
#include "rows/row_encoder.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace godwit::rows {

namespace {

constexpr std::uint32_t kBuckets = 4'096;
constexpr std::size_t kHashDigits = 12;

std::uint64_t first_64_bits(const Md5Bytes& hash) {
    std::uint64_t value = 0;
    std::memcpy(&value, hash.data(), sizeof value);
    return __builtin_bswap64(value);
}

std::uint64_t last_64_bits(const Md5Bytes& hash) {
    std::uint64_t value = 0;
    std::memcpy(&value, hash.data() + 8, sizeof value);
    return __builtin_bswap64(value);
}

struct BucketSum {
    std::uint64_t rows = 0;
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    bool unrepresentable = false;
    bool operator==(const BucketSum&) const = default;
};
using GroupBuckets = std::map<std::string, std::vector<BucketSum>>;

/// A row of a bucket that differs.
struct Candidate {
    std::string group;
    std::uint32_t bucket = 0;
    Md5Bytes identifier{};
    Md5Bytes hash{};
    std::vector<std::uint64_t> columns; ///< a hash of each cell
    std::vector<bool> unrepresentable;  ///< for each column; empty if none is
    RowDifference::Address address;
};

/// One pass over a side: `visit` sees every row of the groups looked at, after it was encoded.
class Pass {
public:
    struct Row {
        const std::string& group;
        std::uint32_t bucket;
        const Md5Bytes& identifier;
        const Md5Bytes& hash;
        bool unrepresentable;
        const AddressedBatch& batch;
        std::int64_t row;
    };

    Pass(const ComparisonSchema& schema, Side side, const std::set<std::string>& groups)
        : schema_(schema), side_(side), groups_(groups) {}

    template <typename Visit>
    Status run(const OpenSide& open, const Visit& visit) {
        auto encoder = TRY(RowEncoder::create(schema_, side_, DigestOptions{}.max_row_bytes));
        const auto stream = TRY(open());
        while (true) {
            const auto batch = TRY(stream());
            if (!batch.batch)
                return {};
            TRY(encoder.bind(*batch.batch));
            for (std::int64_t row = 0; row < batch.batch->num_rows(); ++row) {
                TRY(encoder.encode(row));
                TRY(visit_row(encoder, batch, row, visit));
            }
        }
    }

private:
    template <typename Visit>
    Status visit_row(const RowEncoder& encoder, const AddressedBatch& batch, std::int64_t row, const Visit& visit) {
        encoder.gather(encoder.grouping(), key_);
        if (!named_ || key_ != last_key_) {
            group_ = encoder.group_name();
            last_key_ = key_;
            named_ = true;
        }
        if (!groups_.contains(group_))
            return {};
        const auto hash = md5(encoder.bytes());
        auto identifier = hash;
        if (!encoder.identifiers().empty()) {
            encoder.gather(encoder.identifiers(), key_);
            identifier = md5(key_);
        }
        bool unrepresentable = false;
        for (std::size_t i = 0; i < encoder.columns(); ++i)
            unrepresentable = unrepresentable || encoder.state(i) == CellState::unrepresentable;
        const auto bucket = static_cast<std::uint32_t>(first_64_bits(identifier) % kBuckets);
        return visit(encoder, Row{group_, bucket, identifier, hash, unrepresentable, batch, row});
    }

    const ComparisonSchema& schema_;
    Side side_;
    const std::set<std::string>& groups_;
    std::string key_;
    std::string last_key_;
    std::string group_;
    bool named_ = false;
};

Result<GroupBuckets> sum_buckets(const ComparisonSchema& schema, Side side, const std::set<std::string>& groups,
                                 const OpenSide& open) {
    GroupBuckets buckets;
    Pass pass(schema, side, groups);
    TRY(pass.run(open, [&](const RowEncoder&, const Pass::Row& row) -> Status {
        auto& sums = buckets[row.group];
        sums.resize(kBuckets);
        auto& sum = sums[row.bucket];
        ++sum.rows;
        sum.high += first_64_bits(row.hash);
        sum.low += last_64_bits(row.hash);
        sum.unrepresentable = sum.unrepresentable || row.unrepresentable;
        return {};
    }));
    return buckets;
}

using BucketSet = std::set<std::pair<std::string, std::uint32_t>>;

/// The buckets that differ, as many as fit the limit; what does not fit is counted as far as row counts tell.
BucketSet choose_buckets(const std::set<std::string>& groups, GroupBuckets& source, GroupBuckets& target,
                         const NarrowOptions& options, Narrowing& narrowing) {
    BucketSet chosen;
    std::uint64_t source_rows = 0;
    std::uint64_t target_rows = 0;
    for (const auto& group : groups) {
        auto& a = source[group];
        auto& b = target[group];
        a.resize(kBuckets);
        b.resize(kBuckets);
        for (std::uint32_t i = 0; i < kBuckets; ++i) {
            if (a[i] == b[i] && !a[i].unrepresentable)
                continue;
            if (source_rows + a[i].rows > options.max_candidates || target_rows + b[i].rows > options.max_candidates) {
                narrowing.complete = false;
                narrowing.different +=
                    std::max<std::uint64_t>(1, std::max(a[i].rows, b[i].rows) - std::min(a[i].rows, b[i].rows));
                continue;
            }
            source_rows += a[i].rows;
            target_rows += b[i].rows;
            chosen.emplace(group, i);
        }
    }
    return chosen;
}

Candidate candidate_of(const RowEncoder& encoder, const Pass::Row& row) {
    Candidate candidate{
        row.group, row.bucket, row.identifier, row.hash, {}, {}, {row.batch.file, row.batch.first_row + row.row}};
    for (std::size_t i = 0; i < encoder.columns(); ++i)
        candidate.columns.push_back(first_64_bits(md5(encoder.cell(i))));
    if (row.unrepresentable)
        for (std::size_t i = 0; i < encoder.columns(); ++i)
            candidate.unrepresentable.push_back(encoder.state(i) == CellState::unrepresentable);
    return candidate;
}

Result<std::vector<Candidate>> collect(const ComparisonSchema& schema, Side side, const std::set<std::string>& groups,
                                       const BucketSet& buckets, const OpenSide& open) {
    std::vector<Candidate> candidates;
    Pass pass(schema, side, groups);
    TRY(pass.run(open, [&](const RowEncoder& encoder, const Pass::Row& row) -> Status {
        if (buckets.contains({row.group, row.bucket}))
            candidates.push_back(candidate_of(encoder, row));
        return {};
    }));
    std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
        return std::tie(a.group, a.bucket, a.hash, a.address.file, a.address.row) <
               std::tie(b.group, b.bucket, b.hash, b.address.file, b.address.row);
    });
    return candidates;
}

/// Takes out the rows that both sides have. A row with a value that is not representable equals none.
void drop_equal(std::vector<Candidate>& source, std::vector<Candidate>& target) {
    std::vector<Candidate> left_source;
    std::vector<Candidate> left_target;
    const auto order = [](const Candidate& c) { return std::tie(c.group, c.bucket, c.hash); };
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < source.size() && j < target.size()) {
        if (order(source[i]) < order(target[j])) {
            left_source.push_back(std::move(source[i++]));
        } else if (order(target[j]) < order(source[i])) {
            left_target.push_back(std::move(target[j++]));
        } else {
            if (!source[i].unrepresentable.empty() || !target[j].unrepresentable.empty()) {
                left_source.push_back(std::move(source[i]));
                left_target.push_back(std::move(target[j]));
            }
            ++i;
            ++j;
        }
    }
    for (; i < source.size(); ++i)
        left_source.push_back(std::move(source[i]));
    for (; j < target.size(); ++j)
        left_target.push_back(std::move(target[j]));
    source = std::move(left_source);
    target = std::move(left_target);
}

bool column_differs(const Candidate& a, const Candidate& b, std::size_t column) {
    return a.columns[column] != b.columns[column] || (!a.unrepresentable.empty() && a.unrepresentable[column]) ||
           (!b.unrepresentable.empty() && b.unrepresentable[column]);
}

std::size_t agreeing_columns(const Candidate& a, const Candidate& b) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < a.columns.size(); ++i)
        count += column_differs(a, b, i) ? 0 : 1;
    return count;
}

/// Without identifiers: the nearest row of the same group, if more than half of the columns agree.
std::size_t nearest(const Candidate& row, const std::vector<Candidate>& others, const std::vector<bool>& taken) {
    std::size_t best = others.size();
    std::size_t best_count = row.columns.size() / 2;
    const auto first = std::lower_bound(others.begin(), others.end(), row.group,
                                        [](const Candidate& c, const std::string& group) { return c.group < group; });
    for (auto at = static_cast<std::size_t>(first - others.begin());
         at < others.size() && others[at].group == row.group; ++at) {
        if (taken[at])
            continue;
        const auto count = agreeing_columns(row, others[at]);
        if (count > best_count) {
            best = at;
            best_count = count;
        }
    }
    return best;
}

class Pairing {
public:
    Pairing(const ComparisonSchema& schema, const std::vector<Candidate>& source, const std::vector<Candidate>& target)
        : schema_(schema), source_(source), target_(target), taken_(target.size()) {}

    std::vector<RowDifference> run(std::size_t max_rows) {
        // Comparing every row with every other is worth it only while few are left.
        const bool may_search = source_.size() <= max_rows && target_.size() <= max_rows;
        if (!schema_.identifiers.empty())
            for (std::size_t j = 0; j < target_.size(); ++j)
                by_identifier_[{target_[j].group, target_[j].identifier}].push_back(j);
        for (const auto& row : source_) {
            const auto partner = schema_.identifiers.empty()
                                     ? (may_search ? nearest(row, target_, taken_) : target_.size())
                                     : by_identifier(row);
            if (partner == target_.size()) {
                add(RowDifference::Kind::only_in_source, &row, nullptr);
            } else {
                taken_[partner] = true;
                add(RowDifference::Kind::changed, &row, &target_[partner]);
            }
        }
        for (std::size_t j = 0; j < target_.size(); ++j)
            if (!taken_[j])
                add(RowDifference::Kind::only_in_target, nullptr, &target_[j]);
        return std::move(differences_);
    }

private:
    std::size_t by_identifier(const Candidate& row) const {
        const auto found = by_identifier_.find({row.group, row.identifier});
        if (found != by_identifier_.end())
            for (const auto j : found->second)
                if (!taken_[j])
                    return j;
        return target_.size();
    }

    void add(RowDifference::Kind kind, const Candidate* source, const Candidate* target) {
        const Candidate& any = source != nullptr ? *source : *target;
        RowDifference difference{kind, any.group, any.bucket, {}, {}, {}, {}};
        difference.row_hash =
            hex({reinterpret_cast<const char*>(any.hash.data()), any.hash.size()}).substr(0, kHashDigits);
        if (source != nullptr)
            difference.source = source->address;
        if (target != nullptr)
            difference.target = target->address;
        if (source != nullptr && target != nullptr)
            for (std::size_t i = 0; i < schema_.columns.size(); ++i)
                if (column_differs(*source, *target, i))
                    difference.columns.push_back(schema_.columns[i].name);
        differences_.push_back(std::move(difference));
    }

    const ComparisonSchema& schema_;
    const std::vector<Candidate>& source_;
    const std::vector<Candidate>& target_;
    std::vector<bool> taken_;
    std::map<std::pair<std::string, Md5Bytes>, std::vector<std::size_t>> by_identifier_;
    std::vector<RowDifference> differences_;
};

} // namespace

Result<Narrowing> narrow(const ComparisonSchema& schema, const DigestComparison& comparison, const OpenSide& source,
                         const OpenSide& target, const NarrowOptions& options) {
    Narrowing narrowing;
    std::set<std::string> groups;
    for (const auto& difference : comparison.differences) {
        if (groups.size() == options.max_groups) {
            narrowing.complete = false;
            ++narrowing.different;
            continue;
        }
        groups.insert(difference.group);
    }
    if (groups.empty())
        return narrowing;
    auto source_buckets = TRY(sum_buckets(schema, Side::source, groups, source));
    auto target_buckets = TRY(sum_buckets(schema, Side::target, groups, target));
    const auto buckets = choose_buckets(groups, source_buckets, target_buckets, options, narrowing);
    auto source_rows = TRY(collect(schema, Side::source, groups, buckets, source));
    auto target_rows = TRY(collect(schema, Side::target, groups, buckets, target));
    drop_equal(source_rows, target_rows);
    narrowing.rows = Pairing(schema, source_rows, target_rows).run(options.max_rows);
    narrowing.different += narrowing.rows.size();
    std::sort(narrowing.rows.begin(), narrowing.rows.end(), [](const RowDifference& a, const RowDifference& b) {
        return std::tie(a.group, a.bucket, a.row_hash, a.kind, a.source.file, a.source.row, a.target.row) <
               std::tie(b.group, b.bucket, b.row_hash, b.kind, b.source.file, b.source.row, b.target.row);
    });
    if (narrowing.rows.size() > options.max_rows)
        narrowing.rows.resize(options.max_rows);
    return narrowing;
}

} // namespace godwit::rows
