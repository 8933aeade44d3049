#include "cli/command_tree.h"

#include "base/text.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace godwit::cli {

namespace {

std::vector<const CLI::App*> children_of(const CLI::App& app) {
    return app.get_subcommands(std::function<bool(const CLI::App*)>([](const CLI::App*) { return true; }));
}

/// Hidden ones have no group; a nameless one is a group of options.
std::vector<const CLI::App*> commands_below(const CLI::App& app) {
    std::vector<const CLI::App*> commands;
    for (const auto* child : children_of(app))
        if (!child->get_name().empty() && !child->get_group().empty())
            commands.push_back(child);
    return commands;
}

std::vector<const CLI::Option*> options_of(const CLI::App& app) {
    auto options = app.get_options();
    for (const auto* child : children_of(app))
        if (child->get_name().empty())
            for (const auto* option : child->get_options())
                options.push_back(option);
    std::erase_if(options, [](const CLI::Option* option) { return option->get_group().empty(); });
    return options;
}

bool is_help(const CLI::Option& option) { return option.check_lname("help"); }

/// `{text,json}` of `TEXT:{text,json}`.
std::string value_of(const CLI::Option& option) {
    if (option.get_expected_max() == 0 || option.get_type_size_max() == 0)
        return {};
    auto value = option.get_type_name();
    if (const auto brace = value.find('{'); brace != std::string::npos)
        value = value.substr(brace + 1, value.size() - brace - 2);
    else if (value.starts_with("TEXT"))
        value = option.get_positional() ? "" : "TEXT";
    return value.substr(0, value.find(':'));
}

/// A cell of a Markdown table.
std::string cell(std::string_view text) {
    std::string escaped;
    for (const char c : text)
        escaped += c == '|' ? std::string("\\|") : std::string(1, c);
    return escaped;
}

std::string code(std::string_view text) { return text.empty() ? std::string() : "`" + cell(text) + "`"; }

std::string rows_of(const CLI::App& app) {
    std::string rows;
    for (const auto* option : options_of(app)) {
        if (is_help(*option))
            continue;
        const bool is_required = option->get_required();
        rows += "| " + code(option->get_name(true, true)) + " | " + code(value_of(*option)) + " | " +
                (is_required ? std::string("required") : code(option->get_default_str())) + " | " +
                cell(option->get_description()) + " |\n";
    }
    return rows.empty() ? rows : "\n| | value | default | |\n| --- | --- | --- | --- |\n" + rows;
}

void describe(const CLI::App& app, std::string& text) {
    for (const auto* command : commands_below(app)) {
        if (commands_below(*command).empty()) {
            text += "\n## `" + path_of(*command);
            for (const auto* option : options_of(*command))
                if (option->get_positional())
                    text += " " + option->get_name(true);
            auto words = command->get_description();
            words.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(words.front())));
            text += "`\n\n" + words + ".\n" + rows_of(*command);
        }
        describe(*command, text);
    }
}

} // namespace

std::string path_of(const CLI::App& app) {
    return app.get_parent() == nullptr ? app.get_name() : path_of(*app.get_parent()) + " " + app.get_name();
}

std::string help_of(const CLI::App& app) {
    if (app.get_parent() == nullptr)
        return app.help();
    return app.help(path_of(*app.get_parent())) + "\nOptions of every command: godwit --help\n";
}

void show_defaults(CLI::App& app) {
    constexpr std::array<std::string_view, 5> kNone{"", "[]", "{}", "false", "\"\""};
    for (auto* option : app.get_options()) {
        option->capture_default_str();
        const auto text = option->get_default_str();
        if (std::ranges::find(kNone, text) != kNone.end())
            option->default_str("");
    }
    for (auto* child : app.get_subcommands(std::function<bool(CLI::App*)>([](CLI::App*) { return true; })))
        show_defaults(*child);
}

std::string nearest_word(const CLI::App& app, const std::string& word) {
    std::vector<std::string> candidates;
    if (!word.starts_with("-")) {
        for (const auto* command : commands_below(app))
            candidates.push_back(command->get_name());
        return nearest(word, candidates);
    }
    for (const auto* at = &app; at != nullptr; at = at->get_parent())
        for (const auto* option : options_of(*at))
            for (const auto& name : option->get_lnames())
                candidates.push_back("--" + name);
    return nearest(word.substr(0, word.find('=')), candidates);
}

std::string command_reference(const CLI::App& root) {
    std::string text =
        "# Command line\n\n"
        "Written by `godwit reference`; a test compares the two. What a command is asked for goes to standard output;\n"
        "progress, logs and errors go to standard error; [output](output.md) says how both look to a program.\n"
        "[Exit codes](exit-codes.md) are the same for all.\n\n"
        "## Options of every command\n\n"
        "They may stand before or behind the command.\n" +
        rows_of(root);
    describe(root, text);
    return text;
}

} // namespace godwit::cli
