#include "cli/completion.hpp"

#include <algorithm>
#include <ostream>

#include "cli/common_options.hpp"

namespace xrayclf {

void completion(const CompletionConfig& config, std::ostream& out) {
  switch (config.shell) {
    case Shell::bash:
      out << bash_completion();
      return;
    case Shell::zsh:
      out << zsh_completion();
      return;
    case Shell::fish:
      out << fish_completion();
      return;
  }
}

std::vector<FieldDoc> all_options(const Command& command) {
  std::vector<FieldDoc> docs = command.describe();
  docs.insert(docs.end(), common_options().begin(), common_options().end());
  return docs;
}

const FieldDoc* positional(const std::vector<FieldDoc>& docs) {
  const auto found =
      std::find_if(docs.begin(), docs.end(), [](const FieldDoc& doc) { return doc.positional; });
  return found == docs.end() ? nullptr : &*found;
}

std::string shell_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace xrayclf
