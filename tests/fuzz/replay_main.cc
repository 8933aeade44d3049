// Feeds the files named on the command line, and those in the folders named there, to a fuzz target once each. So a
// corpus is a regression test in every build, also under compilers without libFuzzer.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

bool collect(const fs::path& path, std::vector<fs::path>& files) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
        files.push_back(path);
        return fs::exists(path, error);
    }
    const auto before = files.size();
    for (const auto& entry : fs::recursive_directory_iterator(path, error)) {
        if (entry.is_regular_file())
            files.push_back(entry.path());
    }
    return !error && files.size() > before;
}

bool replay(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    if (!file.good() && !file.eof())
        return false;
    // Named before it runs: after a crash the last line tells which input it was.
    std::printf("%s\n", path.c_str());
    std::fflush(stdout);
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    return true;
}

} // namespace

int main(int count, char** arguments) {
    std::vector<fs::path> files;
    for (int index = 1; index < count; ++index) {
        if (!collect(arguments[index], files)) {
            std::fprintf(stderr, "no input in %s\n", arguments[index]);
            return 1;
        }
    }
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
        if (!replay(file)) {
            std::fprintf(stderr, "cannot read %s\n", file.c_str());
            return 1;
        }
    }
    std::printf("%zu inputs replayed\n", files.size());
    return files.empty() ? 1 : 0;
}
