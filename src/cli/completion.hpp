#pragma once

#include <array>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command.hpp"

namespace xrayclf {

enum class Shell { bash, zsh, fish };

template <>
struct EnumNames<Shell> {
  static constexpr std::array<std::pair<Shell, std::string_view>, 3> value{
      {{Shell::bash, "bash"}, {Shell::zsh, "zsh"}, {Shell::fish, "fish"}}};
};

/// `xrayclf completion`: what a shell needs to complete command lines.
struct CompletionConfig {
  Shell shell = Shell::bash;

  template <class Field>
  static void fields(Field&& field) {
    field("shell", &CompletionConfig::shell, "Shell that completes", Positional{});
  }
};

/// Prints the script. Commands, options, choices and paths come from the table of commands and the
/// fields of their configurations.
void completion(const CompletionConfig& config, std::ostream& out);

std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

/// The command's own options, then the common ones.
std::vector<FieldDoc> all_options(const Command& command);

/// The field that is filled by arguments without a flag, or nullptr.
const FieldDoc* positional(const std::vector<FieldDoc>& docs);

/// `text` in single quotes, as bash and zsh read it.
std::string shell_quoted(const std::string& text);

}  // namespace xrayclf
