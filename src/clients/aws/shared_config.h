#pragma once

#include "base/environment.h"
#include "base/result.h"
#include "base/secret.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace godwit::aws {

/// The files that the AWS CLI and the SDKs share (AWS SDKs and Tools Reference Guide, "Shared config and credentials
/// files"), read as the CLI reads them: names of settings without regard to case, comments on lines of their own, the
/// lines that are indented below a setting without a value as settings of that one.
class SharedConfig {
public:
    /// Settings by name in lower case; one that lies below another as `s3.addressing_style`.
    class Section {
    public:
        void set(std::string name, std::string_view value);
        /// Of a setting that may be shown; nothing for keys and tokens.
        std::optional<std::string> find(std::string_view name) const;
        /// `aws_secret_access_key` and the like; empty where it is not set.
        Secret secret(std::string_view name) const;

    private:
        std::map<std::string, Secret, std::less<>> values_;
    };

    /// `~/.aws/config` and `~/.aws/credentials`, or where AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE say. A file
    /// that is not there is empty.
    static Result<SharedConfig> load(const Environment& environment);

    /// The text of one file. Sections are `[default]`, `[profile NAME]`, `[sso-session NAME]` and `[services NAME]`; in
    /// the credentials file each is a profile's.
    enum class File { config, credentials };
    Status add(File file, std::string_view text, const std::string& where);

    /// What both files say of a profile; what the credentials file says counts. Null where neither knows it.
    const Section* profile(std::string_view name) const { return find("profile", name); }
    const Section* sso_session(std::string_view name) const { return find("sso-session", name); }
    const Section* services(std::string_view name) const { return find("services", name); }

private:
    const Section* find(std::string_view kind, std::string_view name) const;

    std::map<std::string, std::map<std::string, Section, std::less<>>, std::less<>> sections_; ///< by kind and name
};

/// The profile that is meant where none is named on the command line: AWS_PROFILE, AWS_DEFAULT_PROFILE, `default`.
std::string default_profile(const Environment& environment);

} // namespace godwit::aws
