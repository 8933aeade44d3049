#pragma once

#include "rows/batch.h"
#include "rows/comparison_schema.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace godwit::rows {

/// The version of the encoding below; stands in certificates.
inline constexpr int kRowEncodingVersion = 1;

/// The source side finds columns by `source_path` and has the declared changes applied, the target side by `name`.
enum class Side { source, target };

/// A minimum or maximum in a form whose order is the order of values. Held in memory only, never stored.
using OrderedValue = std::optional<std::string>;

/// The digest of one group of rows. Two sums over the row hashes make it independent of the order of rows.
struct GroupDigest {
    std::uint64_t rows = 0;
    std::uint64_t high = 0;                     ///< sum of the first 16 hex digits of the rows' MD5, modulo 2^64
    std::uint64_t low = 0;                      ///< sum of the last 16
    std::vector<std::uint64_t> nulls;           ///< for each column
    std::vector<std::uint64_t> unrepresentable; ///< for each column: values that the comparison type cannot hold
    std::vector<OrderedValue> minimum;          ///< for each column; absent for nested types, JSON, and without values
    std::vector<OrderedValue> maximum;
    bool operator==(const GroupDigest&) const = default;
};

struct TableDigest {
    std::uint64_t rows = 0;
    std::map<std::string, GroupDigest> groups; ///< by group name: `column=value/...`, values percent-encoded
};

struct DigestOptions {
    std::size_t max_groups = 100'000;       ///< more is an error: the plan's grouping is too fine
    std::size_t max_row_bytes = 256u << 20; ///< of one encoded row
};

/// Digests one side of a comparison, batch by batch; memory grows with the groups only.
/// One thread at a time. Row hash and encoding: spine, section 7, `Row digest`.
class RowDigester {
public:
    static Result<RowDigester> create(const ComparisonSchema& schema, Side side, const DigestOptions& options = {});
    RowDigester(RowDigester&&) noexcept;
    RowDigester& operator=(RowDigester&&) noexcept;
    ~RowDigester();

    /// All batches of one side may differ in schema as long as each has every compared column.
    Status add(const Batch& batch);
    TableDigest finish();

private:
    struct State;
    explicit RowDigester(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Digests a whole stream.
Result<TableDigest> digest_rows(const ComparisonSchema& schema, Side side, const BatchStream& stream,
                                const DigestOptions& options = {});

/// The encoded bytes of row `row`, whose MD5 is the row hash: for tests and for auditors.
Result<std::string> encode_row(const ComparisonSchema& schema, Side side, const Batch& batch, std::int64_t row);

/// How the two sides of one group differ. Holds no value of a row.
struct GroupDifference {
    std::string group;
    std::uint64_t source_rows = 0; ///< 0 where the group is missing there
    std::uint64_t target_rows = 0;
    bool rows_differ = false;                    ///< the sums differ, or a value was not representable
    std::vector<std::string> null_counts_differ; ///< column names
    std::vector<std::string> minimum_differs;
    std::vector<std::string> maximum_differs;
    std::vector<std::string> unrepresentable; ///< columns with such values on either side
};

struct DigestComparison {
    std::uint64_t source_rows = 0;
    std::uint64_t target_rows = 0;
    std::uint64_t groups = 0;
    std::vector<GroupDifference> differences; ///< by group name
    bool equal() const { return differences.empty(); }
};

DigestComparison compare(const ComparisonSchema& schema, const TableDigest& source, const TableDigest& target);

} // namespace godwit::rows
