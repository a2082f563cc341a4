#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <torch/torch.h>
#include <opencv2/core.hpp>

#include "xrayclf/image/preprocess.hpp"
#include "xrayclf/inference/engine.hpp"
#include "xrayclf/model/checkpoint.hpp"
#include "xrayclf/model/precision.hpp"

namespace xrayclf {

/// A checkpoint ready to classify: network, classes, and the preprocessing that it was trained
/// behind.
class Classifier {
 public:
  /// `run_or_checkpoint` is a checkpoint directory, or a run, which means its best checkpoint.
  /// Throws ModelError for a damaged or foreign one, and ConfigError as make_engine().
  static Classifier load(const std::filesystem::path& run_or_checkpoint, torch::Device device,
                         Precision precision, EngineKind engine = EngineKind::automatic);

  const std::vector<std::string>& classes() const { return checkpoint_.info.classes; }
  const CheckpointInfo& info() const { return checkpoint_.info; }
  /// Where the checkpoint lies.
  const std::filesystem::path& path() const { return path_; }

  /// In evaluation mode, on the device.
  const std::shared_ptr<Network>& network() const { return checkpoint_.network; }
  /// What computes it.
  const std::shared_ptr<Engine>& engine() const { return engine_; }

  /// A grey image of any size, 8 or 16 bit, as the network wants to see it.
  cv::Mat prepare(const cv::Mat& grey) const { return preprocessor_(grey); }
  cv::Mat prepare(const DecodedImage& image) const { return preprocessor_(image); }
  /// Logits are divided by it before the softmax: the checkpoint's own if it was given one, or 1.
  double temperature() const { return temperature_; }
  void set_temperature(double temperature) { temperature_ = temperature; }
  /// Class probabilities, row by row, of prepared images.
  std::vector<std::vector<double>> probabilities(const std::vector<cv::Mat>& prepared);

 private:
  Classifier(std::filesystem::path path, LoadedCheckpoint checkpoint, const EngineOptions& engine);

  std::filesystem::path path_;
  LoadedCheckpoint checkpoint_;
  Preprocessor preprocessor_;
  std::shared_ptr<Engine> engine_;
  double temperature_ = 1;
};

}  // namespace xrayclf
