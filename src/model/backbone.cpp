#include "xrayclf/model/backbone.hpp"

#include <cmath>

namespace xrayclf {

torch::Tensor Backbone::pool(const torch::Tensor& map) const { return map.mean({2, 3}); }

std::shared_ptr<torch::nn::Module> Backbone::make_classifier(int64_t num_classes,
                                                             double dropout) const {
  torch::nn::Linear linear(feature_channels_, num_classes);
  const double bound = 1.0 / std::sqrt(static_cast<double>(num_classes));
  torch::nn::init::uniform_(linear->weight, -bound, bound);
  torch::nn::init::zeros_(linear->bias);
  torch::nn::Sequential classifier(torch::nn::Dropout(dropout), linear);
  return classifier.ptr();
}

}  // namespace xrayclf
