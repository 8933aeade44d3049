#include "formats/iceberg/manifest.h"

#include "base/bytes.h"
#include "formats/iceberg/corpus.h"
#include "formats/iceberg/deletes.h"
#include "formats/iceberg/manifest_rewrite.h"
#include "formats/iceberg/manifest_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace godwit::iceberg {
namespace {

using testing::HasSubstr;

ManifestOptions options_of(std::int32_t version, ManifestContent content = ManifestContent::data) {
    ManifestOptions options;
    options.format_version = version;
    options.content = content;
    options.schema = parse_schema_text(R"json({"type":"struct","schema-id":4,"fields":[
        {"id":1,"name":"n","required":true,"type":"long"},{"id":2,"name":"s","required":false,"type":"string"},
        {"id":3,"name":"t","required":false,"type":"timestamptz"},{"id":4,"name":"d","required":false,"type":"decimal(9, 2)"},
        {"id":5,"name":"u","required":false,"type":"uuid"},{"id":6,"name":"f","required":false,"type":"float"},
        {"id":7,"name":"d2","required":false,"type":"decimal(9, 2)"}]})json")
                         .value();
    const auto field = [&](std::int32_t source, const char* name, const char* transform) {
        const auto id = 1000 + static_cast<std::int32_t>(options.spec.fields.size());
        options.spec.fields.push_back({{source}, id, name, parse_transform(transform).value()});
    };
    options.spec.spec_id = 3;
    field(1, "n", "identity");
    field(2, "2 s", "truncate[4]");
    field(3, "t_day", "day");
    field(4, "d", "identity");
    field(5, "u", "identity");
    field(6, "f", "identity");
    field(7, "d2", "identity");
    options.snapshot_id = 77;
    options.sync.fill('y');
    options.block_bytes = 300;
    return options;
}

ManifestEntry entry_of(int i, const std::string& folder = "s3://b/t/data/") {
    ManifestEntry entry;
    entry.status = EntryStatus::added;
    entry.snapshot_id = 77;
    auto& file = entry.file;
    file.file_path = folder + std::to_string(i) + ".parquet";
    file.file_format = "PARQUET";
    file.partition = {std::int64_t{i},
                      std::string("ab\xc3\xa9"
                                  "d"),
                      std::int32_t{19000 + i},
                      Decimal{i * 100 - 50},
                      std::string(16, static_cast<char>(i)),
                      static_cast<float>(i),
                      Value{}};
    file.record_count = 10 + i;
    file.file_size_in_bytes = 1000 + i;
    file.column_sizes = ColumnCounts{{1, 5}, {2, 7}};
    file.value_counts = ColumnCounts{};
    file.null_value_counts = ColumnCounts{{2, 1}};
    file.lower_bounds = ColumnBounds{{1, std::string("\1\0\0\0\0\0\0\0", 8)}};
    file.upper_bounds = ColumnBounds{{1, std::string("\2\0\0\0\0\0\0\0", 8)}, {2, ""}};
    file.split_offsets = std::vector<std::int64_t>{4, 1'000'000};
    file.sort_order_id = 0;
    return entry;
}

std::vector<ManifestEntry> entries_of(const std::string& bytes) {
    MemorySource source(bytes);
    auto reader = ManifestReader::open(source);
    EXPECT_TRUE(reader.has_value()) << (reader.is_error() ? reader.error().to_line() : "");
    std::vector<ManifestEntry> entries;
    ManifestEntry entry;
    while (reader->next(entry).value())
        entries.push_back(entry);
    return entries;
}

std::pair<std::string, ManifestFile> written(const ManifestOptions& options,
                                             const std::vector<ManifestEntry>& entries) {
    StringSink sink;
    auto writer = ManifestWriter::create(sink, options);
    EXPECT_TRUE(writer.has_value()) << (writer.is_error() ? writer.error().to_line() : "");
    for (const auto& entry : entries) {
        const auto status = writer->add(entry);
        EXPECT_TRUE(status.has_value()) << (status.is_error() ? status.error().to_line() : "");
    }
    auto file = writer->finish().value();
    return {std::move(sink).release(), std::move(file)};
}

