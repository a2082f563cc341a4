#include "xrayclf/inference/classifier.hpp"

#include <utility>

#include "xrayclf/core/error.hpp"
#include "xrayclf/evaluation/calibration.hpp"

namespace xrayclf {
namespace {

PreprocessConfig stored_preprocessing(const CheckpointInfo& info, const std::string& where) {
  try {
    auto config = read_json<PreprocessConfig>(info.preprocessing);
    if (preprocessing_fingerprint(config) != info.preprocessing_fingerprint) {
      throw ModelError(where +
                       ": its preprocessing has another meaning in this version of xrayclf; "
                       "use the version it was trained with");
    }
    return config;
  } catch (const ConfigError& e) {
    throw ModelError(where + ": its preprocessing cannot be read: " + e.what());
  }
}

/// 1 in a checkpoint that was never calibrated.
double stored_temperature(const CheckpointInfo& info, const std::string& where) {
  const auto section = info.calibration.find("temperature");
  if (section == info.calibration.end()) return 1;
  try {
    return temperature_scaling_from_json(*section).temperature;
  } catch (const ConfigError& e) {
    throw ModelError(where + ": " + e.what());
  }
}

}  // namespace

Classifier::Classifier(std::filesystem::path path, LoadedCheckpoint checkpoint,
                       const EngineOptions& engine)
    : path_(std::move(path)),
      checkpoint_(std::move(checkpoint)),
      preprocessor_(stored_preprocessing(checkpoint_.info, path_.string())),
      engine_(make_engine(*checkpoint_.network, checkpoint_.info.input, engine)),
      temperature_(stored_temperature(checkpoint_.info, path_.string())) {}

Classifier Classifier::load(const std::filesystem::path& run_or_checkpoint, torch::Device device,
                            Precision precision, EngineKind engine) {
  const auto path = resolve_checkpoint(run_or_checkpoint);
  return {path, load_checkpoint(path, device), {engine, device, precision}};
}

std::vector<std::vector<double>> Classifier::probabilities(const std::vector<cv::Mat>& prepared) {
  const torch::Tensor rows =
      engine_->logits(prepared).to(torch::kDouble).div(temperature_).softmax(1).contiguous();
  std::vector<std::vector<double>> out;
  for (std::int64_t i = 0; i < rows.size(0); ++i) {
    const double* row = rows.data_ptr<double>() + i * rows.size(1);
    out.emplace_back(row, row + rows.size(1));
  }
  return out;
}

}  // namespace xrayclf
