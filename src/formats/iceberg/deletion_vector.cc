#include "base/text.h"
#include "formats/iceberg/puffin.h"
#include "formats/iceberg/roaring.h"

#include <zlib.h>

#include <cstring>
#include <map>

namespace godwit::iceberg {

namespace {

constexpr std::string_view kVectorMagic("\xd1\xd3\x39\x64", 4);
constexpr std::uint32_t kCookieWithRuns = 12347;
constexpr std::uint32_t kCookie = 12346;
constexpr std::uint32_t kLeastForOffsets = 4;
constexpr std::uint32_t kMostArrayValues = 4096;

Error vector_error(std::string why) {
    return Error::make(ErrorKind::invalid_input, "the deletion vector cannot be read")
        .why(std::move(why))
        .fix("copy the Puffin file again from its source");
}

template <typename Number>
bool take(std::string_view& bytes, Number& number) {
    if (bytes.size() < sizeof number)
        return false;
    std::memcpy(&number, bytes.data(), sizeof number);
    bytes.remove_prefix(sizeof number);
    return true;
}

template <typename Number>
void put(std::string& out, Number number) {
    char bytes[sizeof number];
    std::memcpy(bytes, &number, sizeof number);
    out.append(bytes, sizeof number);
}

void put_big_endian(std::string& out, std::uint32_t number) {
    for (const int shift : {24, 16, 8, 0})
        out += static_cast<char>(number >> shift);
}

std::uint32_t big_endian(std::string_view bytes) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i)
        number = (number << 8) | static_cast<unsigned char>(bytes[i]);
    return number;
}