class ManifestVersions : public testing::TestWithParam<std::int32_t> {};
INSTANTIATE_TEST_SUITE_P(Versions, ManifestVersions, testing::Values(1, 2, 3));

TEST_P(ManifestVersions, ReadsWhatItWrote) {
    const auto options = options_of(GetParam());
    std::vector<ManifestEntry> entries;
    for (int i = 0; i < 20; ++i)
        entries.push_back(entry_of(i));
    entries[3].file.key_metadata = "key";
    if (GetParam() >= 2) {
        entries[1].status = EntryStatus::existing;
        entries[1].sequence_number = 5;
        entries[1].file_sequence_number = 6;
        entries[2].status = EntryStatus::deleted;
        entries[2].sequence_number = 1;
        entries[2].file_sequence_number = 1;
    }
    if (GetParam() >= 3)
        entries[0].file.first_row_id = 1 << 30;
    const auto [bytes, file] = written(options, entries);
    EXPECT_EQ(entries_of(bytes), entries);
    EXPECT_EQ(written(options, entries).first, bytes);
    EXPECT_EQ(file.length, static_cast<std::int64_t>(bytes.size()));
    EXPECT_EQ(*file.added_files_count + *file.existing_files_count + *file.deleted_files_count, 20);
    EXPECT_EQ(*file.added_rows_count + *file.existing_rows_count + *file.deleted_rows_count, 20 * 10 + 190);
    EXPECT_EQ(file.min_sequence_number, GetParam() == 1 ? -1 : 5);
    ASSERT_EQ(file.partitions->size(), 7U);
    EXPECT_EQ((*file.partitions)[2].lower_bound, to_bytes(primitive(TypeKind::date), std::int32_t{19000}).value());
    EXPECT_EQ((*file.partitions)[3].upper_bound, to_bytes(decimal(9, 2), Decimal{1850}).value());
    EXPECT_TRUE((*file.partitions)[6].contains_null);
    EXPECT_EQ((*file.partitions)[6].lower_bound, std::nullopt);

    MemorySource source(bytes);
    const auto reader = ManifestReader::open(source).value();
    EXPECT_EQ(reader.header().format_version, GetParam());
    EXPECT_EQ(reader.header().schema_id, 4);
    EXPECT_EQ(reader.header().partition_spec_id, 3);
    EXPECT_EQ(parse_schema_text(reader.header().schema_json).value().fields, options.schema.fields);
    EXPECT_EQ(reader.partition_type(), partition_type(options.spec, options.schema).value());
}

TEST(ManifestWriter, RefusesWhatTheVersionCannotHold) {
    StringSink sink;
    const auto why = [&](std::int32_t version, ManifestContent content, const ManifestEntry& entry) {
        auto writer = ManifestWriter::create(sink, options_of(version, content)).value();
        const auto status = writer.add(entry);
        return status.is_error() ? status.error().why() : "";
    };
    auto entry = entry_of(1);
    entry.file.content = FileContent::position_deletes;
    EXPECT_THAT(why(1, ManifestContent::deletes, entry), HasSubstr("version 1"));
    EXPECT_THAT(why(2, ManifestContent::data, entry), HasSubstr("manifests of their own"));
    EXPECT_EQ(why(2, ManifestContent::deletes, entry), "");
    entry.file.content_offset = 4;
    EXPECT_THAT(why(2, ManifestContent::deletes, entry), HasSubstr("version 3"));
    entry = entry_of(1);
    entry.status = EntryStatus::existing;
    EXPECT_THAT(why(2, ManifestContent::data, entry), HasSubstr("sequence numbers"));
    entry = entry_of(1);
    entry.file.partition.pop_back();
    EXPECT_THAT(why(2, ManifestContent::data, entry), HasSubstr("values"));
    entry = entry_of(1);
    entry.file.partition[0] = std::string("not a long");
    EXPECT_FALSE(why(2, ManifestContent::data, entry).empty() &&
                 ManifestWriter::create(sink, options_of(2))->add(entry).has_value());
    auto options = options_of(2);
    options.spec.fields[0].transform = parse_transform("zorder").value();
    EXPECT_TRUE(ManifestWriter::create(sink, options).is_error());
}

