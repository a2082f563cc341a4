#include "xrayclf/inference/features.hpp"

#include <algorithm>
#include <vector>

#include "xrayclf/core/interrupt.hpp"
#include "xrayclf/core/parallel.hpp"
#include "xrayclf/core/progress.hpp"
#include "xrayclf/model/input.hpp"

namespace xrayclf {

torch::Tensor prefix_outputs(Network& network, std::int64_t cut, const InputSpec& input,
                             std::int64_t count, const std::function<cv::Mat(std::int64_t)>& image,
                             const PrefixOptions& options) {
  const torch::NoGradGuard no_grad;
  const PrecisionScope precision(options.precision, options.device);
  torch::Tensor rows;
  Progress progress(options.title, count, "images");
  for (std::int64_t start = 0; start < count; start += options.batch_size) {
    const std::int64_t size = std::min(options.batch_size, count - start);
    std::vector<cv::Mat> images(static_cast<std::size_t>(size));
    parallel_for(size, 0,
                 [&](std::int64_t i) { images[static_cast<std::size_t>(i)] = image(start + i); });
    torch::Tensor out = network.forward_units(to_input(images, input).to(options.device), 0, cut);
    if (cut == network.unit_count()) out = network.pool(out);
    out = out.to(torch::kCPU, torch::kFloat32);
    if (!rows.defined()) {
      std::vector<std::int64_t> shape = out.sizes().vec();
      shape[0] = count;
      rows = torch::empty(shape, torch::kFloat32);
    }
    rows.narrow(0, start, size).copy_(out);
    progress.advance(size);
    throw_if_interrupted("stopped before training began; nothing was saved");
  }
  return rows;
}

}  // namespace xrayclf
