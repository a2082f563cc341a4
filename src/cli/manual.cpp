#include "cli/manual.hpp"

#include <algorithm>
#include <filesystem>

#include "cli/common_options.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/version.hpp"

namespace xrayclf {
namespace {

/// Text that roff takes literally: "-" stays the character that one types, and no line is a
/// request.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool line_begins = out.empty() || out.back() == '\n';
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == ',') {
      out += ",\\:";
    } else {
      out += c;
    }
  }
  return out;
}

std::string roff_bold(const std::string& text) { return "\\fB" + roff(text) + "\\fR"; }
std::string roff_italic(const std::string& text) { return "\\fI" + roff(text) + "\\fR"; }

std::string upper_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return text;
}

/// A page's first lines. It bears no date: the version says which program it describes, and the
/// same sources make the same bytes.
std::string page_head(const std::string& name, const std::string& summary) {
  return ".TH " + upper_case(roff(name)) + " 1 \"\" \"xrayclf " + version() +
         "\" \"User Commands\"\n.nh\n.ad l\n.SH NAME\n" + roff(name) + " \\- " + roff(summary) +
         "\n";
}

std::string option_entry(const FieldDoc& doc) {
  std::string text = ".TP\n" + roff_bold("--" + doc.path);
  // A choice may be long; it goes into the text, where lines can break.
  const bool alone = doc.kind == FieldKind::boolean;
  if (!alone) {
    text += " " + roff_italic(doc.choices.empty()           ? type_text(doc)
                              : doc.kind == FieldKind::list ? "NAME,..."
                                                            : "NAME");
  }
  text += "\n" + roff(doc.help) + ".\n";
  if (!doc.choices.empty()) text += "One of " + roff(join(doc.choices)) + ".\n";
  if (const std::string notes = notes_text(doc); !notes.empty()) {
    text += "[" + roff(notes) + "]\n";
  }
  return text;
}

/// The fields outside any structure, then a section for each structure.
std::string option_sections(const std::vector<FieldDoc>& docs) {
  std::string text = ".SH OPTIONS\n", group;
  for (const FieldDoc& doc : docs) {
    const auto dot = doc.path.find('.');
    if (dot == std::string::npos) text += option_entry(doc);
  }
  for (const FieldDoc& doc : docs) {
    const auto dot = doc.path.find('.');
    if (dot == std::string::npos) continue;
    if (doc.path.substr(0, dot) != group) {
      group = doc.path.substr(0, dot);
      text += ".SS Options of " + roff(group) + "\n";
    }
    text += option_entry(doc);
  }
  text += ".SS Common options\n";
  for (const FieldDoc& doc : common_options()) text += option_entry(doc);
  return text;
}

std::string exit_status_section() {
  std::string text = ".SH EXIT STATUS\n";
  for (const auto& [code, meaning] : exit_codes()) {
    text += ".TP\n" + roff_bold(code) + "\n" + roff(meaning) + "\n";
  }
  return text;
}

std::string page_foot(const std::string& others) {
  return ".SH SEE ALSO\n" + others +
         ".SH NOTES\nxrayclf is research software, not a medical device; do not use it for "
         "diagnosis.\n";
}

}  // namespace

std::string manual_page(const Command& command) {
  const std::vector<FieldDoc> docs = command.describe();
  std::string synopsis = ".SH SYNOPSIS\n" + roff_bold("xrayclf " + command.name) + " [" +
                         roff_italic("OPTION") + "]...";
  for (const FieldDoc& doc : docs) {
    if (!doc.positional) continue;
    const std::string name = roff_italic(upper_case(doc.path));
    synopsis += doc.required ? " " + name : " [" + name + "]";
    if (doc.kind == FieldKind::list) synopsis += "...";
  }
  std::string examples = ".SH EXAMPLES\n";
  for (const std::string& example : command.examples) {
    if (&example != &command.examples.front()) examples += ".PP\n";
    examples += ".nf\n.RS\n" + roff(example) + "\n.RE\n.fi\n";
  }
  return page_head("xrayclf-" + command.name, command.summary) + synopsis + "\n" +
         ".SH DESCRIPTION\n" + roff(command.summary) +
         ".\nEach option is also a key of the JSON file that " + roff_bold("--config") +
         " names; a dot in it is a level of nesting there.\nA switch may be followed by true or "
         "false.\n" +
         option_sections(docs) + exit_status_section() + examples +
         page_foot("\\fBxrayclf\\fR(1)\n");
}

std::string manual_page() {
  std::string list, others;
  for (const Command& command : commands()) {
    list += ".TP\n\\fBxrayclf\\-" + roff(command.name) + "\\fR(1)\n" + roff(command.summary) + "\n";
    others += (others.empty() ? "" : ",\n") + roff_bold("xrayclf-" + command.name) + "(1)";
  }
  return page_head("xrayclf",
                   "chest X-ray classification: prepare, train, evaluate, predict, serve") +
         ".SH SYNOPSIS\n" + roff_bold("xrayclf") + " " + roff_italic("COMMAND") + " [" +
         roff_italic("OPTION") + "]...\n.br\n" + roff_bold("xrayclf --version") + " [" +
         roff_bold("--json") + "]\n" +
         ".SH DESCRIPTION\nFrom a folder of chest X\\-rays to an evaluated classifier.\nResults go "
         "to standard output, everything else to standard error; inputs are never written to.\n"
         ".SH COMMANDS\n" +
         list + exit_status_section() +
         ".SH ENVIRONMENT\n.TP\n\\fBXRAYCLF_CACHE\\fR\nWhere weights lie: by default "
         "\\fI$XDG_CACHE_HOME/xrayclf\\fR or \\fI~/.cache/xrayclf\\fR.\n"
         ".TP\n\\fBNO_COLOR\\fR\nNo colours on a terminal.\n" +
         page_foot(others + "\n");
}

void manual(const ManualConfig& config, std::ostream&) {
  const std::filesystem::path folder = config.output;
  make_directories(folder);
  const auto write = [&](const std::string& name, const std::string& page) {
    write_file(folder / (name + ".1"), page, Durability::killed_process);
  };
  write("xrayclf", manual_page());
  for (const Command& command : commands()) write("xrayclf-" + command.name, manual_page(command));
}

}  // namespace xrayclf
