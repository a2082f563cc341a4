#include "xrayclf/inference/ensemble.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <opencv2/core.hpp>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

void require_same_classes(const Classifier& first, const Classifier& other) {
  if (first.classes() == other.classes()) return;
  throw ModelError(fmt::format(
      "{} and {} answer in other classes or another order: {} there, {} here; only checkpoints of "
      "the same classes can be averaged",
      printable(first.path().string()), printable(other.path().string()),
      printable(join(first.classes())), printable(join(other.classes()))));
}

}  // namespace

std::vector<cv::Mat> views_of(const std::vector<cv::Mat>& prepared, TestView view) {
  if (view == TestView::identity) return prepared;
  std::vector<cv::Mat> mirrored(prepared.size());
  for (std::size_t i = 0; i < prepared.size(); ++i) cv::flip(prepared[i], mirrored[i], 1);
  return mirrored;
}

std::vector<double> normalised_weights(const std::vector<double>& weights,
                                       std::size_t checkpoints) {
  if (weights.empty()) {
    return std::vector<double>(checkpoints, 1.0 / static_cast<double>(checkpoints));
  }
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  const bool good = std::all_of(weights.begin(), weights.end(),
                                [](double w) { return w >= 0 && std::isfinite(w); });
  if (weights.size() != checkpoints || !good || !(sum > 0) || !std::isfinite(sum)) {
    throw ConfigError(fmt::format(
        "weights must be {} of at least 0, not all 0, one a checkpoint; got {}",
        counted(static_cast<long long>(checkpoints), "number"), nlohmann::json(weights).dump()));
  }
  std::vector<double> out = weights;
  for (double& weight : out) weight /= sum;
  return out;
}

Ensemble::Ensemble(std::vector<Classifier> members, const EnsembleConfig& config)
    : members_(std::move(members)), config_(config) {
  if (config_.tta.empty()) throw ConfigError("tta must name at least one view");
  weights_ = normalised_weights(config_.weights, members_.size());
}

Ensemble Ensemble::load(const std::vector<std::string>& checkpoints, torch::Device device,
                        Precision precision, EngineKind engine, const EnsembleConfig& config) {
  normalised_weights(config.weights, checkpoints.size());  // before anything is loaded
  std::vector<Classifier> members;
  for (const std::string& checkpoint : checkpoints) {
    members.push_back(Classifier::load(checkpoint, device, precision, engine));
    spdlog::info("engine: {}", members.back().engine()->description());
    require_same_classes(members.front(), members.back());
  }
  return {std::move(members), config};
}

bool Ensemble::plain() const {
  return members_.size() == 1 && config_.tta == std::vector{TestView::identity};
}

void Ensemble::require_one_preparation() const {
  const Classifier& first = members_.front();
  for (const Classifier& other : members_) {
    if (other.info().preprocessing_fingerprint == first.info().preprocessing_fingerprint) continue;
    throw ModelError(fmt::format(
        "{} and {} want images prepared in different ways, so no prepared image serves both: {}",
        printable(first.path().string()), printable(other.path().string()),
        json_differences(first.info().preprocessing, other.info().preprocessing)));
  }
}

void Ensemble::set_weights(const std::vector<double>& weights) {
  weights_ = normalised_weights(weights, members_.size());
}

std::vector<double> Ensemble::voice_weights() const {
  std::vector<double> out;
  const auto views = static_cast<double>(config_.tta.size());
  for (const double weight : weights_) {
    for (std::size_t view = 0; view < config_.tta.size(); ++view) out.push_back(weight / views);
  }
  return out;
}

std::vector<cv::Mat> Ensemble::prepare(const DecodedImage& image) const {
  std::vector<cv::Mat> out;
  for (std::size_t m = 0; m < members_.size(); ++m) {
    std::size_t same = 0;
    while (members_[same].info().preprocessing_fingerprint !=
           members_[m].info().preprocessing_fingerprint) {
      ++same;
    }
    out.push_back(same < m ? out[same] : members_[m].prepare(image));
  }
  return out;
}

EnsembleOutputs Ensemble::outputs(const std::vector<std::vector<cv::Mat>>& prepared) {
  EnsembleOutputs out;
  std::vector<torch::Tensor> voices;
  for (std::size_t m = 0; m < members_.size(); ++m) {
    for (const TestView view : config_.tta) {
      const EngineOutputs own = members_[m].engine()->outputs(views_of(prepared.at(m), view));
      const torch::Tensor logits = own.logits.to(torch::kDouble);
      if (!out.features.defined()) {
        out.features = own.features;
        out.logits = logits;
      }
      voices.push_back(logits.div(members_[m].temperature()).softmax(1));
    }
  }
  out.voices = torch::stack(voices, 1).contiguous();
  out.probabilities = average(out.voices);
  return out;
}

torch::Tensor Ensemble::average(const torch::Tensor& voices) const {
  // One voice is itself, to the last bit.
  if (voices.size(1) == 1) return voices.select(1, 0).contiguous();
  const torch::Tensor weights = torch::tensor(voice_weights(), torch::kDouble).view({1, -1, 1});
  if (config_.average == Averaging::probabilities) return (voices * weights).sum(1);
  // The logarithm of a probability is its logit but for a constant of the row.
  return (voices.clamp_min(1e-300).log() * weights).sum(1).softmax(1);
}

std::vector<double> fit_weights(const Ensemble& ensemble, const torch::Tensor& voices,
                                const std::vector<std::int64_t>& truth) {
  const auto members = static_cast<std::int64_t>(ensemble.members().size());
  const auto views = static_cast<std::int64_t>(ensemble.config().tta.size());
  const torch::Tensor targets = torch::tensor(truth, torch::kLong);
  const bool logits = ensemble.config().average == Averaging::logits;
  // A copy outside inference mode may take part in a gradient.
  const torch::Tensor own = voices.clone();
  const torch::Tensor values = logits ? own.clamp_min(1e-300).log() : own;
  // [N, M, K]: the views of a checkpoint count alike.
  const torch::Tensor rows =
      values.reshape({values.size(0), members, views, values.size(2)}).mean(2);
  torch::Tensor weights =
      torch::full({members}, 1.0 / static_cast<double>(members), torch::kDouble);
  // Exponentiated gradient keeps weights on the simplex; the likelihood is convex in them.
  for (int step = 0; step < 500; ++step) {
    const torch::Tensor point = weights.clone().requires_grad_(true);
    const torch::Tensor mean = (rows * point.view({1, -1, 1})).sum(1);
    const torch::Tensor log_p = logits ? mean.log_softmax(1) : mean.clamp_min(1e-12).log();
    const torch::Tensor loss = torch::nll_loss(log_p, targets);
    loss.backward();
    weights = (weights.log() - 0.5 * point.grad()).softmax(0);
  }
  return {weights.data_ptr<double>(), weights.data_ptr<double>() + members};
}

}  // namespace xrayclf
