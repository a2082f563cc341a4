#include "app/gradcam_ensemble.hpp"

#include <opencv2/imgproc.hpp>

namespace xrayclf {
namespace {

void add(cv::Mat& sum, cv::Mat map, bool mirrored, double weight) {
  if (mirrored) cv::flip(map, map, 1);
  if (sum.empty()) {
    sum = map * weight;
    return;
  }
  if (map.size() != sum.size()) cv::resize(map, map, sum.size(), 0, 0, cv::INTER_LINEAR);
  sum += map * weight;
}

}  // namespace

EnsembleExplainer::EnsembleExplainer(const GradcamConfig& config, const Ensemble& ensemble,
                                     const torch::Device& device)
    : ensemble_(ensemble) {
  ensemble.require_one_preparation();
  for (const Classifier& member : ensemble.members()) {
    members_.emplace_back(Explainer(member.network(), config, device, config.precision),
                          read_json<PreprocessConfig>(member.info().preprocessing),
                          member.info().input, device.is_cpu() ? member.engine() : nullptr);
  }
}

EnsembleLook EnsembleExplainer::look(const std::vector<cv::Mat>& prepared) const {
  EnsembleLook out;
  std::vector<torch::Tensor> probabilities;
  for (std::size_t m = 0; m < members_.size(); ++m) {
    for (const TestView view : ensemble_.config().tta) {
      out.voices.push_back(members_[m].look(views_of(prepared, view)));
      probabilities.push_back(out.voices.back()
                                  .logits.detach()
                                  .to(torch::kCPU, torch::kFloat64)
                                  .div(ensemble_.members()[m].temperature())
                                  .softmax(1));
    }
  }
  out.probabilities = ensemble_.average(torch::stack(probabilities, 1));
  return out;
}

std::vector<ClassMap> EnsembleExplainer::maps(const EnsembleLook& look,
                                              const std::vector<std::int64_t>& classes) const {
  const std::vector<double> weights = ensemble_.voice_weights();
  const std::vector<TestView>& views = ensemble_.config().tta;
  if (look.voices.size() == 1) return first().explainer().maps(look.voices.front(), classes);
  std::vector<ClassMap> out(classes.size());
  for (std::size_t v = 0; v < look.voices.size(); ++v) {
    const bool mirrored = views[v % views.size()] == TestView::horizontal_flip;
    std::vector<ClassMap> own =
        members_[v / views.size()].explainer().maps(look.voices[v], classes);
    for (std::size_t i = 0; i < own.size(); ++i) {
      add(out[i].raw, std::move(own[i].raw), mirrored, weights[v]);
      add(out[i].heat, std::move(own[i].heat), mirrored, weights[v]);
    }
  }
  return out;
}

}  // namespace xrayclf
