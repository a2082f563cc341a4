#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include <opencv2/core.hpp>

#include "xrayclf/core/fields.hpp"
#include "xrayclf/model/network.hpp"
#include "xrayclf/model/precision.hpp"

namespace xrayclf {

/// What computes a network in evaluation mode.
enum class EngineKind {
  automatic,  ///< fused where it can, else reference
  reference,  ///< LibTorch, module by module: what the others are measured against
  fused,      ///< own kernels on the CPU: batch normalisation folded, blocks fused, grey input
};
template <>
struct EnumNames<EngineKind> {
  static constexpr std::array<std::pair<EngineKind, std::string_view>, 3> value{
      {{EngineKind::automatic, "auto"},
       {EngineKind::reference, "reference"},
       {EngineKind::fused, "fused"}}};
};

struct EngineOptions {
  EngineKind kind = EngineKind::automatic;
  torch::Device device = torch::kCPU;
  Precision precision = Precision::float32;
  std::int64_t threads = 0;  ///< of the fused engine; 0 for all processors
};

/// Of N images, float32 on the CPU.
struct EngineOutputs {
  torch::Tensor features;  ///< pooled outputs of the backbone, [N, C]
  torch::Tensor logits;    ///< [N, classes]
};

/// Computes what a network says of prepared images: CV_8UC1, all of one size. Results are float32
/// on the CPU. From the fused engine an image's results are the same to the bit at any number of
/// threads and in any batch. May be called from several threads; calls to the fused engine wait for
/// each other. Throws DataError for an empty list or other images.
class Engine {
 public:
  virtual ~Engine() = default;

  /// For people: which kind it is, and how it computes.
  virtual std::string description() const = 0;
  /// Outputs of the first `units` units of the backbone, [N, C, h, w]; 1 <= units <= unit_count.
  virtual torch::Tensor map(const std::vector<cv::Mat>& images, std::int64_t units) = 0;
  /// Pooled output of the backbone, [N, C].
  virtual torch::Tensor features(const std::vector<cv::Mat>& images) = 0;
  virtual EngineOutputs outputs(const std::vector<cv::Mat>& images) = 0;
  /// [N, classes].
  torch::Tensor logits(const std::vector<cv::Mat>& images) { return outputs(images).logits; }
};

/// The network must live as long as the engine and be in evaluation mode on the device; a fused
/// engine computes with the weights of this moment. Automatic is the reference for a network
/// without a fused plan, and a line of the log says why. Throws ConfigError where fused is asked
/// for and there is no plan, or another device than the CPU.
std::unique_ptr<Engine> make_engine(Network& network, const InputSpec& input,
                                    const EngineOptions& options);

/// Throws where make_engine() would; to know it before anything is written.
void check_engine(Network& network, const InputSpec& input, const EngineOptions& options);

}  // namespace xrayclf
