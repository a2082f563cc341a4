#include "xrayclf/training/trainer.hpp"

#include <chrono>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/interrupt.hpp"
#include "xrayclf/core/random.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/model/precision.hpp"
#include "xrayclf/model/weights.hpp"
#include "xrayclf/training/epoch_metrics.hpp"
#include "xrayclf/training/loss.hpp"

namespace xrayclf {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<std::int64_t> gather(const std::vector<std::int64_t>& values,
                                 const std::vector<std::int64_t>& indices) {
  std::vector<std::int64_t> out;
  out.reserve(indices.size());
  for (const std::int64_t i : indices) out.push_back(values[static_cast<std::size_t>(i)]);
  return out;
}

std::vector<std::vector<std::int64_t>> in_order(std::int64_t count, std::int64_t batch_size) {
  std::vector<std::vector<std::int64_t>> batches;
  for (std::int64_t i = 0; i < count; ++i) {
    if (i % batch_size == 0) batches.emplace_back();
    batches.back().push_back(i);
  }
  return batches;
}

LearningRateControl control_of(const PhaseConfig& phase) {
  return phase.schedule.kind == ScheduleKind::plateau ? LearningRateControl::plateau
                                                      : LearningRateControl::schedule;
}

/// Copies of what the phase may change: trained parameters and all buffers.
std::map<std::string, torch::Tensor> copy_of(const Network& network) {
  std::map<std::string, torch::Tensor> copies;
  for (const auto& [name, value] : state_of(network)) copies[name] = value.detach().clone();
  return copies;
}

}  // namespace

Trainer::Trainer(Network& network, Opening opening, TrainerOptions options, TrainingState state)
    : network_(network),
      opening_(opening),
      options_(std::move(options)),
      state_(std::move(state)),
      callbacks_(options_.phase.callbacks, control_of(options_.phase)),
      optimizer_(network, options_.phase.optimizer),
      device_(network.head().parameters().front().device()) {
  if (!state_.callbacks.is_null()) callbacks_.set_state(state_.callbacks);
  const bool begins = state_.epoch == state_.first_epoch && state_.batches == 0;
  if (begins) {
    callbacks_.begin_fit();
    state_.callbacks = callbacks_.state();
    state_.learning_rate = options_.phase.optimizer.learning_rate;
    state_.optimizer_steps = 0;
    state_.scaler = {};
  }
  if (options_.phase.ema.decay > 0) ema_.emplace(network, options_.phase.ema.decay);
}

std::map<std::string, torch::Tensor> Trainer::tensors() const {
  std::map<std::string, torch::Tensor> tensors = optimizer_.state();
  if (ema_) {
    for (const auto& [name, value] : ema_->values()) tensors["raw/" + name] = value;
  }
  if (!targets_.empty()) {
    tensors["epoch/logits"] = torch::cat(logits_);
    tensors["epoch/targets"] = torch::tensor(targets_, torch::kLong);
  }
  return tensors;
}

void Trainer::set_tensors(const std::map<std::string, torch::Tensor>& tensors) {
  optimizer_.set_state(tensors, state_.optimizer_steps - state_.scaler.skipped_steps);
  if (ema_) {
    std::map<std::string, torch::Tensor> raw;
    for (const auto& [name, value] : tensors) {
      if (name.rfind("raw/", 0) == 0) raw[name.substr(4)] = value;
    }
    ema_->set_values(raw);
    ema_->swap();
  }
  if (const auto logits = tensors.find("epoch/logits"); logits != tensors.end()) {
    const torch::Tensor targets = tensors.at("epoch/targets").contiguous();
    const auto* at = targets.data_ptr<std::int64_t>();
    logits_ = {logits->second};
    targets_.assign(at, at + targets.numel());
  }
}

torch::Tensor Trainer::forward(torch::Tensor inputs) {
  // Convolutions, their gradients above all, are twice as fast with the channels innermost.
  if (inputs.dim() == 4) inputs = inputs.contiguous(torch::MemoryFormat::ChannelsLast);
  std::int64_t from = options_.inputs_from;
  if (from < opening_.cut) {
    const torch::NoGradGuard no_grad;
    inputs = network_.forward_units(std::move(inputs), from, opening_.cut);
    from = opening_.cut;
    if (from == network_.unit_count()) inputs = network_.pool(inputs);
  }
  return forward_from(network_, std::move(inputs), from);
}

double Trainer::rate_of_step(std::int64_t step) const {
  if (control_of(options_.phase) == LearningRateControl::plateau) return state_.learning_rate;
  return state_.learning_rate * schedule_factor(options_.phase.schedule, step,
                                                options_.phase.epochs * steps_per_epoch_,
                                                steps_per_epoch_);
}

