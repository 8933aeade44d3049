#pragma once

#include "formats/text/cell_values.h"
#include "formats/text/lazy_simple_serde.h"

#include <arrow/array/builder_base.h>

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

// Private to this folder.
namespace godwit::text_format {

/// Takes the issues of the row that is being read.
class IssueCollector {
public:
    virtual ~IssueCollector() = default;
    virtual void report(CellIssue issue, std::string_view text) = 0;
};

/// Parses the texts of one column, or of one part of a nested one, into a builder.
class CellParser {
public:
    virtual ~CellParser() = default;
    /// Nothing: the text is missing or stands for NULL.
    virtual arrow::Status append(std::optional<std::string_view> text, IssueCollector& issues) = 0;
    virtual arrow::ArrayBuilder& builder() = 0;
};

/// `level`: index among the separators of what separates the parts of a value of this type. An error where the type
/// needs more separators than there are.
Result<std::unique_ptr<CellParser>> make_cell_parser(const HiveType& type, const LazySimpleOptions& options,
                                                     std::size_t level);

/// Splits at a separator as LazyStruct does. Parts after the last are missing, the rest of a text with too many is
/// dropped or belongs to the last.
class FieldSplitter {
public:
    FieldSplitter(const LazySimpleOptions& options, char separator, std::size_t count)
        : options_(options), separator_(separator), parts_(count) {}
    /// The parts of a text, NULLs taken out.
    const std::vector<std::optional<std::string_view>>& split(std::string_view text);
    std::size_t found() const { return found_; } ///< parts that were there
    bool has_more() const { return has_more_; }  ///< text was left over
    std::string_view rest() const { return rest_; }

private:
    const LazySimpleOptions& options_;
    char separator_;
    std::vector<std::optional<std::string_view>> parts_;
    std::size_t found_ = 0;
    bool has_more_ = false;
    std::string_view rest_;
};

} // namespace godwit::text_format
