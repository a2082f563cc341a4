#include "xrayclf/training/trainer.hpp"

#include <chrono>
#include <cmath>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/interrupt.hpp"
#include "xrayclf/core/random.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/metrics/probabilities.hpp"
#include "xrayclf/metrics/roc.hpp"
#include "xrayclf/training/loss.hpp"

namespace xrayclf {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Mean of the classes' one-against-the-rest AUROC, of those where it is defined; NaN where none
/// is.
double macro_auroc(const std::vector<double>& probabilities,
                   const std::vector<std::int64_t>& targets, std::int64_t classes) {
  const ProbabilityMatrix matrix{probabilities, classes};
  double sum = 0;
  int defined = 0;
  for (std::int64_t c = 0; c < classes; ++c) {
    std::vector<double> scores(targets.size());
    for (std::size_t i = 0; i < scores.size(); ++i) {
      scores[i] = matrix(static_cast<std::int64_t>(i), c);
    }
    const double area = auroc(scores, is_class(targets, c));
    if (std::isnan(area)) continue;
    sum += area;
    ++defined;
  }
  return defined == 0 ? std::nan("") : sum / defined;
}

/// Gathers the figures of a pass, batch by batch.
class EpochMeter {
 public:
  explicit EpochMeter(std::int64_t classes) : classes_(classes) {}

  /// `loss` is the mean over the batch.
  void add(double loss, const torch::Tensor& logits, const std::vector<std::int64_t>& targets) {
    loss_sum_ += loss * static_cast<double>(targets.size());
    const torch::Tensor probabilities =
        logits.detach().to(torch::kCPU, torch::kDouble).softmax(1).contiguous();
    const double* at = probabilities.data_ptr<double>();
    probabilities_.insert(probabilities_.end(), at, at + probabilities.numel());
    const torch::Tensor predicted = probabilities.argmax(1);
    for (std::size_t i = 0; i < targets.size(); ++i) {
      correct_ += predicted[static_cast<std::int64_t>(i)].item<std::int64_t>() == targets[i];
    }
    targets_.insert(targets_.end(), targets.begin(), targets.end());
  }

  EpochMetrics metrics() const {
    const auto count = static_cast<double>(targets_.size());
    return {loss_sum_ / count, static_cast<double>(correct_) / count,
            macro_auroc(probabilities_, targets_, classes_)};
  }

 private:
  std::int64_t classes_;
  double loss_sum_ = 0;
  std::int64_t correct_ = 0;
  std::vector<double> probabilities_;
  std::vector<std::int64_t> targets_;
};

std::vector<std::int64_t> gather(const std::vector<std::int64_t>& values,
                                 const std::vector<std::int64_t>& indices) {
  std::vector<std::int64_t> out;
  out.reserve(indices.size());
  for (const std::int64_t i : indices) out.push_back(values[static_cast<std::size_t>(i)]);
  return out;
}

}  // namespace

torch::Tensor forward_from(Network& network, torch::Tensor inputs, std::int64_t cut) {
  if (cut < network.unit_count()) {
    inputs = network.pool(network.forward_units(std::move(inputs), cut, network.unit_count()));
  }
  return network.classify(std::move(inputs));
}

void freeze_prefix(Network& network, std::int64_t cut) {
  network.eval();
  for (std::int64_t i = 0; i < cut; ++i) {
    for (const auto& module : network.unit(i).modules) {
      for (const torch::Tensor& parameter : module->parameters())
        parameter.set_requires_grad(false);
    }
  }
}

Trainer::Trainer(Network& network, std::int64_t cut, TrainerConfig config)
    : network_(network),
      cut_(cut),
      config_(std::move(config)),
      optimizer_(network.named_parameters(), config_.optimizer) {}

