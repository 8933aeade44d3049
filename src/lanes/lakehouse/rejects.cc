#include "lanes/lakehouse/rejects.h"

#include "base/json.h"
#include "base/text.h"

#include <nlohmann/json.hpp>

namespace godwit::lakehouse {

namespace {

constexpr std::size_t kBuffer = std::size_t{64} << 10;

} // namespace

Status Rejects::add(const std::string& source, const text_format::CellReport& cell) {
    if (!text_format::is_bad_cell(cell.issue))
        return {};
    if (!file_) {
        if (file_exists(path_))
            TRY(remove_file(path_));
        file_.emplace(TRY(File::create(path_, 0600)));
    }
    const auto column = cell.column < table_->columns.size() ? table_->columns[cell.column].name : std::string();
    ++cells_;
    ++by_column_[column + ": " + std::string(text_format::to_string(cell.issue))];
    Json line{{"source", printable(source)},
              {"line", std::to_string(cell.line)},
              {"column", column},
              {"issue", text_format::to_string(cell.issue)}};
    if (is_storable_text(cell.text))
        line["text"] = std::string(cell.text);
    else
        line["base64"] = base64(cell.text);
    buffer_ += canonical_json(line) + "\n";
    if (buffer_.size() < kBuffer)
        return {};
    TRY(file_->write(buffer_));
    buffer_.clear();
    return {};
}

Status Rejects::finish() {
    if (!file_)
        return {};
    TRY(file_->write(buffer_));
    buffer_.clear();
    TRY(file_->sync());
    return file_->close();
}

} // namespace godwit::lakehouse
