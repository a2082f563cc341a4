#include "xrayclf/model/cost.hpp"

#include <ATen/record_function.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string_view>
#include <vector>

namespace xrayclf {
namespace {

/// Where this thread counts.
thread_local int64_t* counted = nullptr;

/// Multiply-additions for one number of a layer's output.
struct LayerContext : at::ObserverContext {
  explicit LayerContext(int64_t products) : products_an_output(products) {}
  int64_t products_an_output;
};

std::unique_ptr<at::ObserverContext> before_layer(const at::RecordFunction& call) {
  // torch::nn::Linear is addmm with a bias and mm without.
  const std::string_view name = call.name();
  if (name == "aten::convolution") {
    const at::Tensor weight = call.inputs()[1].toTensor();
    return std::make_unique<LayerContext>(weight.numel() / weight.size(0));
  }
  if (name == "aten::addmm") {
    return std::make_unique<LayerContext>(call.inputs()[2].toTensor().size(0));
  }
  if (name == "aten::mm") {
    return std::make_unique<LayerContext>(call.inputs()[1].toTensor().size(0));
  }
  return nullptr;
}

void after_layer(const at::RecordFunction& call, at::ObserverContext* context) {
  if (context == nullptr) return;
  int64_t outputs = 1;
  const at::Tensor result = call.outputs().at(0).toTensor();
  for (int64_t d = 1; d < result.dim(); ++d) outputs *= result.size(d);
  *counted += outputs * static_cast<LayerContext*>(context)->products_an_output;
}

/// While it lives, layers that this thread runs are counted.
class Counting {
 public:
  explicit Counting(int64_t& count)
      : handle_(at::addThreadLocalCallback(at::RecordFunctionCallback(before_layer, after_layer)
                                               .needsInputs(true)
                                               .needsOutputs(true)
                                               .scopes({at::RecordScope::FUNCTION}))) {
    counted = &count;
  }
  ~Counting() {
    at::removeCallback(handle_);
    counted = nullptr;
  }
  Counting(const Counting&) = delete;
  Counting& operator=(const Counting&) = delete;

 private:
  at::CallbackHandle handle_;
};

}  // namespace

int64_t parameter_count(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const torch::Tensor& parameter : module.parameters()) count += parameter.numel();
  return count;
}

int64_t statistics_count(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const auto& buffer : module.named_buffers()) {
    if (buffer.key().find("running_") != std::string::npos) count += buffer.value().numel();
  }
  return count;
}

int64_t multiply_adds(Network& network, int64_t side) {
  const torch::NoGradGuard no_grad;
  network.eval();
  const torch::Tensor weight = network.parameters().front();
  int64_t count = 0;
  const Counting counting(count);
  // A batch of no images has shapes like any other and costs nothing.
  network.forward(torch::empty({0, 3, side, side}, weight.options()));
  return count;
}

Latency measure_latency(Network& network, int64_t side, int64_t batch, int64_t passes) {
  const torch::NoGradGuard no_grad;
  network.eval();
  const auto options = network.parameters().front().options().requires_grad(false);
  const torch::Tensor images = torch::randn({batch, 3, side, side}, options);
  const auto pass = [&] {
    const auto start = std::chrono::steady_clock::now();
    network.forward(images);
    if (images.is_cuda()) torch::cuda::synchronize(images.device().index());
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
        .count();
  };
  constexpr int kWarmUp = 2;
  for (int i = 0; i < kWarmUp; ++i) pass();
  std::vector<double> times;
  for (int64_t i = 0; i < std::max<int64_t>(passes, 1); ++i) times.push_back(pass());
  std::sort(times.begin(), times.end());
  return {times[times.size() / 2], times.front(), times.back()};
}

}  // namespace xrayclf