std::vector<EpochRecord> Trainer::fit(Examples& train, Examples& validation,
                                      const std::function<std::string(std::int64_t)>& describe) {
  if (train.size() < 2) throw DataError("training needs at least two images");
  const torch::Tensor parameter = network_.head().parameters().front();
  class_weights_ = torch::tensor(class_weights(train.targets(), network_.config().num_classes,
                                               config_.loss.class_weights),
                                 torch::kDouble)
                       .to(parameter.device(), parameter.scalar_type());
  std::vector<EpochRecord> history;
  double best = std::nan("");
  for (std::int64_t epoch = 1; epoch <= config_.epochs; ++epoch) {
    const auto start = Clock::now();
    EpochRecord record;
    record.epoch = epoch;
    record.learning_rate = optimizer_.learning_rate();
    record.train = train_epoch(train, epoch, describe);
    if (config_.norm_statistics == NormStatistics::recomputed) {
      recompute_norm_statistics(train, epoch);
    }
    record.validation = validate(validation);
    record.seconds = seconds_since(start);
    record.images_per_second = static_cast<double>(train.size()) / record.seconds;
    history.push_back(record);
    const double candidate = monitored(record, config_.monitor);
    const bool is_best = improves(candidate, best, config_.monitor);
    if (is_best) best = candidate;
    for (TrainingObserver* observer : observers_) observer->on_epoch(record, is_best);
  }
  return history;
}

EpochMetrics Trainer::train_epoch(Examples& train, std::int64_t epoch,
                                  const std::function<std::string(std::int64_t)>& describe) {
  EpochMeter meter(network_.config().num_classes);
  const auto seed = static_cast<std::uint64_t>(config_.seed);
  network_.head().train();
  std::uint64_t step = 0;
  for (const auto& indices : shuffled_batches(train.size(), config_.batch_size, seed, epoch)) {
    // Dropout draws from LibTorch's generator: seeded here, a step does not depend on those before
    // it.
    torch::manual_seed(derive_seed(seed, {static_cast<std::uint64_t>(epoch), ++step}));
    const std::vector<std::int64_t> targets = gather(train.targets(), indices);
    optimizer_.zero_grad();
    const torch::Tensor logits = forward_from(network_, train.inputs(epoch, indices), cut_);
    const torch::Tensor loss =
        weighted_cross_entropy(logits, torch::tensor(targets, torch::kLong).to(logits.device()),
                               class_weights_, config_.loss.reduction);
    const double value = loss.item<double>();
    if (!std::isfinite(value)) {
      std::vector<std::string> names;
      for (const std::int64_t i : indices) names.push_back(describe(i));
      throw NumericError(
          fmt::format("the loss is not finite in epoch {}, step {}; lower "
                      "--optimizer.learning_rate. The batch: {}",
                      epoch, step, join(names)));
    }
    loss.backward();
    optimizer_.step();
    meter.add(value, logits, targets);
    for (TrainingObserver* observer : observers_) {
      observer->on_step(epoch, static_cast<std::int64_t>(indices.size()), value);
    }
    throw_if_interrupted(fmt::format("stopped in epoch {}", epoch));
  }
  return meter.metrics();
}

void Trainer::recompute_norm_statistics(Examples& train, std::int64_t epoch) {
  const torch::NoGradGuard no_grad;
  std::vector<std::pair<torch::nn::BatchNorm1dImpl*, double>> norms;
  network_.head().eval();
  for (const auto& module : network_.head().modules()) {
    if (auto* norm = module->as<torch::nn::BatchNorm1dImpl>()) {
      norms.emplace_back(norm, *norm->options.momentum());
      norm->reset_running_stats();
      norm->options.momentum(std::nullopt);  // the plain mean over all batches
      norm->train();
    }
  }
  for (const auto& indices : shuffled_batches(train.size(), config_.batch_size,
                                              static_cast<std::uint64_t>(config_.seed), epoch)) {
    forward_from(network_, train.inputs(epoch, indices), cut_);
  }
  for (const auto& [norm, momentum] : norms) norm->options.momentum(momentum);
}

EpochMetrics Trainer::validate(Examples& validation) {
  const torch::NoGradGuard no_grad;
  network_.head().eval();
  EpochMeter meter(network_.config().num_classes);
  std::vector<std::int64_t> indices;
  for (std::int64_t i = 0; i < validation.size(); ++i) {
    indices.push_back(i);
    if (static_cast<std::int64_t>(indices.size()) < config_.batch_size &&
        i + 1 < validation.size()) {
      continue;
    }
    const std::vector<std::int64_t> targets = gather(validation.targets(), indices);
    const torch::Tensor logits = forward_from(network_, validation.inputs(0, indices), cut_);
    const torch::Tensor loss = torch::nn::functional::cross_entropy(
        logits, torch::tensor(targets, torch::kLong).to(logits.device()));
    meter.add(loss.item<double>(), logits, targets);
    indices.clear();
  }
  return meter.metrics();
}

}  // namespace xrayclf
