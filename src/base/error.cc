#include "base/error.h"

#include "base/text.h"

#include <cerrno>
#include <cstring>
#include <utility>

namespace godwit {

struct Error::Details {
    ErrorKind kind = ErrorKind::bug;
    RetryClass retry = RetryClass::fail;
    std::string what;
    std::string why;
    std::string fix;
    std::string where;
    std::string request_id;
    std::string code;
    std::shared_ptr<const Error> cause;
};

std::string_view to_string(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::usage: return "usage";
    case ErrorKind::invalid_input: return "invalid-input";
    case ErrorKind::unsupported: return "unsupported";
    case ErrorKind::not_found: return "not-found";
    case ErrorKind::conflict: return "conflict";
    case ErrorKind::permission: return "permission";
    case ErrorKind::authentication: return "authentication";
    case ErrorKind::unavailable: return "unavailable";
    case ErrorKind::deadline: return "deadline";
    case ErrorKind::interrupted: return "interrupted";
    case ErrorKind::held: return "held";
    case ErrorKind::stale: return "stale";
    case ErrorKind::blocked: return "blocked";
    case ErrorKind::different: return "different";
    case ErrorKind::corrupt: return "corrupt";
    case ErrorKind::io: return "io";
    case ErrorKind::no_space: return "no-space";
    case ErrorKind::outcome_unknown: return "outcome-unknown";
    case ErrorKind::bug: return "bug";
    }
    return "bug";
}

std::string_view to_string(RetryClass retry) {
    switch (retry) {
    case RetryClass::fail: return "fail";
    case RetryClass::retry: return "retry";
    case RetryClass::unknown: return "unknown";
    }
    return "fail";
}

Error::Error(std::shared_ptr<Details> details) : details_(std::move(details)) {}

Error Error::make(ErrorKind kind, std::string what) {
    auto details = std::make_shared<Details>();
    details->kind = kind;
    details->retry = kind == ErrorKind::outcome_unknown ? RetryClass::unknown : RetryClass::fail;
    details->what = std::move(what);
    return Error(std::move(details));
}

Error::Details& Error::mutable_details() {
    if (details_.use_count() > 1)
        details_ = std::make_shared<Details>(*details_);
    return *details_;
}

Error Error::why(std::string text) && {
    mutable_details().why = std::move(text);
    return std::move(*this);
}

Error Error::fix(std::string text) && {
    mutable_details().fix = std::move(text);
    return std::move(*this);
}

Error Error::at(std::string resource) && {
    auto& where = mutable_details().where;
    where = where.empty() ? std::move(resource) : resource + ": " + where;
    return std::move(*this);
}

Error Error::request_id(std::string id) && {
    mutable_details().request_id = std::move(id);
    return std::move(*this);
}

Error Error::retry(RetryClass retry) && {
    mutable_details().retry = retry;
    return std::move(*this);
}

Error Error::code(std::string code) && {
    mutable_details().code = std::move(code);
    return std::move(*this);
}

Error Error::cause(Error inner) && {
    mutable_details().cause = std::make_shared<const Error>(std::move(inner));
    return std::move(*this);
}

ErrorKind Error::kind() const { return details_->kind; }
RetryClass Error::retry() const { return details_->retry; }
const std::string& Error::what() const { return details_->what; }
const std::string& Error::why() const { return details_->why; }
const std::string& Error::fix() const { return details_->fix; }
const std::string& Error::where() const { return details_->where; }
const std::string& Error::request_id() const { return details_->request_id; }
const std::string& Error::code() const { return details_->code; }
const Error* Error::cause() const { return details_->cause.get(); }

namespace {

/// Whatever a server, a file or a library put into a text, it does not reach a terminal as a command. Our own line
/// breaks stay.
std::string shown(std::string_view text) {
    std::vector<std::string> lines;
    for (const auto& line : split(text, '\n'))
        lines.push_back(printable(line));
    return join(lines, "\n");
}

} // namespace

std::string Error::to_line() const {
    std::string line = details_->what;
    if (!details_->why.empty())
        line += ": " + details_->why;
    if (!details_->where.empty())
        line += " (" + details_->where + ")";
    if (details_->cause)
        line += "; " + details_->cause->to_line();
    return shown(line);
}

namespace {

/// Where the error was made nothing better was known.
std::string_view usual_fix(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::usage: return "see `godwit --help`";
    case ErrorKind::invalid_input: return "correct what is named there, or copy it again";
    case ErrorKind::unsupported: return "leave it out";
    case ErrorKind::not_found: return "check the name";
    case ErrorKind::conflict: return "look at what stands there; move it away or choose another name";
    case ErrorKind::permission:
    case ErrorKind::authentication: return "ask for the right to do this";
    case ErrorKind::stale:
    case ErrorKind::blocked: return "assess and plan again";
    case ErrorKind::different: return "look at what differs";
    case ErrorKind::corrupt: return "restore it from its backup";
    case ErrorKind::io: return "check the disk and the system's log, then run the same command again";
    case ErrorKind::no_space: return "free space there, then run the same command again";
    case ErrorKind::bug: return "run the same command again; what was committed is safe. Please report it";
    case ErrorKind::unavailable:
    case ErrorKind::deadline:
    case ErrorKind::interrupted:
    case ErrorKind::held:
    case ErrorKind::outcome_unknown: break;
    }
    return "run the same command again";
}

} // namespace

std::string Error::to_block() const {
    std::string block = "Error";
    if (!details_->code.empty())
        block += " " + details_->code;
    block += ": " + details_->what + "\n";
    const auto line = [&block](std::string_view label, const std::string& text) {
        if (!text.empty())
            block.append("  ").append(label).append(text).append("\n");
    };
    line("Why:   ", details_->why);
    for (const Error* inner = cause(); inner != nullptr; inner = inner->cause())
        line("Cause: ", inner->what() + (inner->why().empty() ? "" : ": " + inner->why()) +
                            (inner->where().empty() ? "" : " (" + inner->where() + ")"));
    line("Fix:   ", details_->fix.empty() ? std::string(usual_fix(details_->kind)) : details_->fix);
    std::string where = details_->where;
    if (!details_->request_id.empty())
        where += (where.empty() ? "request " : ", request ") + details_->request_id;
    line("Where: ", where);
    return shown(block);
}

Error system_error(int error_number, std::string what, std::string path) {
    auto kind = ErrorKind::io;
    std::string fix = "check the disk and the system's log, then run the same command again";
    if (error_number == ENOSPC || error_number == EDQUOT) {
        kind = ErrorKind::no_space;
        fix = "free space there, then run the same command again";
    } else if (error_number == ENOENT || error_number == ENOTDIR) {
        kind = ErrorKind::not_found;
        fix = "check the path: every folder on the way must exist";
    } else if (error_number == EACCES || error_number == EPERM || error_number == EROFS) {
        kind = ErrorKind::permission;
        fix = error_number == EROFS ? "choose a place that can be written" : "give this user the right to it";
    } else if (error_number == EEXIST || error_number == ENOTEMPTY) {
        kind = ErrorKind::conflict;
        fix = "choose another name, or move away what stands there";
    } else if (error_number == EISDIR || error_number == ENAMETOOLONG || error_number == ELOOP) {
        fix = "choose another name";
    }
    char text[256];
    return Error::make(kind, std::move(what))
        .why(strerror_r(error_number, text, sizeof text))
        .fix(std::move(fix))
        .at(std::move(path));
}

} // namespace godwit
