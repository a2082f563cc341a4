#include "xrayclf/training/opening.hpp"

#include <algorithm>
#include <vector>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/model/blocks.hpp"

namespace xrayclf {
namespace {

bool under(const std::string& name, const std::string& module) {
  return name == module || name.rfind(module + ".", 0) == 0;
}

/// The backbone's parameter names in the order of computation.
std::vector<std::string> backbone_parameters(const Network& network) {
  std::vector<std::string> names;
  for (const auto& item : network.named_parameters()) {
    if (!under(item.key(), network.head_name())) names.push_back(item.key());
  }
  return names;
}

std::vector<std::string> from_module(const Network& network, const std::string& module) {
  std::vector<std::string> names = backbone_parameters(network);
  const auto first = std::find_if(names.begin(), names.end(),
                                  [&](const std::string& name) { return under(name, module); });
  if (module.empty() || first == names.end()) {
    std::vector<std::string> units;
    for (std::int64_t i = 0; i < network.unit_count(); ++i) units.push_back(network.unit_name(i));
    throw ConfigError("open.from_module: " + network.config().architecture + " has no module '" +
                      printable(module) + "'" + did_you_mean(module, units) +
                      "; its units: " + join(units));
  }
  names.erase(names.begin(), first);
  return names;
}

std::vector<std::string> last_keras_layers(Network& network, std::int64_t count) {
  const std::vector<KerasLayer>& layers = network.backbone().keras_layers();
  if (layers.empty()) {
    throw ConfigError("open.last_keras_layers: the layers of " + network.config().architecture +
                      " are not listed; choose another open.part");
  }
  // Python's layers[:-N] is empty when there are no more than N layers: nothing is frozen.
  const auto frozen = std::max<std::int64_t>(static_cast<std::int64_t>(layers.size()) - count, 0);
  std::vector<std::string> names;
  for (const std::string& name : backbone_parameters(network)) {
    const bool opened =
        std::any_of(layers.begin() + frozen, layers.end(), [&](const KerasLayer& layer) {
          return !layer.module.empty() && under(name, layer.module);
        });
    if (opened) names.push_back(name);
  }
  return names;
}

std::vector<std::string> opened_names(Network& network, const OpenConfig& config) {
  switch (config.part) {
    case OpenPart::head:
      return {};
    case OpenPart::last_keras_layers:
      return last_keras_layers(network, config.last_keras_layers);
    case OpenPart::from_module:
      return from_module(network, config.from_module);
    case OpenPart::last_blocks:
      return from_module(network, network.unit_name(std::max<std::int64_t>(
                                      network.unit_count() - config.last_blocks, 0)));
    case OpenPart::everything:
      break;
  }
  return backbone_parameters(network);
}

}  // namespace

Opening open_network(Network& network, const OpenConfig& config) {
  network.eval();
  const std::vector<std::string> names = opened_names(network, config);
  Opening opening;
  for (const auto& item : network.named_parameters()) {
    torch::Tensor parameter = item.value();
    const bool trained = under(item.key(), network.head_name()) ||
                         std::find(names.begin(), names.end(), item.key()) != names.end();
    parameter.set_requires_grad(trained);
    if (!trained) parameter.mutable_grad().reset();
    if (trained) opening.trainable += parameter.numel();
  }
  while (opening.cut < network.unit_count() &&
         std::none_of(names.begin(), names.end(), [&](const std::string& name) {
           return under(name, network.unit_name(opening.cut));
         })) {
    ++opening.cut;
  }
  return opening;
}

void fold_norms(Network& network, std::int64_t first_unit) {
  for (std::int64_t i = 0; i < network.unit_count(); ++i) {
    for (const auto& top : network.unit(i).modules) {
      for (const auto& module : top->modules()) {
        if (auto* layer = module->as<ConvNormActivation>()) layer->folds = i >= first_unit;
      }
    }
  }
}

void set_training_mode(Network& network, std::int64_t cut, NormMode norms,
                       DropConnect drop_connect) {
  network.eval();
  network.head().train();
  for (std::int64_t i = 0; i < network.unit_count(); ++i) {
    const bool drops = drop_connect == DropConnect::strict_keras ||
                       (drop_connect == DropConnect::opened && i >= cut);
    for (const auto& top : network.unit(i).modules) {
      for (const auto& module : top->modules()) {
        if (module->as<StochasticDepth>() != nullptr) module->train(drops);
        auto* norm = module->as<torch::nn::BatchNorm2dImpl>();
        if (norm != nullptr && norms == NormMode::training) {
          norm->train(norm->weight.requires_grad());
        }
      }
    }
  }
}

}  // namespace xrayclf
