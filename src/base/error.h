#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace godwit {

/// What went wrong, coarsely: callers branch on this and the command line maps it to its exit code.
enum class ErrorKind {
    usage,           ///< the command line or a configuration is wrong
    invalid_input,   ///< a file or an answer breaks its format
    unsupported,     ///< well formed, but beyond what Godwit handles
    not_found,       ///< the named thing does not exist
    conflict,        ///< something else stands where ours should go
    permission,      ///< known who we are, not allowed
    authentication,  ///< not known who we are
    unavailable,     ///< the other side refuses or is overloaded
    deadline,        ///< no answer within the time allowed
    interrupted,     ///< the user asked to stop
    held,            ///< a lock or lease belongs to another
    stale,           ///< the world changed since it was planned
    blocked,         ///< findings forbid it
    different,       ///< verification found differences
    corrupt,         ///< our own stored state fails its checks
    io,              ///< the operating system failed a file operation
    no_space,        ///< the disk or quota is full
    outcome_unknown, ///< the call may have taken effect
    bug,             ///< an invariant of our own does not hold
};

/// Whether repeating the call can help, decided where the call was made.
/// `unknown` means that the effect may have happened: look it up before repeating.
enum class RetryClass { fail, retry, unknown };

std::string_view to_string(ErrorKind kind);
std::string_view to_string(RetryClass retry);

/// An error as a value: what happened, why, how to go on, and where.
/// Cheap to move; built once and then only read, so copies share their details.
///
///     return Error::make(ErrorKind::invalid_input, "the manifest cannot be read")
///         .why("block 3 ends after 17 of 128 bytes").fix("copy the file again").at(path);
class [[nodiscard]] Error {
public:
    static Error make(ErrorKind kind, std::string what);

    Error why(std::string text) &&;
    Error fix(std::string text) &&;
    /// Where: a file with offset, a JSON field, a resource. A later call prepends: `outer: inner`.
    Error at(std::string resource) &&;
    Error request_id(std::string id) &&;
    Error retry(RetryClass retry) &&;
    Error code(std::string code) &&;
    Error cause(Error inner) &&;

    ErrorKind kind() const;
    RetryClass retry() const;
    const std::string& what() const;
    const std::string& why() const;
    const std::string& fix() const;
    const std::string& where() const;
    const std::string& request_id() const;
    /// Stable code with a documentation page (`STATE-003`), or empty.
    const std::string& code() const;
    const Error* cause() const;

    /// One line for logs: `what: why (where)`.
    std::string to_line() const;
    /// The block of what, why, fix and where that a person sees.
    std::string to_block() const;

private:
    struct Details;
    explicit Error(std::shared_ptr<Details> details);
    Details& mutable_details();
    std::shared_ptr<Details> details_;
};

/// An error of the operating system: `errno` decides between io, no_space, not_found and permission.
Error system_error(int error_number, std::string what, std::string path);

} // namespace godwit
