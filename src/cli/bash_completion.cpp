#include "cli/completion.hpp"

namespace xrayclf {
namespace {

/// What stands before and behind the table of commands. bash makes "=" a word of its own.
constexpr const char* kBashBegin =
    R"(# bash completion of xrayclf, as `xrayclf completion bash` prints it.
_xrayclf() {
  local word=${COMP_WORDS[COMP_CWORD]} option='' at=$COMP_CWORD
  local command=${COMP_WORDS[1]} options='' values='' list='' kind='' argument='' prefix=''
  COMPREPLY=()
  if [[ $word == '=' ]]; then
    word=''
    option=${COMP_WORDS[at - 1]}
  elif ((at >= 2)) && [[ ${COMP_WORDS[at - 1]} == '=' ]]; then
    option=${COMP_WORDS[at - 2]}
  elif ((at >= 2)); then
    option=${COMP_WORDS[at - 1]}
  fi
  if ((at == 1)); then
    values=)";

constexpr const char* kBashEnd = R"(  fi
  if [[ -n $values ]]; then kind=values; fi
  if [[ -z $kind && $word != -* ]]; then kind=$argument; fi
  if [[ $kind == values ]]; then
    if [[ -n $list && $word == *,* ]]; then prefix=${word%,*},; fi
    mapfile -t COMPREPLY < <(compgen -P "$prefix" -W "$values" -- "${word#"$prefix"}")
  elif [[ $kind == paths ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  elif [[ -z $kind ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
  fi
}
complete -F _xrayclf xrayclf
)";

/// The line of a case for an option; "" for a switch, which takes no value of its own word.
std::string bash_option_case(const FieldDoc& doc) {
  const std::string pattern = "          --" + doc.path + ") ";
  if (doc.kind == FieldKind::boolean) {
    return pattern +
           "if [[ ${COMP_WORDS[at - 1]} == '=' || ${COMP_WORDS[at]} == '=' ]]; "
           "then values='true false'; fi ;;\n";
  }
  if (names_path(doc)) return pattern + "kind=paths ;;\n";
  if (doc.choices.empty()) return pattern + "kind=free ;;\n";
  return pattern + "values=" + shell_quoted(join(doc.choices, " ")) +
         (doc.kind == FieldKind::list ? " list=yes ;;\n" : " ;;\n");
}

std::string bash_command_case(const Command& command) {
  const std::vector<FieldDoc> docs = all_options(command);
  std::string names, cases;
  for (const FieldDoc& doc : docs) {
    names += (names.empty() ? "--" : " --") + doc.path;
    cases += bash_option_case(doc);
  }
  std::string text = "      " + command.name + ")\n        options=" + shell_quoted(names) + "\n";
  std::string otherwise;
  if (const FieldDoc* argument = positional(docs)) {
    if (names_path(*argument)) text += "        argument=paths\n";
    if (!argument->choices.empty()) {
      otherwise = "          *) if [[ $word != -* ]]; then values=" +
                  shell_quoted(join(argument->choices, " ")) + "; fi ;;\n";
    }
  }
  return text + "        case $option in\n" + cases + otherwise + "        esac ;;\n";
}

}  // namespace

std::string bash_completion() {
  std::string names = "--version --help", cases;
  for (const Command& command : commands()) {
    names += " " + command.name;
    cases += bash_command_case(command);
  }
  return kBashBegin + shell_quoted(names) + "\n  else\n    case $command in\n" + cases +
         "      --version) options='--json' ;;\n    esac\n" + kBashEnd;
}

}  // namespace xrayclf