TEST_P(ManifestVersions, ListsRoundTrip) {
    ManifestListOptions options;
    options.format_version = GetParam();
    options.snapshot_id = 9;
    options.sequence_number = 12;
    options.first_row_id = 1000;
    StringSink sink;
    auto writer = ManifestListWriter::create(sink, options).value();
    auto file = written(options_of(GetParam()), {entry_of(1), entry_of(2)}).second;
    file.path = "s3://b/m0.avro";
    auto old = file;
    old.path = "s3://b/m1.avro";
    old.sequence_number = old.min_sequence_number = 3;
    old.key_metadata = "k";
    ASSERT_TRUE(writer.add(file).has_value());
    ASSERT_TRUE(writer.add(old).has_value());
    const auto size = writer.finish().value();
    EXPECT_EQ(size, sink.bytes().size());
    MemorySource source(sink.bytes());
    auto reader = ManifestListReader::open(source).value();
    ManifestFile read;
    ASSERT_TRUE(reader.next(read).value());
    auto wanted = file;
    wanted.sequence_number = wanted.min_sequence_number = GetParam() == 1 ? 0 : 12;
    wanted.first_row_id = GetParam() == 3 ? std::optional<std::int64_t>(1000) : std::nullopt;
    EXPECT_EQ(read, wanted);
    ASSERT_TRUE(reader.next(read).value());
    EXPECT_EQ(read.min_sequence_number, GetParam() == 1 ? 0 : 3);
    EXPECT_EQ(read.key_metadata, "k");
    EXPECT_FALSE(reader.next(read).value());
    auto bounded = ManifestListReader::open(source, {}, 1).value();
    EXPECT_TRUE(bounded.next(read).value());
    EXPECT_THAT(bounded.next(read).error().why(), HasSubstr("too many manifests"));
    EXPECT_EQ(writer.next_row_id(), GetParam() == 3 ? std::optional<std::int64_t>(1000 + 2 * 23) : std::nullopt);
}

Result<std::string> moved(std::string_view path) {
    if (!path.starts_with("s3://b/"))
        return Error::make(ErrorKind::invalid_input, "outside");
    return "file:///w/" + std::string(path.substr(7));
}

TEST_P(ManifestVersions, RewritingMapsPathsAndNothingElse) {
    std::vector<ManifestEntry> entries;
    for (int i = 0; i < 30; ++i)
        entries.push_back(entry_of(i));
    const auto bytes = written(options_of(GetParam()), entries).first;
    MemorySource source(bytes);
    StringSink sink;
    ManifestEdits edits;
    edits.path = moved;
    const auto counts = rewrite_manifest(source, sink, edits).value();
    EXPECT_EQ(counts.records, 30);
    EXPECT_EQ(counts.bytes, sink.bytes().size());
    for (auto& entry : entries)
        entry.file.file_path = moved(entry.file.file_path).value();
    EXPECT_EQ(entries_of(sink.bytes()), entries);
    // The same as if it had been written there in the first place.
    EXPECT_EQ(sink.bytes(), written(options_of(GetParam()), entries).first);

    edits.path = [](std::string_view) -> Result<std::string> {
        return Error::make(ErrorKind::invalid_input, "outside");
    };
    MemorySource again(bytes, "m.avro");
    EXPECT_THAT(rewrite_manifest(again, sink, edits).error().where(), HasSubstr("m.avro, record 0"));
}

