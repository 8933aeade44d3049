#include "net/curl_worker.h"

#include "base/text.h"

#include <curl/curl.h>
#include <pthread.h>
#include <string.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <ctime>

namespace godwit::net {

namespace {

struct FreeEasy {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeMulti {
    void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};

/// OpenSSL writes to sockets without MSG_NOSIGNAL; a peer that has gone must not end the process.
class WithoutBrokenPipeSignal {
public:
    WithoutBrokenPipeSignal() {
        sigemptyset(&pipe_);
        sigaddset(&pipe_, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    WithoutBrokenPipeSignal(const WithoutBrokenPipeSignal&) = delete;
    WithoutBrokenPipeSignal& operator=(const WithoutBrokenPipeSignal&) = delete;
    ~WithoutBrokenPipeSignal() {
        const timespec at_once{};
        while (sigismember(&before_, SIGPIPE) == 0 && sigtimedwait(&pipe_, nullptr, &at_once) == SIGPIPE) {
        }
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

private:
    sigset_t pipe_;
    sigset_t before_;
};

/// Header lines as libcurl takes them; wiped at the end, as some hold secrets.
class HeaderList {
public:
    HeaderList() = default;
    HeaderList(const HeaderList&) = delete;
    HeaderList& operator=(const HeaderList&) = delete;
    ~HeaderList() {
        for (auto* item = list_; item != nullptr; item = item->next)
            explicit_bzero(item->data, std::strlen(item->data));
        curl_slist_free_all(list_);
    }
    void add(const std::string& line) { list_ = curl_slist_append(list_, line.c_str()); }
    void add(const std::string& name, const std::string& value) {
        Secret line(value.empty() ? name + ";" : name + ": " + value); // `Name;` is libcurl's way to send no value
        add(line.reveal());
    }
    curl_slist* get() const { return list_; }

private:
    curl_slist* list_ = nullptr;
};

/// What the callbacks of one transfer share.
struct Transfer {
    const HttpCall& call;
    Clock& clock;
    std::chrono::nanoseconds last_progress;
    HttpAnswer answer{};
    std::size_t header_bytes = 0;
    bool header_complete = false;
    bool is_success = false;
    curl_off_t body_bytes_sent = 0;
    std::string refused{}; ///< why a callback broke off
    std::optional<Error> body_error{};
    char message[CURL_ERROR_SIZE] = {};

    void progressed() { last_progress = clock.boot_time(); }
};

std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
    constexpr std::size_t kHeaderLimit = std::size_t{256} << 10;
    auto& transfer = *static_cast<Transfer*>(user);
    transfer.progressed();
    transfer.header_bytes += size;
    if (transfer.header_bytes > kHeaderLimit) {
        transfer.refused = "its header is larger than " + human_bytes(kHeaderLimit);
        return 0;
    }
    const std::string_view line(data, size);
    if (line.starts_with("HTTP/")) { // another one after `100 Continue`
        transfer.answer.headers.clear();
        transfer.header_complete = false;
        transfer.is_success = line.find(" 2") == line.find(' ');
    } else if (trim(line).empty()) {
        transfer.header_complete = true;
    } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
        transfer.answer.headers.add(std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1))));
    }
    return size;
}

/// Of a refusal no more is kept: nobody needs it, and the service that refuses decides how much it sends.
constexpr std::size_t kRefusalBytes = std::size_t{1} << 20;

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
    auto& transfer = *static_cast<Transfer*>(user);
    transfer.progressed();
    if (size > transfer.call.answer_limit - transfer.answer.body.size()) {
        transfer.refused = "its answer is larger than " + human_bytes(transfer.call.answer_limit);
        return 0;
    }
    const auto kept = transfer.is_success ? size : std::min(size, kRefusalBytes - transfer.answer.body.size());
    transfer.answer.body.append(data, kept);
    return size;
}

std::size_t on_read(char* into, std::size_t, std::size_t capacity, void* user) {
    auto& transfer = *static_cast<Transfer*>(user);
    transfer.progressed();
    auto got = transfer.call.body_source(into, capacity);
    if (got.is_error()) {
        transfer.body_error = std::move(got).error();
        return CURL_READFUNC_ABORT;
    }
    return *got;
}

/// Sent bytes of a body in memory are seen only here.
int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t sent) {
    auto& transfer = *static_cast<Transfer*>(user);
    if (sent != transfer.body_bytes_sent) {
        transfer.body_bytes_sent = sent;
        transfer.progressed();
    }
    return 0;
}

CurlEnd end_of(CURLcode code, const Transfer& transfer) {
    switch (code) {
    case CURLE_OK: return CurlEnd::answered;
    case CURLE_OPERATION_TIMEDOUT: return CurlEnd::late;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: return CurlEnd::certificate;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING: return CurlEnd::bad_answer;
    case CURLE_WRITE_ERROR: return transfer.refused.empty() ? CurlEnd::failed : CurlEnd::bad_answer;
    default: return CurlEnd::failed;
    }
}

} // namespace

struct CurlWorker::Handles {
    // The multi handle keeps the connections; it outlives the easy handle that is in it.
    std::unique_ptr<CURLM, FreeMulti> multi{curl_multi_init()};
    std::unique_ptr<CURL, FreeEasy> easy{curl_easy_init()};
};

CurlWorker::CurlWorker(std::unique_ptr<Handles> handles) : handles_(std::move(handles)) {}
CurlWorker::~CurlWorker() = default;