void Trainer::fit(Examples& train, Examples& validation,
                  const std::function<std::string(std::int64_t)>& describe) {
  if (train.size() < 2) throw DataError("training needs at least two images");
  class_weights_ = torch::tensor(class_weights(train.targets(), network_.config().num_classes,
                                               options_.phase.loss.class_weights),
                                 torch::kDouble)
                       .to(device_, network_.head().parameters().front().scalar_type());
  const std::int64_t last = state_.first_epoch + options_.phase.epochs - 1;
  state_.phase_ended = state_.phase_ended || state_.epoch > last;
  while (!state_.phase_ended) {
    const auto start = Clock::now();
    const EpochMetrics trained = train_epoch(train, describe);
    end_epoch(train, validation, trained, seconds_since(start));
  }
  finish();
}

void Trainer::finish() {
  fold_norms(network_, network_.unit_count());
  swap_mean();
  if (callbacks_.epoch_to_restore() && !kept_.empty()) {
    const torch::NoGradGuard no_grad;
    for (const auto& [name, value] : state_of(network_)) value.copy_(kept_.at(name));
  }
}

EpochMetrics Trainer::train_epoch(Examples& train,
                                  const std::function<std::string(std::int64_t)>& describe) {
  const std::int64_t epoch = state_.epoch;
  const std::int64_t classes = network_.config().num_classes;
  const auto batches = epoch_batches(train.targets(), options_.phase.batch_size,
                                     options_.phase.sampler, options_.seed, epoch);
  const auto count = static_cast<std::int64_t>(batches.size());
  const std::int64_t accumulate = options_.phase.optimizer.accumulate;
  steps_per_epoch_ = (count + accumulate - 1) / accumulate;
  check_schedule(options_.phase.schedule, options_.phase.epochs * steps_per_epoch_,
                 steps_per_epoch_);
  set_training_mode(network_, opening_.cut, options_.phase.norms, options_.phase.drop_connect);
  fold_norms(network_, opening_.cut);
  while (state_.batches < count) {
    const std::int64_t first = state_.batches;
    const std::int64_t end = std::min(first + accumulate, count);
    optimizer_.zero_grad();
    for (std::int64_t b = first; b < end; ++b) {
      const auto& indices = batches[static_cast<std::size_t>(b)];
      if (b + 1 < count) train.prefetch(epoch, batches[static_cast<std::size_t>(b + 1)]);
      const Batch batch = train.batch(epoch, b, indices, classes);
      // Dropout draws from LibTorch's generator: seeded here, a step does not depend on those
      // before it.
      torch::manual_seed(derive_seed(
          options_.seed, {static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(b)}));
      torch::Tensor logits;
      {
        const PrecisionScope precision(options_.phase.training_precision, device_);
        logits = forward(batch.inputs.to(device_));
      }
      logits = logits.to(class_weights_.scalar_type());
      const torch::Tensor loss = classification_loss(logits, batch.targets.to(logits.options()),
                                                     class_weights_, options_.phase.loss);
      const double value = loss.item<double>();
      if (callbacks_.must_stop_at(value)) {
        std::vector<std::string> names;
        for (const std::int64_t i : indices) names.push_back(describe(i));
        throw NumericError(
            fmt::format("the loss is not finite in epoch {}, step {}; lower "
                        "--optimizer.learning_rate. The batch: {}",
                        epoch, b + 1, join(names)));
      }
      torch::Tensor share = loss / static_cast<double>(end - first);
      if (scales()) share = GradientScaler(state_.scaler).scale(share);
      share.backward();
      const std::vector<std::int64_t> targets = gather(train.targets(), indices);
      state_.loss_sum += value * static_cast<double>(targets.size());
      logits_.push_back(logits.detach().to(torch::kCPU, torch::kFloat32));
      targets_.insert(targets_.end(), targets.begin(), targets.end());
      for (TrainingObserver* observer : observers_) {
        observer->on_step(epoch, static_cast<std::int64_t>(targets.size()), value);
      }
    }
    step();
    state_.batches = end;
    save_within_epoch();
  }
  optimizer_.zero_grad();
  return epoch_metrics(state_.loss_sum, logits_, targets_, classes);
}

void Trainer::step() {
  optimizer_.set_learning_rate(rate_of_step(state_.optimizer_steps));
  bool finite = true;
  if (scales()) {
    GradientScaler scaler(state_.scaler);
    finite = scaler.unscale(optimizer_);
    state_.scaler = scaler.state();
  }
  ++state_.optimizer_steps;
  if (!finite) return;
  optimizer_.step();
  if (ema_) ema_->update(optimizer_.steps());
}

void Trainer::save() {
  for (TrainingObserver* observer : observers_) observer->on_save(*this);
  last_save_ = Clock::now();
}

