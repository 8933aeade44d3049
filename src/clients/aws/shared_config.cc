#include "clients/aws/shared_config.h"

#include "base/file.h"
#include "base/text.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace godwit::aws {

namespace {

/// They hold some lines for each profile; larger ones are something else.
constexpr std::uint64_t kLargestFile = std::uint64_t{4} << 20;

Error bad_line(std::string why, const std::string& where, std::size_t line) {
    return Error::make(ErrorKind::invalid_input, "the AWS configuration cannot be read")
        .why(std::move(why))
        .fix("write it as `aws configure` does")
        .at(printable(where) + " line " + std::to_string(line));
}

/// `profile "my name"` in its words.
std::vector<std::string> words_of(std::string_view header) {
    std::vector<std::string> words;
    char quote = '\0';
    bool in_word = false;
    for (const char c : header) {
        if (quote != '\0' ? c == quote : (c == '"' || c == '\'')) {
            quote = quote == '\0' ? c : '\0';
            if (!in_word)
                words.emplace_back();
            in_word = true;
        } else if (quote == '\0' && (c == ' ' || c == '\t')) {
            in_word = false;
        } else {
            if (!in_word)
                words.emplace_back();
            words.back() += c;
            in_word = true;
        }
    }
    return words;
}

bool is_secret(std::string_view name) {
    constexpr std::string_view kSecrets[] = {"aws_secret_access_key", "aws_session_token", "aws_security_token"};
    return std::ranges::find(kSecrets, name) != std::end(kSecrets);
}

struct SectionName {
    std::string kind;
    std::string name;
};

/// Nothing for sections that no one here reads.
std::optional<SectionName> section_name(SharedConfig::File file, std::string_view header) {
    if (file == SharedConfig::File::credentials)
        return SectionName{"profile", std::string(trim(header))};
    const auto words = words_of(header);
    if (words.size() == 1 && words[0] == "default")
        return SectionName{"profile", "default"};
    if (words.size() == 2 && (words[0] == "profile" || words[0] == "sso-session" || words[0] == "services"))
        return SectionName{words[0], words[1]};
    return std::nullopt;
}

struct Setting {
    std::string name;
    std::string value;
};

std::optional<Setting> read_setting(std::string_view line) {
    const auto end = line.find_first_of("=:");
    if (end == std::string_view::npos || trim(line.substr(0, end)).empty())
        return std::nullopt;
    return Setting{lower_ascii(trim(line.substr(0, end))), std::string(trim(line.substr(end + 1)))};
}

bool is_indented(std::string_view line) { return line.front() == ' ' || line.front() == '\t'; }

std::string home(const Environment& environment) { return environment.get("HOME").value_or(""); }

std::string expanded(const std::string& path, const Environment& environment) {
    return path.starts_with("~/") ? home(environment) + path.substr(1) : path;
}

} // namespace

void SharedConfig::Section::set(std::string name, std::string_view value) {
    values_.insert_or_assign(std::move(name), Secret(std::string(value)));
}

std::optional<std::string> SharedConfig::Section::find(std::string_view name) const {
    const auto found = values_.find(name);
    return found == values_.end() || is_secret(name) ? std::nullopt : std::optional(found->second.reveal());
}

Secret SharedConfig::Section::secret(std::string_view name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? Secret() : found->second;
}

Result<SharedConfig> SharedConfig::load(const Environment& environment) {
    SharedConfig config;
    const std::pair<File, std::pair<const char*, const char*>> kFiles[] = {
        {File::config, {"AWS_CONFIG_FILE", "/.aws/config"}},
        {File::credentials, {"AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials"}},
    };
    for (const auto& [file, place] : kFiles) {
        const auto named = environment.get(place.first);
        const auto path = named ? expanded(*named, environment) : home(environment) + place.second;
        const auto text = read_file(path, kLargestFile);
        if (text)
            TRY(config.add(file, *text, path));
        else if (text.error().kind() != ErrorKind::not_found)
            return text.error();
    }
    return config;
}

Status SharedConfig::add(File file, std::string_view text, const std::string& where) {
    Section* section = nullptr;
    Section ignored;
    std::string outer; // the setting that indented lines belong to
    std::size_t number = 0;
    for (const auto& raw : split(text, '\n')) {
        ++number;
        const std::string_view line(raw);
        const auto content = trim(line);
        if (content.empty() || content.front() == '#' || content.front() == ';')
            continue;
        if (!is_indented(line) && content.front() == '[') {
            const auto end = content.find(']');
            if (end == std::string_view::npos)
                return bad_line("a section's bracket is not closed", where, number);
            const auto name = section_name(file, content.substr(1, end - 1));
            section = name ? &sections_[name->kind][name->name] : &ignored;
            outer.clear();
            continue;
        }
        if (section == nullptr)
            return bad_line("a setting stands before the first section", where, number);
        const auto setting = read_setting(content);
        if (is_indented(line) && !outer.empty()) {
            if (setting)
                section->set(outer + "." + setting->name, setting->value);
            continue;
        }
        if (!setting)
            return bad_line("a line is neither a section nor NAME = VALUE", where, number);
        section->set(setting->name, setting->value);
        outer = setting->value.empty() ? setting->name : std::string();
    }
    return {};
}

const SharedConfig::Section* SharedConfig::find(std::string_view kind, std::string_view name) const {
    const auto of_kind = sections_.find(kind);
    if (of_kind == sections_.end())
        return nullptr;
    const auto found = of_kind->second.find(name);
    return found == of_kind->second.end() ? nullptr : &found->second;
}

std::string default_profile(const Environment& environment) {
    for (const auto* name : {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"})
        if (const auto value = environment.get(name); value && !value->empty())
            return *value;
    return "default";
}

} // namespace godwit::aws
