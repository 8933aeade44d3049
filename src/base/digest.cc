#include "base/digest.h"

#include "base/text.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdio>
#include <cstdlib>

namespace godwit {

namespace {

/// The digests of the default provider fail only when memory does or the OpenSSL installation is broken: there is no
/// going on from that, and a digest that lies would be worse than an end.
void require(bool worked, const char* name) {
    if (worked) [[likely]]
        return;
    std::fprintf(stderr, "godwit: OpenSSL cannot compute %s\n", name);
    std::abort();
}

struct FreeAlgorithm {
    void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
};
struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

/// A fetched algorithm with a context that is set up for it. MD5 and SHA-1 name rows and things here, they protect
/// nothing, so the query asks for them outside FIPS too.
class Hasher {
public:
    explicit Hasher(const char* name)
        : name_(name), algorithm_(EVP_MD_fetch(nullptr, name, "-fips")), context_(EVP_MD_CTX_new()) {
        require(algorithm_ && context_ && EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) == 1, name_);
    }

    void update(std::string_view bytes) {
        require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1, name_);
    }

    void finish(unsigned char* into) {
        require(EVP_DigestFinal_ex(context_.get(), into, nullptr) == 1 &&
                    EVP_DigestInit_ex2(context_.get(), nullptr, nullptr) == 1,
                name_);
    }

private:
    const char* name_;
    std::unique_ptr<EVP_MD, FreeAlgorithm> algorithm_;
    std::unique_ptr<EVP_MD_CTX, FreeContext> context_;
};

constexpr std::size_t kSha256Bytes = 32;
constexpr std::size_t kSha1Bytes = 20;
constexpr std::size_t kUuidBytes = 16;

/// 61a103a9-c666-55ed-a869-083e054afc3b
constexpr std::string_view kGodwitSpace = "\x61\xa1\x03\xa9\xc6\x66\x55\xed\xa8\x69\x08\x3e\x05\x4a\xfc\x3b";
static_assert(kGodwitSpace.size() == kUuidBytes);

} // namespace

struct Sha256::Context {
    Hasher hasher{"SHA256"};
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view bytes) { context_->hasher.update(bytes); }

std::string Sha256::finish() {
    std::string digest(kSha256Bytes, '\0');
    context_->hasher.finish(reinterpret_cast<unsigned char*>(digest.data()));
    return digest;
}

std::string sha256(std::string_view bytes) {
    static thread_local Hasher hasher("SHA256");
    std::string digest(kSha256Bytes, '\0');
    hasher.update(bytes);
    hasher.finish(reinterpret_cast<unsigned char*>(digest.data()));
    return digest;
}

std::string sha256_hex(std::string_view bytes) { return hex(sha256(bytes)); }

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
    std::string code(kSha256Bytes, '\0');
    const auto* code_of = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                               reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                               reinterpret_cast<unsigned char*>(code.data()), nullptr);
    require(code_of != nullptr, "HMAC");
    return code;
}

Md5Bytes md5(std::string_view bytes) {
    static thread_local Hasher hasher("MD5");
    Md5Bytes digest;
    hasher.update(bytes);
    hasher.finish(digest.data());
    return digest;
}

std::string uuid5_bytes(std::string_view space, std::string_view name) {
    static thread_local Hasher hasher("SHA1");
    std::string digest(kSha1Bytes, '\0');
    hasher.update(space);
    hasher.update(name);
    hasher.finish(reinterpret_cast<unsigned char*>(digest.data()));
    digest.resize(kUuidBytes);
    digest[6] = static_cast<char>((digest[6] & 0x0F) | 0x50); // version 5
    digest[8] = static_cast<char>((digest[8] & 0x3F) | 0x80); // variant of RFC 4122
    return digest;
}

std::string uuid_text(std::string_view bytes) {
    const auto digits = hex(bytes);
    return digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-" + digits.substr(12, 4) + "-" + digits.substr(16, 4) +
           "-" + digits.substr(20);
}

std::string godwit_uuid(std::string_view name) { return uuid_text(uuid5_bytes(kGodwitSpace, name)); }

std::int64_t godwit_int64(std::string_view name) {
    const auto bytes = uuid5_bytes(kGodwitSpace, name);
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < 8; ++i)
        number = (number << 8) | static_cast<unsigned char>(bytes[i]);
    return static_cast<std::int64_t>(number >> 1);
}

} // namespace godwit