void Trainer::save_within_epoch() {
  const SavePolicy& policy = options_.save;
  const bool by_step = policy.every_steps > 0 && state_.optimizer_steps % policy.every_steps == 0;
  const bool by_time =
      policy.every_minutes > 0 && seconds_since(last_save_) > 60 * policy.every_minutes;
  const bool asked = take_save_request();
  if (!by_step && !by_time && !asked && interrupt_signal() == 0) return;
  swap_mean();
  if (interrupt_signal() == 0) save();
  stop_if_interrupted();
  swap_mean();
}

void Trainer::stop_if_interrupted() {
  if (interrupt_signal() == 0) return;
  save();
  throw_if_interrupted(
      fmt::format("stopped in epoch {} after batch {}; all is saved, --resume goes "
                  "on",
                  state_.epoch, state_.batches));
}

void Trainer::end_epoch(Examples& train, Examples& validation, const EpochMetrics& trained,
                        double seconds) {
  const auto start = Clock::now();
  EpochRecord record;
  record.epoch = state_.epoch;
  record.phase = state_.phase + 1;
  record.learning_rate = rate_of_step(state_.optimizer_steps - 1);
  record.train = trained;
  swap_mean();
  if (options_.phase.norm_statistics == NormStatistics::recomputed) {
    recompute_norm_statistics(train);
  }
  record.validation = validate(validation);
  record.seconds = seconds + seconds_since(start);
  record.images_per_second = static_cast<double>(train.size()) / record.seconds;

  const EpochDecision decision = callbacks_.end_epoch(state_.epoch - state_.first_epoch,
                                                      figures(record), state_.learning_rate);
  if (decision.keep_weights) {
    kept_ = copy_of(network_);
    state_.kept_epoch = state_.epoch;
  }
  if (decision.save_best) state_.best_epoch = state_.epoch;
  state_.learning_rate = decision.learning_rate;
  state_.phase_ended =
      decision.stop || state_.epoch == state_.first_epoch + options_.phase.epochs - 1;
  state_.callbacks = callbacks_.state();
  state_.history.push_back(record);
  ++state_.epoch;
  state_.batches = 0;
  state_.loss_sum = 0;
  logits_.clear();
  targets_.clear();
  for (TrainingObserver* observer : observers_) observer->on_epoch(record, decision.save_best);
  save();
  swap_mean();
  throw_if_interrupted(
      fmt::format("stopped after epoch {}; all is saved, --resume goes on", record.epoch));
}

void Trainer::recompute_norm_statistics(Examples& train) {
  const torch::NoGradGuard no_grad;
  std::vector<std::pair<torch::nn::BatchNorm1dImpl*, double>> norms;
  network_.eval();
  for (const auto& module : network_.head().modules()) {
    if (auto* norm = module->as<torch::nn::BatchNorm1dImpl>()) {
      norms.emplace_back(norm, *norm->options.momentum());
      norm->reset_running_stats();
      norm->options.momentum(std::nullopt);  // the plain mean over all batches
      norm->train();
    }
  }
  if (norms.empty()) return;
  const auto batches = epoch_batches(train.targets(), options_.phase.batch_size,
                                     options_.phase.sampler, options_.seed, state_.epoch);
  for (std::size_t b = 0; b < batches.size(); ++b) {
    if (b + 1 < batches.size()) train.prefetch(state_.epoch, batches[b + 1]);
    const torch::Tensor inputs = train.inputs(state_.epoch, batches[b]);
    const PrecisionScope precision(options_.phase.training_precision, device_);
    forward(inputs.to(device_));
    stop_if_interrupted();
  }
  for (const auto& [norm, momentum] : norms) norm->options.momentum(momentum);
}

EpochMetrics Trainer::validate(Examples& validation) {
  const torch::NoGradGuard no_grad;
  network_.eval();
  double loss_sum = 0;
  std::vector<torch::Tensor> logits;
  const auto batches = in_order(validation.size(), options_.phase.batch_size);
  for (std::size_t b = 0; b < batches.size(); ++b) {
    if (b + 1 < batches.size()) validation.prefetch(0, batches[b + 1]);
    const torch::Tensor inputs = validation.inputs(0, batches[b]);
    torch::Tensor out;
    {
      const PrecisionScope precision(options_.phase.training_precision, device_);
      out = forward(inputs.to(device_)).to(torch::kFloat32);
    }
    const torch::Tensor loss = torch::cross_entropy_loss(
        out,
        torch::tensor(gather(validation.targets(), batches[b]), torch::kLong).to(out.device()));
    loss_sum += loss.item<double>() * static_cast<double>(batches[b].size());
    logits.push_back(out.to(torch::kCPU));
    stop_if_interrupted();
  }
  return epoch_metrics(loss_sum, logits, validation.targets(), network_.config().num_classes);
}

torch::Tensor forward_from(Network& network, torch::Tensor inputs, std::int64_t cut) {
  if (cut < network.unit_count()) {
    inputs = network.pool(network.forward_units(std::move(inputs), cut, network.unit_count()));
  }
  return network.classify(std::move(inputs));
}

}  // namespace xrayclf
