#include "xrayclf/app/predict.hpp"

#include <iostream>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/interrupt.hpp"
#include "xrayclf/core/parallel.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/image/codec.hpp"
#include "xrayclf/inference/classifier.hpp"
#include "xrayclf/inference/image_inputs.hpp"
#include "xrayclf/model/device.hpp"

namespace xrayclf {
namespace {

/// The image as the network sees it.
cv::Mat load(const Classifier& classifier, const ImageFile& file, const PredictConfig& config) {
  ImageLimits limits;
  limits.dicom = config.dicom;
  const DecodedImage image = decode_image_file(file, limits);
  if (!config.prepared) return classifier.prepare(image);
  const cv::Mat& grey = image.grey;
  const auto side = classifier.info().preprocessing.at("image_size").get<int>();
  if (grey.type() != CV_8UC1 || grey.rows != side || grey.cols != side) {
    throw DataError(fmt::format(
        "{}: not a prepared image of this checkpoint (8-bit, {} x {}); leave out --prepared",
        printable(file.name), side, side));
  }
  return grey;
}

/// Classifies the images at `paths`, the first being number `first` of all; one that cannot be read
/// gets its reason.
std::vector<Prediction> classify(Classifier& classifier, const std::vector<std::string>& paths,
                                 std::int64_t first, const PredictConfig& config) {
  std::vector<Prediction> predictions(paths.size());
  std::vector<cv::Mat> images(paths.size());
  parallel_for(static_cast<std::int64_t>(paths.size()), 0, [&](std::int64_t index) {
    const auto i = static_cast<std::size_t>(index);
    Prediction& prediction = predictions[i];
    prediction.path = paths[i];
    const bool nameless = !config.dicom.show_paths && may_be_dicom(paths[i], "");
    if (nameless) prediction.path = "dicom-input-" + std::to_string(first + index);
    try {
      ImageFile file = read_image_file(paths[i]);
      if (config.dicom.show_paths) file.name = paths[i];
      prediction.path = file.name;
      images[i] = load(classifier, file, config);
    } catch (const DataError& e) {
      prediction.error = e.what();
    } catch (const IoError& e) {
      prediction.error = e.what();
    }
  });
  std::vector<cv::Mat> readable;
  for (const cv::Mat& image : images) {
    if (!image.empty()) readable.push_back(image);
  }
  if (readable.empty()) return predictions;
  auto rows = classifier.probabilities(readable);
  auto row = rows.begin();
  for (Prediction& prediction : predictions) {
    if (prediction.error.empty()) prediction.probabilities = std::move(*row++);
  }
  return predictions;
}

}  // namespace

void predict(const PredictConfig& config, std::ostream& out) {
  auto classifier =
      Classifier::load(config.checkpoint, select_device(config.device), config.precision);
  PredictionWriter writer(out, config.format, classifier.classes());
  std::vector<std::string> batch;
  std::int64_t count = 0;
  std::int64_t failed = 0;
  const auto flush = [&] {
    for (const Prediction& prediction : classify(classifier, batch, count + 1, config)) {
      writer.write(prediction);
      ++count;
      failed += prediction.error.empty() ? 0 : 1;
    }
    out.flush();
    batch.clear();
    throw_if_interrupted(fmt::format("stopped after {}", counted(count, "image")));
    // Nobody reads on, or the disk is full: going on would be work for nothing.
    if (!out) throw IoError("cannot write to standard output");
  };
  for_each_image(config.input, std::cin, [&](const std::filesystem::path& path) {
    batch.push_back(path.string());
    if (static_cast<std::int64_t>(batch.size()) == config.batch_size) flush();
    return true;
  });
  if (!batch.empty()) flush();
  if (failed > 0) {
    throw PartialFailure(fmt::format("{} of {} could not be classified; see their rows", failed,
                                     counted(count, "image")));
  }
}

}  // namespace xrayclf
