#include "xrayclf/model/device.hpp"

#include <torch/torch.h>

namespace xrayclf {

nlohmann::ordered_json device_report() {
  nlohmann::ordered_json built = {"cpu"};
  nlohmann::ordered_json sees = {"cpu"};
#ifdef XRAYCLF_CUDA
  built.push_back("cuda");
  const int count = torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0;
  for (int i = 0; i < count; ++i) sees.push_back("cuda:" + std::to_string(i));
#endif
  return {{"built_for", built}, {"sees", sees}};
}

}  // namespace xrayclf