ManifestEntry position_delete(int i, const std::string& lower, const std::string& upper) {
    auto entry = entry_of(i);
    entry.file.content = FileContent::position_deletes;
    entry.file.lower_bounds = ColumnBounds{{kDeletePositionId, std::string(8, '\0')}, {kDeleteFilePathId, lower}};
    entry.file.upper_bounds = ColumnBounds{{kDeleteFilePathId, upper}, {kDeletePositionId, std::string(8, '\1')}};
    return entry;
}

TEST(ManifestRewrite, DeleteFilesGetSizesAndBounds) {
    const auto options = options_of(3, ManifestContent::deletes);
    std::vector<ManifestEntry> entries = {
        position_delete(0, "s3://b/t/a", "s3://b/t/a"),       // one file: both bounds mapped
        position_delete(1, "s3://b/t/a", "s3://b/t/z"),       // rewritten: bounds from the new file
        position_delete(2, "s3://b/t/1234", "s3://b/t/1235"), // shortened: left out
        entry_of(3)};
    entries[3].file.content = FileContent::position_deletes;
    entries[3].file.file_format = "PUFFIN";
    entries[3].file.lower_bounds.reset();
    entries[3].file.upper_bounds.reset();
    entries[3].file.content_offset = 4;
    entries[3].file.content_size_in_bytes = 42;
    entries[3].file.referenced_data_file = "s3://b/t/data/9.parquet";
    const auto bytes = written(options, entries).first;
    ManifestEdits edits;
    edits.path = moved;
    edits.rewritten = [](const DeleteFileKey& key) -> Result<std::optional<RewrittenFile>> {
        if (key.path == "s3://b/t/data/1.parquet")
            return std::optional(RewrittenFile{5555, {}, {}, "file:///w/t/b", "file:///w/t/y"});
        if (key.content_offset == 4)
            return std::optional(RewrittenFile{6666, 8, 43, {}, {}});
        return std::optional<RewrittenFile>();
    };
    MemorySource source(bytes);
    StringSink sink;
    const auto counts = rewrite_manifest(source, sink, edits);
    ASSERT_TRUE(counts.has_value()) << counts.error().to_line();
    auto wanted = entries;
    for (auto& entry : wanted)
        entry.file.file_path = moved(entry.file.file_path).value();
    (*wanted[0].file.lower_bounds)[1].second = (*wanted[0].file.upper_bounds)[0].second = "file:///w/t/a";
    (*wanted[1].file.lower_bounds)[1].second = "file:///w/t/b";
    (*wanted[1].file.upper_bounds)[0].second = "file:///w/t/y";
    wanted[1].file.file_size_in_bytes = 5555;
    wanted[2].file.lower_bounds->pop_back();
    wanted[2].file.upper_bounds->erase(wanted[2].file.upper_bounds->begin());
    wanted[3].file.file_size_in_bytes = 6666;
    wanted[3].file.content_offset = 8;
    wanted[3].file.content_size_in_bytes = 43;
    wanted[3].file.referenced_data_file = "file:///w/t/data/9.parquet";
    const auto read = entries_of(sink.bytes());
    ASSERT_EQ(read.size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i)
        EXPECT_EQ(read[i], wanted[i]) << i;
}

TEST(ManifestRewrite, ListsGetPathAndLength) {
    StringSink list;
    auto writer = ManifestListWriter::create(list, {}).value();
    auto file = written(options_of(2), {entry_of(1)}).second;
    file.path = "s3://b/m0.avro";
    ASSERT_TRUE(writer.add(file).has_value());
    ASSERT_TRUE(writer.finish().has_value());
    MemorySource source(list.bytes());
    StringSink sink;
    const auto counts =
        rewrite_manifest_list(source, sink, [](std::string_view path, std::int64_t length) -> Result<MovedManifest> {
            return MovedManifest{moved(path).value(), length + 1000};
        });
    ASSERT_TRUE(counts.has_value());
    MemorySource rewritten(sink.bytes());
    auto reader = ManifestListReader::open(rewritten).value();
    ManifestFile read;
    ASSERT_TRUE(reader.next(read).value());
    file.path = "file:///w/m0.avro";
    file.length += 1000;
    file.sequence_number = file.min_sequence_number = 0;
    EXPECT_EQ(read, file);
}

