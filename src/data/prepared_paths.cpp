#include <map>

#include "xrayclf/core/file_names.hpp"
#include "xrayclf/data/prepare.hpp"

namespace xrayclf {
namespace {

/// The source's path without the folder of its class and without the extension, "/" as "__".
std::string flat_name(const SourceImage& source) {
  const std::filesystem::path path(source.name);
  std::string out;
  for (const auto& part : path.parent_path()) {
    if (part == source.label || part == ".") continue;
    out += (part == "/" ? std::string() : part.string()) + "__";
  }
  return out + path.stem().string();
}

}  // namespace

std::vector<std::string> prepared_paths(const std::vector<SourceImage>& sources) {
  std::map<std::string, std::string> labels;
  std::map<std::string, std::map<std::string, std::string>> names;  // by label, then by source
  for (const SourceImage& source : sources) {
    labels[source.label] = source.label;
    names[source.label][source.name] = flat_name(source);
  }
  const auto folders = distinct_names(labels);
  std::map<std::string, std::map<std::string, std::string>> files;
  for (const auto& [label, of_label] : names) files[label] = distinct_names(of_label);
  std::vector<std::string> paths;
  for (const SourceImage& source : sources) {
    paths.push_back("images/" + folders.at(source.label) + "/" +
                    files.at(source.label).at(source.name) + ".png");
  }
  return paths;
}

}  // namespace xrayclf
