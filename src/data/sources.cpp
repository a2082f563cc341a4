#include "xrayclf/data/sources.hpp"

#include <algorithm>
#include <cctype>
#include <set>

#include "data/source_csv.hpp"
#include "data/source_tree.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

/// The label without what people type by accident: case and blanks around it.
std::string folded(const std::string& label) {
  const auto is_blank = [](unsigned char c) { return std::isspace(c) != 0; };
  auto first = std::find_if_not(label.begin(), label.end(), is_blank);
  auto last = std::find_if_not(label.rbegin(), label.rend(), is_blank).base();
  std::string text(first, std::max(first, last));
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

void refuse_lookalikes(const std::string& input, const std::set<std::string>& found) {
  std::map<std::string, std::string> seen;
  for (const std::string& label : found) {
    const auto [other, is_new] = seen.emplace(folded(label), label);
    if (is_new) continue;
    throw DataError(input + ": the classes '" + printable(other->second) + "' and '" +
                    printable(label) +
                    "' differ only in case or blanks; rename one, or name both in --classes");
  }
}

std::vector<std::string> only_in(const std::vector<std::string>& a,
                                 const std::vector<std::string>& b) {
  std::vector<std::string> out;
  for (const std::string& text : a) {
    if (std::find(b.begin(), b.end(), text) == b.end()) out.push_back("'" + printable(text) + "'");
  }
  return out;
}

/// The classes in the order asked for. Throws DataError where they are not exactly those found.
std::vector<std::string> ordered_classes(const std::string& input,
                                         const std::vector<std::string>& wanted,
                                         const std::set<std::string>& found) {
  const std::vector<std::string> sorted(found.begin(), found.end());
  if (wanted.empty()) {
    refuse_lookalikes(input, found);
    return sorted;
  }
  if (std::set<std::string>(wanted.begin(), wanted.end()).size() != wanted.size()) {
    throw ConfigError("classes: one is named twice");
  }
  const auto missing = only_in(wanted, sorted);
  const auto extra = only_in(sorted, wanted);
  if (missing.empty() && extra.empty()) return wanted;
  std::string message = input + ": not the classes that --classes names;";
  if (!missing.empty()) message += " missing: " + join(missing) + ";";
  if (!extra.empty()) message += " extra: " + join(extra) + ";";
  message.pop_back();
  throw DataError(message);
}

}  // namespace

std::string split_name(const std::string& word) {
  const std::string name = folded(word);
  if (name == "train" || name == "training") return "train";
  if (name == "val" || name == "valid" || name == "validation") return "validation";
  if (name == "test" || name == "testing") return "test";
  return "";
}

SourceList find_sources(const std::filesystem::path& input, const SourceOptions& options) {
  std::error_code error;
  const auto status = std::filesystem::status(input, error);
  const std::string shown = printable(input.string());
  if (!std::filesystem::exists(status)) {
    throw IoError("cannot read the input " + shown + ": " +
                  (error ? error.message() : "no such file or directory"));
  }
  SourceList list;
  std::set<std::string> labels;
  if (std::filesystem::is_directory(status)) {
    list = list_tree(input, options, labels);
  } else if (std::filesystem::is_regular_file(status)) {
    list = list_csv(input, options);
    for (const SourceImage& image : list.images) labels.insert(image.label);
  } else {
    throw IoError("cannot read the input " + shown + ": neither a directory nor a CSV file");
  }
  std::sort(list.images.begin(), list.images.end(),
            [](const SourceImage& a, const SourceImage& b) { return a.name < b.name; });
  std::sort(list.skipped.begin(), list.skipped.end(),
            [](const SkippedFile& a, const SkippedFile& b) { return a.name < b.name; });
  list.classes = ordered_classes(shown, options.classes, labels);
  if (list.images.empty()) throw DataError(shown + ": no image found; see --help for the layouts");
  return list;
}

}  // namespace xrayclf
