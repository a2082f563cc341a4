#include "cli/completion.hpp"

namespace xrayclf {
namespace {

/// `text` in single quotes, as fish reads it.
std::string fish_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

/// What completes the value of a field that takes one.
std::string fish_value(const FieldDoc& doc) {
  if (names_path(doc)) return " -r -F";
  if (doc.choices.empty()) return " -x";
  const std::string choices = join(doc.choices, " ");
  if (doc.kind == FieldKind::list)
    return " -x -a " + fish_quoted("(__xrayclf_list " + choices + ")");
  return " -x -a " + fish_quoted(choices);
}

}  // namespace

std::string fish_completion() {
  std::string text = R"(# fish completion of xrayclf, as `xrayclf completion fish` prints it.
function __xrayclf_command
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test $words[2] = $argv[1]
end
function __xrayclf_no_command
    test (count (commandline -opc)) -eq 1
end
# Choices behind what a list of them has up to its last comma.
function __xrayclf_list
    set -l given (string replace -r '^--[^=]*=' '' -- (commandline -ct))
    set -l begun (string replace -r '[^,]*$' '' -- $given)
    printf '%s\n' $begun$argv
end
complete -c xrayclf -f
complete -c xrayclf -n __xrayclf_no_command -l version -d 'Versions and devices'
complete -c xrayclf -n __xrayclf_no_command -l help -d 'Print the help'
)";
  for (const Command& command : commands()) {
    text += "complete -c xrayclf -n __xrayclf_no_command -a " + command.name + " -d " +
            fish_quoted(command.summary) + "\n";
  }
  for (const Command& command : commands()) {
    const std::string begin =
        "complete -c xrayclf -n " + fish_quoted("__xrayclf_command " + command.name);
    const std::vector<FieldDoc> docs = all_options(command);
    for (const FieldDoc& doc : docs) {
      text += begin + " -l " + doc.path;
      if (doc.kind != FieldKind::boolean) text += fish_value(doc);
      text += " -d " + fish_quoted(doc.help) + "\n";
    }
    if (const FieldDoc* argument = positional(docs)) {
      if (names_path(*argument)) text += begin + " -F\n";
      if (!argument->choices.empty()) {
        text += begin + " -a " + fish_quoted(join(argument->choices, " ")) + "\n";
      }
    }
  }
  return text;
}

}  // namespace xrayclf
