#include "xrayclf/model/network.hpp"

#include <torch/nn/modules/activation.h>

#include <utility>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

/// Batch normalisation as Keras has it: epsilon 1e-3, momentum 0.99, which is torch's 0.01.
torch::nn::BatchNorm1d keras_norm(int64_t channels) {
  return torch::nn::BatchNorm1d(torch::nn::BatchNorm1dOptions(channels).eps(1e-3).momentum(0.01));
}

/// A dense layer as Keras starts it: Glorot uniform, bias 0.
torch::nn::Linear dense(int64_t in, int64_t out) {
  torch::nn::Linear layer(in, out);
  torch::nn::init::xavier_uniform_(layer->weight);
  torch::nn::init::zeros_(layer->bias);
  return layer;
}

std::shared_ptr<torch::nn::Module> study_head(int64_t channels, int64_t num_classes,
                                              const std::vector<double>& dropout) {
  torch::nn::Sequential head(
      keras_norm(channels), torch::nn::Dropout(dropout[0]), dense(channels, 512), torch::nn::ReLU(),
      keras_norm(512), torch::nn::Dropout(dropout[1]), dense(512, 256), torch::nn::ReLU(),
      keras_norm(256), torch::nn::Dropout(dropout[2]), dense(256, num_classes));
  return head.ptr();
}

std::vector<double> dropout_rates(const NetworkConfig& config, const Backbone& backbone) {
  const std::vector<double> standard = config.head == HeadKind::study
                                           ? std::vector<double>{0.5, 0.3, 0.2}
                                           : std::vector<double>{backbone.classifier_dropout()};
  if (config.dropout.empty()) return standard;
  if (config.dropout.size() != standard.size()) {
    throw ConfigError("dropout must have " +
                      counted(static_cast<long long>(standard.size()), "rate") + " for the " +
                      std::string(name_of(config.head)) + " head, got " +
                      std::to_string(config.dropout.size()));
  }
  for (const double rate : config.dropout) {
    if (!(rate >= 0.0 && rate < 1.0)) {
      throw ConfigError("dropout must be in [0, 1), got " + std::to_string(rate));
    }
  }
  return config.dropout;
}

}  // namespace

Network::Network(const NetworkConfig& config) : config_(config) {
  if (config.num_classes < 1) {
    throw ConfigError("num_classes must be >= 1, got " + std::to_string(config.num_classes));
  }
  backbone_ =
      find_architecture(config.architecture).build({config.flavour, config.stochastic_depth});
  // The backbone's children become the network's own, so that state names carry no prefix.
  for (const auto& child : backbone_->named_children()) register_module(child.key(), child.value());
  const std::vector<double> dropout = dropout_rates(config, *backbone_);
  if (config.head == HeadKind::study) {
    head_name_ = "head";
    head_ = study_head(backbone_->feature_channels(), config.num_classes, dropout);
  } else {
    head_name_ = backbone_->classifier_name();
    linear_dropout_ = dropout.front();
    head_ = backbone_->make_classifier(config.num_classes, linear_dropout_);
  }
  register_module(head_name_, head_);
}

torch::Tensor Network::forward_units(torch::Tensor x, int64_t first, int64_t last) {
  for (int64_t i = first; i < last; ++i) x = unit(i).forward(x);
  return x;
}

torch::Tensor Network::classify(torch::Tensor features) {
  if (auto* layers = head_->as<torch::nn::Sequential>())
    return layers->forward(std::move(features));
  return head_->as<torch::nn::Linear>()->forward(
      torch::dropout(features, linear_dropout_, head_->is_training()));
}

torch::Tensor Network::pool(const torch::Tensor& map) const {
  return config_.head == HeadKind::study ? map.mean({2, 3}) : backbone_->pool(map);
}

int64_t Network::feature_channels() const {
  return config_.head == HeadKind::study ? backbone_->feature_channels()
                                         : backbone_->classifier_inputs();
}

torch::Tensor Network::forward(torch::Tensor x) {
  return classify(pool(forward_units(std::move(x), 0, unit_count())));
}

std::shared_ptr<Network> make_network(const NetworkConfig& config) {
  return std::make_shared<Network>(config);
}

}  // namespace xrayclf