TEST(Inheritance, FillsWhatTheListKnows) {
    ManifestFile manifest;
    manifest.added_snapshot_id = 7;
    manifest.sequence_number = 9;
    manifest.first_row_id = 100;
    Inheritance inheritance(manifest);
    auto added = entry_of(0);
    added.snapshot_id.reset();
    inheritance.apply(added);
    EXPECT_EQ(added.snapshot_id, 7);
    EXPECT_EQ(added.sequence_number, 9);
    EXPECT_EQ(added.file_sequence_number, 9);
    EXPECT_EQ(added.file.first_row_id, 100);
    auto existing = entry_of(1);
    existing.status = EntryStatus::existing;
    existing.sequence_number = 3;
    existing.file.first_row_id = 50;
    inheritance.apply(existing);
    EXPECT_EQ(existing.sequence_number, 3);
    EXPECT_EQ(existing.file_sequence_number, std::nullopt);
    EXPECT_EQ(existing.file.first_row_id, 50);
    auto next = entry_of(2);
    inheritance.apply(next);
    EXPECT_EQ(next.file.first_row_id, 110);
}

TEST(Deletes, ApplyBySequencePartitionAndPath) {
    auto data = entry_of(1);
    data.sequence_number = 5;
    auto deletes = entry_of(1);
    deletes.sequence_number = 5;
    const auto applies = [&](std::int32_t data_spec = 3, std::int32_t delete_spec = 3, bool unpartitioned = false) {
        return delete_applies({&data, data_spec, false}, {&deletes, delete_spec, unpartitioned});
    };
    EXPECT_FALSE(applies());
    deletes.file.content = FileContent::position_deletes;
    deletes.file.lower_bounds = deletes.file.upper_bounds = std::nullopt;
    EXPECT_TRUE(applies());
    EXPECT_FALSE(applies(3, 4));
    EXPECT_FALSE(applies(3, 4, true));
    deletes.sequence_number = 4;
    EXPECT_FALSE(applies());
    deletes.sequence_number = 6;
    deletes.file.referenced_data_file = "other";
    EXPECT_FALSE(applies());
    deletes.file.referenced_data_file.reset();
    deletes.file.lower_bounds = ColumnBounds{{kDeleteFilePathId, "s3://b/t/data/2"}};
    EXPECT_FALSE(applies());
    deletes.file.lower_bounds = ColumnBounds{{kDeleteFilePathId, "s3://b/t/data/"}};
    EXPECT_TRUE(applies());
    deletes.file.content = FileContent::equality_deletes;
    EXPECT_TRUE(applies());
    EXPECT_FALSE(applies(3, 4));
    EXPECT_TRUE(applies(3, 0, true));
    deletes.sequence_number = 5;
    EXPECT_FALSE(applies());
    deletes.sequence_number = 6;
    deletes.file.partition[0] = std::int64_t{2};
    EXPECT_FALSE(applies());
}

