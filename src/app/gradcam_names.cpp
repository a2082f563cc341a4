#include "app/gradcam_names.hpp"

#include <algorithm>
#include <filesystem>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/file_names.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

std::string flat(const std::string& name) {
  const std::filesystem::path path(name);
  std::string out;
  for (const auto& part : path.parent_path()) out += part.string() + "__";
  return out + path.stem().string();
}

}  // namespace

GradcamTarget GradcamTarget::parse(const std::string& word,
                                   const std::vector<std::string>& classes) {
  if (word == "predicted") return {Kind::predicted};
  if (word == "true") return {Kind::truth};
  if (word == "all") return {Kind::all};
  const auto found = std::find(classes.begin(), classes.end(), word);
  if (found != classes.end()) return {Kind::named, found - classes.begin()};
  std::vector<std::string> known = {"predicted", "true", "all"};
  known.insert(known.end(), classes.begin(), classes.end());
  throw ConfigError("target must be one of " + printable(join(known)) + ", got '" +
                    printable(word) + "'" + printable(did_you_mean(word, known)));
}

GradcamNames::GradcamNames(const std::vector<GradcamImage>& images, const GradcamTarget& target,
                           const std::vector<std::string>& classes)
    : by_class_(target.kind == GradcamTarget::Kind::all) {
  std::map<std::string, std::string> wishes;
  for (const GradcamImage& image : images) {
    paths_.push_back(image.set == nullptr ? image.path : (image.set->root / image.path).string());
  }
  for (std::size_t i = 0; i < images.size(); ++i) {
    const std::string name = flat(images[i].name);
    if (!by_class_) wishes[key(i, 0)] = name;
    for (std::size_t c = 0; by_class_ && c < classes.size(); ++c) {
      wishes[key(i, static_cast<std::int64_t>(c))] = name + "__" + classes[c];
    }
  }
  names_ = distinct_names(wishes);
}

std::string GradcamNames::key(std::size_t image, std::int64_t cls) const {
  return paths_[image] + (by_class_ ? "/" + std::to_string(cls) : "");
}

const std::string& GradcamNames::of(std::size_t image, std::int64_t cls) const {
  return names_.at(key(image, cls));
}

}  // namespace xrayclf
