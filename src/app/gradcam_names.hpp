#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "app/gradcam_inputs.hpp"

namespace xrayclf {

/// Which classes are explained.
struct GradcamTarget {
  enum class Kind { predicted, truth, named, all } kind = Kind::predicted;
  std::int64_t cls = 0;  ///< of Kind::named

  /// Throws ConfigError for a word that is neither a kind nor a class.
  static GradcamTarget parse(const std::string& word, const std::vector<std::string>& classes);
};

/// Names of output files without extension: the image's path below the input with "__" for '/', and
/// behind it the class where all are explained. No two are equal.
class GradcamNames {
 public:
  GradcamNames(const std::vector<GradcamImage>& images, const GradcamTarget& target,
               const std::vector<std::string>& classes);
  const std::string& of(std::size_t image, std::int64_t cls) const;

 private:
  std::string key(std::size_t image, std::int64_t cls) const;

  bool by_class_;
  std::vector<std::string> paths_;  ///< unique; hashes in names are of them
  std::map<std::string, std::string> names_;
};

}  // namespace xrayclf