std::uint32_t checksum(std::string_view bytes) {
    return static_cast<std::uint32_t>(
        crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

} // namespace

struct DeletionVector::Containers {
    /// By the position's upper 48 bits.
    std::map<std::uint64_t, RoaringContainer> by_key;

    bool read_bitmap(std::string_view& bytes, std::uint64_t high);
};

/// One 32-bit bitmap in the portable format.
bool DeletionVector::Containers::read_bitmap(std::string_view& bytes, std::uint64_t high) {
    std::uint32_t cookie = 0;
    std::uint32_t count = 0;
    std::string_view run_flags;
    if (!take(bytes, cookie))
        return false;
    if ((cookie & 0xffff) == kCookieWithRuns) {
        count = (cookie >> 16) + 1;
        const auto size = (count + 7) / 8;
        if (bytes.size() < size)
            return false;
        run_flags = bytes.substr(0, size);
        bytes.remove_prefix(size);
    } else if (cookie != kCookie || !take(bytes, count) || count > 65'536) {
        return false;
    }
    if (bytes.size() < std::size_t{count} * 4)
        return false;
    auto descriptors = bytes.substr(0, std::size_t{count} * 4);
    bytes.remove_prefix(descriptors.size());
    if (run_flags.empty() || count >= kLeastForOffsets) {
        if (bytes.size() < std::size_t{count} * 4)
            return false;
        // The containers lie one behind the other: where they start need not be looked up.
        bytes.remove_prefix(std::size_t{count} * 4);
    }
    std::int64_t last_key = -1;
    for (std::uint32_t i = 0; i < count; ++i) {
        std::uint16_t key = 0;
        std::uint16_t less_one = 0;
        if (!take(descriptors, key) || !take(descriptors, less_one) || key <= last_key)
            return false;
        last_key = key;
        const auto cardinality = std::uint32_t{less_one} + 1;
        const bool runs = !run_flags.empty() && (static_cast<unsigned char>(run_flags[i / 8]) >> (i % 8) & 1) != 0;
        auto& container = by_key[high | key];
        const bool good = runs ? RoaringContainer::read_runs(bytes, cardinality, container)
                          : cardinality <= kMostArrayValues
                              ? RoaringContainer::read_values(bytes, cardinality, container)
                              : RoaringContainer::read_bits(bytes, cardinality, container);
        if (!good)
            return false;
    }
    return true;
}

DeletionVector::DeletionVector() : containers_(std::make_unique<Containers>()) {}
DeletionVector::DeletionVector(DeletionVector&&) noexcept = default;
DeletionVector& DeletionVector::operator=(DeletionVector&&) noexcept = default;
DeletionVector::~DeletionVector() = default;

Result<DeletionVector> DeletionVector::decode(std::string_view blob) {
    if (blob.size() < 20 || blob.size() > UINT32_MAX)
        return vector_error("it has " + std::to_string(blob.size()) + " bytes");
    if (big_endian(blob) != blob.size() - 8)
        return vector_error("its length field says " + std::to_string(big_endian(blob)) + ", it should be " +
                            std::to_string(blob.size() - 8));
    const auto body = blob.substr(4, blob.size() - 8);
    if (!body.starts_with(kVectorMagic))
        return vector_error("its magic number is " + hex(body.substr(0, 4)));
    if (checksum(body) != big_endian(blob.substr(blob.size() - 4)))
        return vector_error("its checksum does not match");
    auto rest = body.substr(kVectorMagic.size());
    std::uint64_t bitmaps = 0;
    DeletionVector vector;
    std::int64_t last_key = -1;
    if (!take(rest, bitmaps))
        return vector_error("the number of bitmaps is missing");
    for (std::uint64_t i = 0; i < bitmaps; ++i) {
        std::uint32_t key = 0;
        if (!take(rest, key) || key > INT32_MAX || key <= last_key ||
            !vector.containers_->read_bitmap(rest, std::uint64_t{key} << 16))
            return vector_error("bitmap " + std::to_string(i) + " breaks the Roaring format");
        last_key = key;
    }
    if (!rest.empty())
        return vector_error(std::to_string(rest.size()) + " bytes follow the last bitmap");
    return vector;
}

std::string DeletionVector::encode() const {
    std::map<std::uint32_t, std::vector<std::pair<std::uint16_t, const RoaringContainer*>>> bitmaps;
    for (const auto& [key, container] : containers_->by_key)
        bitmaps[static_cast<std::uint32_t>(key >> 16)].emplace_back(static_cast<std::uint16_t>(key), &container);
    std::string body(kVectorMagic);
    put(body, static_cast<std::uint64_t>(bitmaps.size()));
    for (const auto& [high, containers] : bitmaps) {
        put(body, high);
        const auto count = static_cast<std::uint32_t>(containers.size());
        std::string run_flags((count + 7) / 8, '\0');
        bool any_runs = false;
        for (std::size_t i = 0; i < containers.size(); ++i)
            if (containers[i].second->writes_runs()) {
                any_runs = true;
                run_flags[i / 8] = static_cast<char>(run_flags[i / 8] | (1 << (i % 8)));
            }
        std::string head;
        if (any_runs) {
            put(head, kCookieWithRuns | ((count - 1) << 16));
            head += run_flags;
        } else {
            put(head, kCookie);
            put(head, count);
        }
        std::string payload;
        std::vector<std::uint32_t> starts;
        for (const auto& [key, container] : containers) {
            put(head, key);
            put(head, static_cast<std::uint16_t>(container->count() - 1));
            starts.push_back(static_cast<std::uint32_t>(payload.size()));
            container->write(payload);
        }
        if (!any_runs || count >= kLeastForOffsets) {
            const auto base = static_cast<std::uint32_t>(head.size() + starts.size() * 4);
            for (const auto start : starts)
                put(head, base + start);
        }
        body += head;
        body += payload;
    }
    std::string blob;
    put_big_endian(blob, static_cast<std::uint32_t>(body.size()));
    blob += body;
    put_big_endian(blob, checksum(body));
    return blob;
}

void DeletionVector::add(std::uint64_t position) {
    containers_->by_key[position >> 16].add(static_cast<std::uint16_t>(position));
}

bool DeletionVector::contains(std::uint64_t position) const {
    const auto found = containers_->by_key.find(position >> 16);
    return found != containers_->by_key.end() && found->second.contains(static_cast<std::uint16_t>(position));
}

std::uint64_t DeletionVector::count() const {
    std::uint64_t total = 0;
    for (const auto& [key, container] : containers_->by_key)
        total += container.count();
    return total;
}

std::vector<std::uint64_t> DeletionVector::positions() const {
    std::vector<std::uint64_t> result;
    for (const auto& [key, container] : containers_->by_key)
        container.each([&, high = key << 16](std::uint16_t low) { result.push_back(high | low); });
    return result;
}

bool DeletionVector::operator==(const DeletionVector& other) const { return encode() == other.encode(); }

} // namespace godwit::iceberg
