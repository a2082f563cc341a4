#include "cli/completion.hpp"

namespace xrayclf {
namespace {

/// Text inside the brackets of an _arguments specification.
std::string bracketed(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

/// A word of a list whose parts are separated by colons.
std::string colon_escaped(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == ':' ? std::string("\\:") : std::string(1, c);
  return out;
}

/// What completes the value of a field.
std::string zsh_action(const FieldDoc& doc) {
  if (names_path(doc)) return "path:_files";
  if (doc.choices.empty()) return "value: ";
  const std::string choices = join(doc.choices, " ");
  if (doc.kind == FieldKind::list) return "values:_values -s , value " + choices;
  return "value:(" + choices + ")";
}

std::string zsh_option(const FieldDoc& doc) {
  const std::string help = "[" + bracketed(doc.help) + "]";
  if (doc.path == "help" || doc.path == "print-config") {
    return shell_quoted("--" + doc.path + help);
  }
  // A switch takes its value in the same word or not at all.
  if (doc.kind == FieldKind::boolean) {
    return shell_quoted("--" + doc.path + "=-" + help + "::value:(true false)");
  }
  return shell_quoted("*--" + doc.path + "=" + help + ":" + zsh_action(doc));
}

}  // namespace

std::string zsh_completion() {
  std::string names, cases;
  for (const Command& command : commands()) {
    names += "    " + shell_quoted(command.name + ":" + colon_escaped(command.summary)) + "\n";
    const std::vector<FieldDoc> docs = all_options(command);
    cases += "        " + command.name + ")\n          _arguments";
    for (const FieldDoc& doc : docs) cases += " \\\n            " + zsh_option(doc);
    if (const FieldDoc* argument = positional(docs)) {
      const bool many = argument->kind == FieldKind::list;
      cases += " \\\n            " + shell_quoted((many ? "*:" : "1:") + zsh_action(*argument));
    }
    cases += " ;;\n";
  }
  return R"(#compdef xrayclf
# zsh completion of xrayclf, as `xrayclf completion zsh` prints it.
_xrayclf() {
  local curcontext=$curcontext context state line
  typeset -A opt_args
  local -a commands=(
)" + names +
         R"(  )
  _arguments -C '(- *)--help[Print the help]' '--version[Versions and devices]' \
    '--json[With --version: as JSON]' '1: :->command' '*:: :->arguments'
  case $state in
    command) _describe command commands ;;
    arguments)
      case $words[1] in
)" + cases +
         R"(      esac ;;
  esac
}
# Autoloaded, the file is the function's body; sourced, it names the function.
if [[ $funcstack[1] == _xrayclf ]]; then
  _xrayclf "$@"
else
  compdef _xrayclf xrayclf
fi
)";
}

}  // namespace xrayclf
