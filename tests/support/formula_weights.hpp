#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include <nlohmann/json.hpp>

#include "xrayclf/model/weights.hpp"

/// Weights and images that are functions of their name, so that golden vectors need no weight file.
/// The formula is that of tests/data/golden/models; it must be compiled without contraction to FMA.
namespace xrayclf::testing {

inline std::uint64_t fnv1a64(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const unsigned char c : text) {
    hash ^= c;
    hash *= 0x100000001B3ULL;
  }
  return hash;
}

inline std::uint64_t splitmix64(std::uint64_t x) {
  std::uint64_t z = x + 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

/// `count` values in [low, high).
inline std::vector<float> formula(std::string_view name, std::size_t count, double low,
                                  double high) {
  const std::uint64_t base = fnv1a64(name);
  std::vector<float> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double u = static_cast<double>(splitmix64(base + i) >> 40) * 0x1p-24;
    out[i] = static_cast<float>(low + (high - low) * u);
  }
  return out;
}

/// CRC-32 as zlib computes it, of data that comes in pieces.
class Crc32 {
 public:
  void update(const void* data, std::size_t size) {
    static const std::array<std::uint32_t, 256> table = [] {
      std::array<std::uint32_t, 256> t{};
      for (std::uint32_t i = 0; i < 256; ++i) {
        t[i] = i;
        for (int bit = 0; bit < 8; ++bit) t[i] = (t[i] >> 1) ^ ((t[i] & 1) ? 0xEDB88320U : 0U);
      }
      return t;
    }();
    const auto* bytes = static_cast<const unsigned char*>(data);
    for (std::size_t i = 0; i < size; ++i) {
      state_ = (state_ >> 8) ^ table[(state_ ^ bytes[i]) & 0xFF];
    }
  }
  void update(const torch::Tensor& float32) {
    const torch::Tensor packed = float32.contiguous();
    update(packed.data_ptr<float>(), static_cast<std::size_t>(packed.numel()) * sizeof(float));
  }
  std::uint32_t value() const { return ~state_; }

 private:
  std::uint32_t state_ = 0xFFFFFFFFU;
};

/// The first rule whose text occurs in a name gives the gain of its weight.
using GainRules = std::vector<std::pair<std::string, double>>;

/// The range of a state entry: batch normalisation and biases by name, weights by fan-in and gain.
inline std::pair<double, double> formula_range(const std::string& name, const torch::Tensor& value,
                                               bool is_norm, const GainRules& rules) {
  if (name.ends_with("running_mean")) return {-0.1, 0.1};
  if (name.ends_with("running_var")) return {0.8, 1.2};
  if (name.ends_with("bias")) return is_norm ? std::pair{-0.1, 0.1} : std::pair{-0.05, 0.05};
  if (is_norm) return {0.8, 1.2};
  double gain = 1.0;
  for (const auto& [text, rule_gain] : rules) {
    if (name.find(text) != std::string::npos) {
      gain = rule_gain;
      break;
    }
  }
  const double fan_in = static_cast<double>(value.numel() / value.size(0));
  const double bound = std::sqrt(3.0 / fan_in) * gain;
  return {-bound, bound};
}

inline torch::Tensor formula_tensor(const std::string& name, torch::IntArrayRef shape, double low,
                                    double high) {
  torch::Tensor out = torch::empty(shape);
  const std::vector<float> values = formula(name, static_cast<std::size_t>(out.numel()), low, high);
  std::copy(values.begin(), values.end(), out.data_ptr<float>());
  return out;
}

/// Maps a name of the golden file to the network's.
using Rename = std::function<std::string(const std::string&)>;

inline std::string same_name(const std::string& name) { return name; }

/// Fills `module` (float32) with the weight set that a golden file of tests/data/golden/models
/// describes: `golden["weights"]` has salt and gains, `state` lists [name, shape] in order. Returns
/// the CRC-32 over the whole set, to be compared with golden["weights"]["state_crc32"].
inline std::uint32_t fill_formula(torch::nn::Module& module, const nlohmann::json& golden,
                                  const nlohmann::json& state, const Rename& rename = same_name) {
  const std::map<std::string, torch::Tensor> ours = state_of(module);
  const nlohmann::json& weights = golden.at("weights");
  const std::string salt = weights.at("salt");
  const GainRules rules = weights.at("gain_rules_first_substring_match_wins").get<GainRules>();
  const torch::NoGradGuard no_grad;
  Crc32 crc;
  for (const nlohmann::json& entry : state) {
    const std::string name = entry.at(0);
    const std::string our_name = rename(name);
    torch::Tensor value = ours.at(our_name);
    if (name.ends_with("num_batches_tracked")) {
      value.zero_();
      continue;
    }
    const bool is_norm = ours.count(our_name.substr(0, our_name.rfind('.')) + ".running_mean") > 0;
    const auto [low, high] = formula_range(name, value, is_norm, rules);
    const torch::Tensor filled = formula_tensor(salt + name, value.sizes(), low, high);
    crc.update(filled);
    value.copy_(filled);
  }
  return crc.value();
}

}  // namespace xrayclf::testing