Result<std::unique_ptr<CurlWorker>> CurlWorker::create() {
    static const auto initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    auto handles = std::make_unique<Handles>();
    if (initialised != CURLE_OK || !handles->multi || !handles->easy)
        return Error::make(ErrorKind::bug, "libcurl cannot be started");
    return std::unique_ptr<CurlWorker>(new CurlWorker(std::move(handles)));
}

namespace {

void set_connection(CURL* easy, const HttpCall& call, const CurlHttpClient::Settings& settings) {
    curl_easy_setopt(easy, CURLOPT_URL, call.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); // else the environment would name one
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (!settings.certificate_file.empty())
        curl_easy_setopt(easy, CURLOPT_CAINFO, settings.certificate_file.c_str());
    curl_easy_setopt(easy, CURLOPT_USERAGENT, settings.user_agent.c_str());
    curl_easy_setopt(
        easy, CURLOPT_CONNECTTIMEOUT_MS,
        static_cast<long>(std::max<std::int64_t>(1, std::min(call.connect_limit, call.total_limit).count())));
    if (!is_reading(call.method) && !call.repeat_is_safe)
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L); // see the header
}

void set_request(CURL* easy, const HttpCall& call, Transfer& transfer, HeaderList& headers) {
    for (const auto& field : call.headers)
        headers.add(field.name, field.value);
    for (const auto& field : call.secret_headers)
        headers.add(field.name, field.value.reveal());
    headers.add("Expect:"); // no waiting for `100 Continue`
    const bool has_body = !call.body.empty() || call.method == "POST" || call.method == "PUT" || call.method == "PATCH";
    if (call.body_source) {
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
        curl_easy_setopt(easy, CURLOPT_READDATA, &transfer);
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
                         call.body_source_size ? static_cast<curl_off_t>(*call.body_source_size) : curl_off_t{-1});
    } else if (has_body) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call.body.c_str());
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
        if (!call.headers.contains("Content-Type"))
            headers.add("Content-Type:"); // libcurl would call it a form
    }
    if (call.method == "HEAD")
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call.method.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
}

void set_callbacks(CURL* easy, Transfer& transfer) {
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.message);
}

std::string seconds(std::chrono::milliseconds limit) {
    return human_seconds(static_cast<double>(limit.count()) / 1000);
}

/// Drives the transfer to its end, or breaks off; then the connection is closed by taking the handle out.
CurlOutcome drive(CURLM* multi, const HttpCall& call, Transfer& transfer, Clock& clock) {
    const Deadline deadline(clock, call.total_limit);
    const std::stop_callback wake(call.stop, [multi] { curl_multi_wakeup(multi); });
    CurlOutcome outcome;
    while (true) {
        if (call.stop.stop_requested()) {
            outcome.end = CurlEnd::stopped;
            outcome.why = "it was asked to stop";
            return outcome;
        }
        int running = 0;
        curl_multi_perform(multi, &running);
        if (running == 0)
            break;
        const auto idle_left =
            std::chrono::ceil<std::chrono::milliseconds>(call.idle_limit + transfer.last_progress - clock.boot_time());
        const auto left = std::min(deadline.left(), idle_left);
        if (left.count() <= 0) {
            outcome.end = CurlEnd::late;
            outcome.why = idle_left < deadline.left() ? "nothing moved for " + seconds(call.idle_limit)
                                                      : "it took longer than " + seconds(call.total_limit);
            return outcome;
        }
        // The clock may be another than the one by which libcurl waits, so it is asked several times a second.
        constexpr std::chrono::milliseconds kLongestWait{100};
        curl_multi_poll(multi, nullptr, 0, static_cast<int>(std::min(left, kLongestWait).count()), nullptr);
    }
    int queued = 0;
    const auto* message = curl_multi_info_read(multi, &queued);
    const auto code = message == nullptr ? CURLE_FAILED_INIT : message->data.result;
    outcome.end = end_of(code, transfer);
    if (outcome.end == CurlEnd::answered && !transfer.header_complete) { // libcurl is content with a cut header
        outcome.end = CurlEnd::failed;
        outcome.why = "the connection was closed in the middle of the header";
        return outcome;
    }
    outcome.why = !transfer.refused.empty()     ? transfer.refused
                  : transfer.message[0] != '\0' ? printable(transfer.message)
                                                : curl_easy_strerror(code);
    return outcome;
}

} // namespace

CurlOutcome CurlWorker::perform(const HttpCall& call, const CurlHttpClient::Settings& settings, Clock& clock) {
    const WithoutBrokenPipeSignal no_signal;
    CURL* easy = handles_->easy.get();
    CURLM* multi = handles_->multi.get();
    Transfer transfer{.call = call, .clock = clock, .last_progress = clock.boot_time()};
    HeaderList headers;
    curl_easy_reset(easy);
    set_connection(easy, call, settings);
    set_request(easy, call, transfer, headers);
    set_callbacks(easy, transfer);
    curl_multi_add_handle(multi, easy);
    auto outcome = drive(multi, call, transfer, clock);
    long sent = 0;
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &sent);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(multi, easy);
    curl_easy_reset(easy); // nothing of this call is referred to any more
    outcome.sent = sent > 0;
    outcome.body_error = std::move(transfer.body_error);
    outcome.answer = std::move(transfer.answer);
    outcome.answer.status = static_cast<int>(status);
    return outcome;
}

} // namespace godwit::net
