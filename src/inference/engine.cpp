#include "xrayclf/inference/engine.hpp"

#include <optional>

#include <spdlog/spdlog.h>

#include "inference/fused_engine.hpp"
#include "inference/lowering.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/parallel.hpp"
#include "xrayclf/model/input.hpp"

namespace xrayclf {
namespace {

class ReferenceEngine : public Engine {
 public:
  ReferenceEngine(Network& network, const InputSpec& input, const EngineOptions& options)
      : network_(network), input_(input), device_(options.device), precision_(options.precision) {}

  std::string description() const override {
    return "reference (LibTorch, " + device_.str() + ", " + std::string(name_of(precision_)) + ")";
  }
  torch::Tensor map(const std::vector<cv::Mat>& images, std::int64_t units) override {
    return compute(images,
                   [&](const torch::Tensor& x) { return network_.forward_units(x, 0, units); });
  }
  torch::Tensor features(const std::vector<cv::Mat>& images) override {
    return compute(images, [&](const torch::Tensor& x) {
      return network_.pool(network_.forward_units(x, 0, network_.unit_count()));
    });
  }
  EngineOutputs outputs(const std::vector<cv::Mat>& images) override {
    EngineOutputs out;
    out.logits = compute(images, [&](const torch::Tensor& x) {
      const torch::Tensor pooled =
          network_.pool(network_.forward_units(x, 0, network_.unit_count()));
      out.features = pooled.to(torch::kCPU, torch::kFloat32);
      return network_.classify(pooled);
    });
    return out;
  }

 private:
  template <class Forward>
  torch::Tensor compute(const std::vector<cv::Mat>& images, const Forward& forward) {
    const torch::NoGradGuard no_grad;
    const PrecisionScope precision(precision_, device_);
    return forward(to_input(images, input_).to(device_)).to(torch::kCPU, torch::kFloat32);
  }

  Network& network_;
  InputSpec input_;
  torch::Device device_;
  Precision precision_;
};

/// What a fused engine would compute, or why there can be none.
std::optional<kernels::NetworkPlan> plan_for(Network& network, const InputSpec& input,
                                             const torch::Device& device, std::string& obstacle) {
  if (device.is_cpu()) return lower(network, input, obstacle);
  obstacle = "it computes on the CPU, not on " + device.str();
  return std::nullopt;
}

[[noreturn]] void refuse_fused(const Network& network, const std::string& obstacle) {
  throw ConfigError("engine fused cannot compute " + network.config().architecture + ": " +
                    obstacle + "; use --engine auto or reference");
}

}  // namespace

void check_engine(Network& network, const InputSpec& input, const EngineOptions& options) {
  std::string obstacle;
  if (options.kind == EngineKind::fused && !plan_for(network, input, options.device, obstacle)) {
    refuse_fused(network, obstacle);
  }
}

std::unique_ptr<Engine> make_engine(Network& network, const InputSpec& input,
                                    const EngineOptions& options) {
  if (options.kind != EngineKind::reference) {
    std::string obstacle;
    if (const auto plan = plan_for(network, input, options.device, obstacle)) {
      const std::int64_t threads = options.threads > 0 ? options.threads : processor_count();
      return make_fused_engine(*plan, options.precision, static_cast<int>(threads),
                               best_cpu_level());
    }
    if (options.kind == EngineKind::fused) refuse_fused(network, obstacle);
    if (options.device.is_cpu()) {
      spdlog::info("{} has no fused plan ({}); LibTorch computes it", network.config().architecture,
                   obstacle);
    }
  }
  return std::make_unique<ReferenceEngine>(network, input, options);
}

}  // namespace xrayclf
