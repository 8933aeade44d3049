// What a tree of a table's metadata holds in memory.

#include "base/json.h"
#include "lanes/lakehouse/steps_world.h"
#include "lanes/lakehouse/table_tree.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <malloc.h>

#if defined(__SANITIZE_ADDRESS__)
// GCC does not install the header that declares it.
extern "C" std::size_t __sanitizer_get_current_allocated_bytes(); // NOLINT(bugprone-reserved-identifier)
#endif

using namespace godwit;
using namespace godwit::lakehouse;
using namespace godwit::lakehouse::testing_world;

namespace {

std::size_t bytes_in_use() {
#if defined(__SANITIZE_ADDRESS__)
    return __sanitizer_get_current_allocated_bytes();
#else
    const auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
#endif
}

TEST(TableTree, holds_the_names_of_metadata_files_and_none_of_the_files) {
    constexpr std::size_t kEarlier = 8;
    constexpr std::size_t kSize = std::size_t{1} << 20;
    const IcebergFixture fixture("v1");
    const auto folder = TemporaryFolder::create().release();
    std::filesystem::copy(IcebergFixture::folder() + "/v1", folder.path() + "/v1",
                          std::filesystem::copy_options::recursive);
    auto json = *parse_json(*read_file(folder.path() + "/" + fixture.file));
    json["properties"]["large"] = std::string(kSize, 'x');
    json["metadata-log"] = Json::array();
    const auto earlier = json.dump();
    for (std::size_t i = 0; i < kEarlier; ++i) {
        const auto name = "v1/metadata/earlier-" + std::to_string(i) + ".metadata.json";
        ASSERT_FALSE(write_file_durably(folder.path() + "/" + name, earlier).is_error());
        json["metadata-log"].push_back({{"timestamp-ms", 1}, {"metadata-file", "s3://fixtures/" + name}});
    }
    ASSERT_FALSE(write_file_durably(folder.path() + "/" + fixture.file, json.dump()).is_error());
    clients::PrefixMap map;
    ASSERT_FALSE(map.add("s3://fixtures", folder.path()).is_error());
    const TableFiles files(map);

    const auto before = bytes_in_use();
    const auto tree = TableTree::read(files, fixture.metadata);
    const auto after = bytes_in_use();
    ASSERT_FALSE(tree.is_error()) << tree.error().to_line();
    EXPECT_EQ(tree->documents().size(), kEarlier + 1);
    EXPECT_LT(after, before + kSize) << "one metadata file would be more";
    EXPECT_EQ(tree->document(tree->documents().back())->properties().size(), json["properties"].size());
}

} // namespace
