#include "xrayclf/model/backbone.hpp"

namespace xrayclf {

torch::Tensor Backbone::pool(const torch::Tensor& map) const { return map.mean({2, 3}); }

std::shared_ptr<torch::nn::Module> Backbone::make_classifier(int64_t num_classes,
                                                             double dropout) const {
  // Starts within 1 / sqrt(inputs), as a linear layer of LibTorch does. torchvision's EfficientNets
  // take 1 / sqrt(classes), made for a thousand of them: with three, the first loss is above 4, and
  // its gradients undo what the backbone had learnt.
  torch::nn::Linear linear(feature_channels_, num_classes);
  torch::nn::init::zeros_(linear->bias);
  torch::nn::Sequential classifier(torch::nn::Dropout(dropout), linear);
  return classifier.ptr();
}

}  // namespace xrayclf
