#pragma once

#include <string>

namespace CLI { // NOLINT(readability-identifier-naming): the library's own name
class App;
}

/// What can be said of the commands by walking their tree.
namespace godwit::cli {

/// `godwit plan create`.
std::string path_of(const CLI::App& app);
/// The help of a command, with the whole command in the line of its usage.
std::string help_of(const CLI::App& app);
/// Notes the default of each option, so that the help shows it.
void show_defaults(CLI::App& app);
/// What a word that was not understood may have meant: a command below `app` or an option that holds there; else empty.
std::string nearest_word(const CLI::App& app, const std::string& word);
/// docs/reference/command-line.md.
std::string command_reference(const CLI::App& root);

} // namespace godwit::cli