TEST(Deletes, AVectorHasAsManyPositionsAsTheManifestSays) {
    DeletionVector vector;
    vector.add(3);
    vector.add(70'000);
    DataFile data;
    data.record_count = 2;
    DataFile deletes;
    deletes.record_count = 2;
    EXPECT_TRUE(check_count(vector, deletes, data).has_value());
    data.record_count = 1;
    EXPECT_THAT(check_count(vector, deletes, data).error().why(), HasSubstr("2 rows"));
    data.record_count = 9;
    deletes.record_count = 3;
    EXPECT_TRUE(check_count(vector, deletes, data).is_error());
}

TEST(ManifestErrors, WrongFilesAndSchemasAreNamed) {
    const auto manifest = written(options_of(2), {entry_of(1)}).first;
    MemorySource source(manifest, "m.avro");
    EXPECT_THAT(ManifestListReader::open(source).error().to_line(), HasSubstr("manifest_path"));
    MemorySource empty("", "e.avro");
    EXPECT_THAT(ManifestReader::open(empty).error().where(), HasSubstr("e.avro"));
    for (std::size_t length = 0; length < manifest.size(); length += 7) {
        MemorySource cut(std::string_view(manifest).substr(0, length));
        auto reader = ManifestReader::open(cut);
        ManifestEntry entry;
        EXPECT_TRUE(reader.is_error() || reader->next(entry).is_error() || length == 0 || entry.file.file_path.empty());
    }
}

void check_list(ManifestListReader& list, ByteSource& source, ByteSink& sink) {
    ManifestFile file;
    auto more = list.next(file);
    for (; more.has_value() && *more; more = list.next(file))
        EXPECT_FALSE(file.path.empty()) << source.name();
    ASSERT_TRUE(more.has_value()) << more.error().to_line();
    const auto same = [](std::string_view path, std::int64_t length) -> Result<MovedManifest> {
        return MovedManifest{std::string(path), length};
    };
    ASSERT_TRUE(rewrite_manifest_list(source, sink, same).has_value()) << source.name();
}

/// With another prefix only paths differ, and the bounds of paths.
void check_moved(const std::vector<ManifestEntry>& entries, ByteSource& source) {
    ManifestEdits edits;
    edits.path = [](std::string_view path) -> Result<std::string> { return "x://" + std::string(path); };
    StringSink sink;
    const auto counts = rewrite_manifest(source, sink, edits);
    ASSERT_TRUE(counts.has_value()) << counts.error().to_line();
    const auto mapped = entries_of(sink.bytes());
    ASSERT_EQ(mapped.size(), entries.size());
    for (std::size_t i = 0; i < mapped.size(); ++i) {
        auto wanted = entries[i];
        wanted.file.file_path.insert(0, "x://");
        if (wanted.file.referenced_data_file)
            wanted.file.referenced_data_file->insert(0, "x://");
        if (wanted.file.content == FileContent::position_deletes) {
            wanted.file.lower_bounds = mapped[i].file.lower_bounds;
            wanted.file.upper_bounds = mapped[i].file.upper_bounds;
        }
        EXPECT_EQ(mapped[i], wanted) << source.name();
    }
}

void check_manifest(ByteSource& source, ByteSink& sink) {
    auto reader = ManifestReader::open(source);
    ASSERT_TRUE(reader.has_value()) << reader.error().to_line();
    ManifestEntry entry;
    std::vector<ManifestEntry> entries;
    auto more = reader->next(entry);
    for (; more.has_value() && *more; more = reader->next(entry))
        entries.push_back(entry);
    ASSERT_TRUE(more.has_value()) << more.error().to_line();
    EXPECT_FALSE(entries.empty()) << source.name();
    ManifestEdits edits;
    edits.path = [](std::string_view path) -> Result<std::string> { return std::string(path); };
    ASSERT_TRUE(rewrite_manifest(source, sink, edits).has_value()) << source.name();
    check_moved(entries, source);
}

/// Every file is read whole, and rewritten with the identity to the same bytes.
TEST(Corpus, ManifestsAreReadAndKeptByteForByte) {
    const auto files = corpus_files(GODWIT_SOURCE_DIR, {".avro"});
    if (files.empty())
        FAIL() << "the fixtures of the project are not here";
    int manifests = 0;
    int lists = 0;
    for (const auto& path : files) {
        if (path.find("/metadata/") == std::string::npos)
            continue; // data and delete files in Avro
        const auto bytes = read_file(path).value();
        MemorySource source(bytes, path);
        StringSink sink;
        auto list = ManifestListReader::open(source);
        (list.has_value() ? lists : manifests) += 1;
        if (list.has_value())
            check_list(*list, source, sink);
        else
            check_manifest(source, sink);
        EXPECT_EQ(sink.bytes(), bytes) << path;
    }
    EXPECT_GT(manifests, 10);
    EXPECT_GT(lists, 10);
}

} // namespace
} // namespace godwit::iceberg
