#pragma once

#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "xrayclf/app/gradcam.hpp"
#include "xrayclf/data/prepared_set.hpp"
#include "xrayclf/explain/image_explainer.hpp"
#include "xrayclf/inference/classifier.hpp"

namespace xrayclf {

/// An image to be explained.
struct GradcamImage {
  std::string path;                  ///< in its row: as named by the input
  std::string name;                  ///< relative to the input, '/' between folders
  std::string label;                 ///< true class, "" where it is not known
  std::filesystem::path film;        ///< the original; "" where it is not there any more
  std::string film_sha256;           ///< that it must have; "" for any
  const PreparedSet* set = nullptr;  ///< that holds it prepared, or none
  std::size_t record = 0;            ///< of `set`
};

/// A film and what the network sees of it.
struct LoadedFilm {
  cv::Mat grey;
  cv::Mat prepared;
};

/// The images of the command's inputs, each once, in order.
class GradcamInputs {
 public:
  /// Throws ConfigError, DataError, IoError or ModelError for inputs that make no sense; images
  /// that cannot be read are found out later.
  GradcamInputs(const GradcamConfig& config, const Classifier& classifier, std::istream& list);

  const std::vector<GradcamImage>& images() const { return images_; }

  /// Whether some are DICOM films, so that the inputs as given may name patients.
  bool are_nameless() const { return nameless_; }

  /// Reads one; the prepared image stands for a film that is not there. Throws DataError, IoError.
  LoadedFilm load(const GradcamImage& image, const ImageExplainer& explainer) const;

 private:
  void add_set(const std::filesystem::path& directory, const GradcamConfig& config,
               const Classifier& classifier);
  void add_csv(const std::filesystem::path& file, const GradcamConfig& config);
  void add_files(const std::string& input, const Classifier& classifier, std::istream& list);
  void drop_repeated();
  /// Gives DICOM films the names that may be written.
  void name_dicom();

  std::vector<GradcamImage> images_;
  std::vector<std::unique_ptr<PreparedSet>> sets_;
  DicomInputConfig dicom_;
  bool nameless_ = false;
};

}  // namespace xrayclf
