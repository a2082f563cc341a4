#include "xrayclf/app/predict.hpp"

#include <iostream>
#include <optional>

#include <fmt/format.h>

#include "app/prediction_facts.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/interrupt.hpp"
#include "xrayclf/core/parallel.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/image/codec.hpp"
#include "xrayclf/image/film_check.hpp"
#include "xrayclf/inference/ensemble.hpp"
#include "xrayclf/inference/image_inputs.hpp"
#include "xrayclf/model/device.hpp"

namespace xrayclf {
namespace {

/// An image as each checkpoint sees it, and what the gate says of it.
struct LoadedImage {
  std::vector<cv::Mat> prepared;
  std::optional<FilmCheck> check;
};

LoadedImage load(const Ensemble& ensemble, const ImageFile& file, const PredictConfig& config) {
  ImageLimits limits;
  limits.dicom = config.dicom;
  const DecodedImage image = decode_image_file(file, limits);
  const cv::Mat& grey = image.grey;
  if (!config.prepared) {
    return {ensemble.prepare(image), config.gate ? std::optional(check_film(grey)) : std::nullopt};
  }
  const CheckpointInfo& info = ensemble.members().front().info();
  const auto side = info.preprocessing.at("image_size").get<int>();
  if (grey.type() != CV_8UC1 || grey.rows != side || grey.cols != side) {
    throw DataError(fmt::format(
        "{}: not a prepared image of this checkpoint (8-bit, {} x {}); leave out --prepared",
        printable(file.name), side, side));
  }
  return {std::vector<cv::Mat>(ensemble.members().size(), grey), std::nullopt};
}

/// What all batches share.
struct PredictJob {
  const PredictConfig& config;
  Ensemble& ensemble;
  const PredictionFacts& facts;
};

/// Classifies the images at `paths`, the first of which is number `first` from 0; one that cannot
/// be read gets its reason.
std::vector<Prediction> classify(const PredictJob& job, const std::vector<std::string>& paths,
                                 std::int64_t first) {
  Ensemble& ensemble = job.ensemble;
  const DicomInputConfig& dicom = job.config.dicom;
  std::vector<Prediction> predictions(paths.size());
  std::vector<LoadedImage> images(paths.size());
  parallel_for(static_cast<std::int64_t>(paths.size()), 0, [&](std::int64_t index) {
    const auto i = static_cast<std::size_t>(index);
    Prediction& prediction = predictions[i];
    prediction.path = paths[i];
    const bool nameless = !dicom.show_paths && may_be_dicom(paths[i], "");
    if (nameless) prediction.path = "dicom-input-" + std::to_string(first + index + 1);
    try {
      ImageFile file = read_image_file(paths[i]);
      if (dicom.show_paths) file.name = paths[i];
      prediction.path = file.name;
      images[i] = load(ensemble, file, job.config);
    } catch (const DataError& e) {
      prediction.error = e.what();
    } catch (const IoError& e) {
      prediction.error = e.what();
    }
  });
  std::vector<std::vector<cv::Mat>> readable(ensemble.members().size());
  for (const LoadedImage& image : images) {
    for (std::size_t m = 0; m < image.prepared.size(); ++m) {
      readable[m].push_back(image.prepared[m]);
    }
  }
  if (readable.front().empty()) return predictions;
  const EnsembleOutputs outputs = ensemble.outputs(readable);
  std::int64_t row = 0;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    if (!predictions[i].error.empty()) continue;
    const double* values =
        outputs.probabilities.data_ptr<double>() + row * outputs.probabilities.size(1);
    predictions[i].probabilities.assign(values, values + outputs.probabilities.size(1));
    job.facts.add(predictions[i], {outputs, row, static_cast<std::uint64_t>(first) + i},
                  images[i].check);
    ++row;
  }
  return predictions;
}

}  // namespace

void predict(const PredictConfig& config, std::ostream& out) {
  auto ensemble = Ensemble::load(config.checkpoint.paths, select_device(config.device),
                                 config.precision, config.engine, config);
  if (config.prepared) ensemble.require_one_preparation();
  const PredictionFacts facts(config, ensemble);
  PredictionWriter writer(out, config.format, ensemble.classes(), facts.names());
  std::vector<std::string> batch;
  std::int64_t count = 0;
  std::int64_t failed = 0;
  const auto flush = [&] {
    const auto predictions = classify({config, ensemble, facts}, batch, count);
    for (const Prediction& prediction : predictions) {
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
