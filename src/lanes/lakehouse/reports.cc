#include "lanes/lakehouse/reports.h"

#include "base/file.h"

#include <functional>

namespace godwit::lakehouse {

namespace {

/// Gathers small writes into large ones.
class BufferedFile final : public ByteSink {
public:
    explicit BufferedFile(File& file) : file_(file) {}
    Status write(std::string_view bytes) override {
        buffer_ += bytes;
        return buffer_.size() < kBlock ? Status() : flush();
    }
    Status flush() {
        auto status = file_.write(buffer_);
        buffer_.clear();
        return status;
    }

private:
    static constexpr std::size_t kBlock = std::size_t{256} << 10;
    File& file_;
    std::string buffer_;
};

/// Written under another name first, so that a reader never sees half a report.
Status write_report(const std::string& path, const std::function<Status(ByteSink&)>& write) {
    const auto unfinished = path + ".unfinished";
    if (file_exists(unfinished))
        TRY(remove_file(unfinished));
    auto file = TRY(File::create(unfinished, 0600));
    BufferedFile sink(file);
    TRY(write(sink));
    TRY(sink.flush());
    TRY(file.sync());
    TRY(file.close());
    if (file_exists(path))
        TRY(remove_file(path));
    return rename_without_replacing(unfinished, path);
}

} // namespace

Result<std::vector<std::string>> write_reports(const Assessed& assessed, const std::string& folder) {
    const auto summary = TRY(summarise(assessed));
    using Report = std::pair<const char*, std::function<Status(ByteSink&)>>;
    const std::vector<Report> reports{
        {"assessment.html", [&](ByteSink& sink) { return write_html(assessed, summary, sink); }},
        {"assessment.json", [&](ByteSink& sink) { return write_full_json(assessed, summary, sink); }},
        {"tables.csv", [&](ByteSink& sink) { return write_tables_csv(assessed, sink); }},
        {"findings.csv", [&](ByteSink& sink) { return write_findings_csv(assessed, sink); }},
        {"glue-catalog-assessment.json", [&](ByteSink& sink) { return write_seed_json(assessed, summary, sink); }},
        {"glue-catalog-assessment.md", [&](ByteSink& sink) { return write_seed_markdown(assessed, summary, sink); }},
    };
    std::vector<std::string> files;
    for (const auto& [name, write] : reports) {
        files.push_back(folder + "/" + name);
        TRY(write_report(files.back(), write));
    }
    return files;
}

} // namespace godwit::lakehouse
