#include "xrayclf/model/device.hpp"

#include <charconv>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

int cuda_count() {
#ifdef XRAYCLF_CUDA
  return torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0;
#else
  return 0;
#endif
}

/// The number in "cuda:N", 0 for "cuda", -1 if `name` is neither.
int cuda_index(std::string_view name) {
  if (name == "cuda") return 0;
  constexpr std::string_view prefix = "cuda:";
  if (!name.starts_with(prefix)) return -1;
  name.remove_prefix(prefix.size());
  int index = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
  return error == std::errc{} && end == name.data() + name.size() && index <= 127 ? index : -1;
}

}  // namespace

nlohmann::ordered_json device_report() {
  nlohmann::ordered_json built = {"cpu"};
  nlohmann::ordered_json sees = {"cpu"};
#ifdef XRAYCLF_CUDA
  built.push_back("cuda");
  for (int i = 0; i < cuda_count(); ++i) sees.push_back("cuda:" + std::to_string(i));
#endif
  return {{"built_for", built}, {"sees", sees}};
}

torch::Device select_device(const std::string& name) {
  if (name == "cpu") return torch::kCPU;
  const int count = cuda_count();
  if (name == "auto")
    return count > 0 ? torch::Device(torch::kCUDA, 0) : torch::Device(torch::kCPU);
  const int index = cuda_index(name);
  if (index < 0) {
    throw ConfigError("device must be auto, cpu, cuda or cuda:N, got '" + printable(name) + "'");
  }
  if (index >= count) {
    const nlohmann::ordered_json report = device_report();
    throw ResourceError("no device " + name + " here; there is " +
                        join(report["sees"].get<std::vector<std::string>>()) +
                        ", and this program is built for " +
                        join(report["built_for"].get<std::vector<std::string>>()));
  }
  return {torch::kCUDA, static_cast<torch::DeviceIndex>(index)};
}

}  // namespace xrayclf
