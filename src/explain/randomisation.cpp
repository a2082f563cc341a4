#include "xrayclf/explain/randomisation.hpp"

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

#include <opencv2/imgproc.hpp>

#include <ATen/CPUGeneratorImpl.h>

#include "xrayclf/core/random.hpp"
#include "xrayclf/explain/quality.hpp"
#include "xrayclf/model/weights.hpp"

namespace xrayclf {
namespace {

constexpr int kLargestSide = 64;
constexpr std::size_t kMostStages = 9;  // below the head; neighbours are joined beyond that

/// Parts that are randomised together.
struct Stage {
  std::string name;
  std::vector<std::shared_ptr<torch::nn::Module>> modules;
};

/// "features.7.1" -> "features.7"; "features.8" and "conv1" stay.
std::string stage_of(const std::string& unit) {
  const auto dot = unit.rfind('.');
  if (dot == std::string::npos) return unit;
  const std::string parent = unit.substr(0, dot);
  return parent == "features" ? unit : parent;
}

/// From the last unit to the first.
std::vector<Stage> stages_of(Network& network) {
  std::vector<Stage> stages;
  for (std::int64_t i = network.unit_count() - 1; i >= 0; --i) {
    const std::string name = stage_of(network.unit_name(i));
    if (stages.empty() || stages.back().name != name) stages.push_back({name, {}});
    const auto& modules = network.unit(i).modules;
    stages.back().modules.insert(stages.back().modules.end(), modules.begin(), modules.end());
  }
  const std::size_t together = (stages.size() + kMostStages - 1) / kMostStages;
  std::vector<Stage> joined;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    if (i % together == 0) joined.push_back({});
    joined.back().name = stages[i].name;
    auto& modules = joined.back().modules;
    modules.insert(modules.end(), stages[i].modules.begin(), stages[i].modules.end());
  }
  return joined;
}

void shuffle_parameters(torch::nn::Module& module, std::uint64_t seed, std::uint64_t& place) {
  const torch::NoGradGuard no_grad;
  for (torch::Tensor& parameter : module.parameters()) {
    auto generator = at::detail::createCPUGenerator(derive_seed(seed, {place++}));
    const torch::Tensor order =
        torch::randperm(parameter.numel(), generator, torch::TensorOptions().dtype(torch::kLong));
    const torch::Tensor flat = parameter.reshape({-1});
    parameter.copy_(flat.index_select(0, order.to(parameter.device())).view_as(parameter));
  }
}

std::shared_ptr<Network> copy_of(const Network& network, const torch::Device& device) {
  auto copy = make_network(network.config());
  copy->to(device);
  const torch::NoGradGuard no_grad;
  const auto state = state_of(network);
  for (auto& [name, value] : state_of(*copy)) value.copy_(state.at(name));
  return copy;
}

std::vector<cv::Mat> small_maps(const Explainer& explainer, const torch::Tensor& input,
                                const std::vector<std::int64_t>& classes) {
  std::vector<cv::Mat> out;
  for (const ClassMap& map : explainer.maps(explainer.look(input), classes)) {
    cv::Mat raw = cv::max(map.raw, 0.0);
    if (raw.cols > kLargestSide) {
      cv::Mat small;
      cv::resize(raw, small, {kLargestSide, kLargestSide}, 0, 0, cv::INTER_AREA);
      raw = small;
    }
    out.push_back(raw);
  }
  return out;
}

cv::Mat ranks(const cv::Mat& map) {
  std::vector<float> values;
  for (int y = 0; y < map.rows; ++y) {
    values.insert(values.end(), map.ptr<float>(y), map.ptr<float>(y) + map.cols);
  }
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  cv::Mat out(1, static_cast<int>(values.size()), CV_32FC1);
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first + 1;
    while (last < order.size() && values[order[last]] == values[order[first]]) ++last;
    for (std::size_t i = first; i < last; ++i) {
      out.at<float>(static_cast<int>(order[i])) = static_cast<float>(first + last - 1) / 2;
    }
    first = last;
  }
  return out;
}

}  // namespace

double rank_correlation(const cv::Mat& a, const cv::Mat& b) {
  return map_correlation(ranks(a), ranks(b));
}

RandomisationCascade randomise_weights(const Explainer& explainer, const torch::Tensor& input,
                                       const std::vector<std::int64_t>& classes,
                                       const torch::Device& device) {
  const std::vector<cv::Mat> trained = small_maps(explainer, input, classes);
  auto network = copy_of(explainer.network(), device);
  const Explainer forgetting(network, explainer.config(), device);
  RandomisationCascade cascade;
  const auto compare = [&](const std::string& stage) {
    const std::vector<cv::Mat> maps = small_maps(forgetting, input, classes);
    std::vector<double> similarity;
    for (std::size_t i = 0; i < maps.size(); ++i) {
      similarity.push_back(rank_correlation(trained[i], maps[i]));
    }
    cascade.stages.push_back(stage);
    cascade.similarity.push_back(std::move(similarity));
  };
  const auto seed = static_cast<std::uint64_t>(explainer.config().seed);
  std::uint64_t place = 0;
  shuffle_parameters(network->head(), seed, place);
  compare("head");
  for (const Stage& stage : stages_of(*network)) {
    for (const auto& module : stage.modules) shuffle_parameters(*module, seed, place);
    compare(stage.name);
  }
  return cascade;
}

}  // namespace xrayclf
