#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "support/conditioned_network.hpp"
#include "support/tiny_network.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/explain/class_map.hpp"
#include "xrayclf/explain/explainer.hpp"
#include "xrayclf/explain/image_explainer.hpp"
#include "xrayclf/explain/perturbation.hpp"
#include "xrayclf/model/input.hpp"

namespace xrayclf {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<Network> network(HeadKind head = HeadKind::study) {
  auto out = testing::tiny_network(3, head);
  testing::calibrate(*out);
  out->eval();
  return out;
}

torch::Tensor images(int count, int side = 96) {
  std::vector<cv::Mat> out;
  for (int i = 0; i < count; ++i) out.push_back(testing::tiny_image(i, side));
  return to_input(out, {});
}

double difference(const torch::Tensor& a, const torch::Tensor& b) {
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

ExplainConfig method(CamMethod m, const std::string& layer = "auto") {
  ExplainConfig config;
  config.method = m;
  config.layer = layer;
  return config;
}

/// The gradient in the activations behind unit `cut`, taken through a graph of the whole network
/// from the input on, as a library with hooks does.
torch::Tensor general_gradient(Network& net, const torch::Tensor& input, std::int64_t cut,
                               const std::vector<std::int64_t>& classes, CamScore score,
                               torch::Tensor& activations) {
  const torch::Tensor x = input.clone().requires_grad_(true);
  activations = net.forward_units(x, 0, cut);
  activations.retain_grad();
  const torch::Tensor map = net.forward_units(activations, cut, net.unit_count());
  class_scores(net.classify(net.pool(map)), classes, score).sum().backward();
  return activations.grad();
}

TEST(ExplainerTest, TheFastPathEqualsTheGraphThroughTheWholeNetwork) {
  const auto net = network();
  const torch::Tensor input = images(3);
  const std::vector<std::int64_t> classes = {2, 0, 1};
  for (const CamScore score : {CamScore::logit, CamScore::probability}) {
    torch::Tensor activations;
    const torch::Tensor gradient =
        general_gradient(*net, input, net->unit_count(), classes, score, activations);
    for (const CamMethod m : {CamMethod::gradcam, CamMethod::gradcam_plus_plus, CamMethod::hirescam,
                              CamMethod::xgradcam, CamMethod::layercam}) {
      ExplainConfig config = method(m);
      config.score = score;
      const Explainer explainer(net, config);
      const torch::Tensor got = explainer.raw_maps(explainer.look(input), classes);
      const torch::Tensor want = sum_channels(weighted_channels(m, activations.detach(), gradient));
      EXPECT_LE(difference(got, want), 1e-5) << name_of(m) << " " << name_of(score);
    }
  }
}

TEST(ExplainerTest, AnInnerLayerEqualsTheGraphThroughTheWholeNetwork) {
  const auto net = network();
  const torch::Tensor input = images(2);
  const Explainer explainer(net, method(CamMethod::hirescam, "features.5"));
  torch::Tensor activations;
  const torch::Tensor gradient =
      general_gradient(*net, input, explainer.layer().cut, {1, 1}, CamScore::logit, activations);
  const torch::Tensor want =
      sum_channels(weighted_channels(CamMethod::hirescam, activations.detach(), gradient));
  EXPECT_LE(difference(explainer.raw_maps(explainer.look(input), {1, 1}), want), 1e-5);
  EXPECT_LT(explainer.layer().cut, net->unit_count());
}

TEST(ExplainerTest, FrozenAndInferenceModeNetworksAreExplainedAlike) {
  const auto net = network();
  const torch::Tensor input = images(1);
  const Explainer plain(net, method(CamMethod::gradcam, "features.6"));
  const torch::Tensor want = plain.raw_maps(plain.look(input), {1});

  for (auto& parameter : net->parameters()) parameter.requires_grad_(false);
  EXPECT_TRUE(torch::equal(plain.raw_maps(plain.look(input), {1}), want));

  const c10::InferenceMode inference;
  auto made_here = make_network(net->config());
  for (std::size_t i = 0; i < net->parameters().size(); ++i)
    made_here->parameters()[i].copy_(net->parameters()[i]);
  for (std::size_t i = 0; i < net->buffers().size(); ++i)
    made_here->buffers()[i].copy_(net->buffers()[i]);
  made_here->eval();
  const torch::Tensor input_here = input.clone();
  const Explainer other(made_here, method(CamMethod::gradcam, "features.6"));
  EXPECT_LE(difference(other.raw_maps(other.look(input_here), {1}), want), 1e-6);
  const Explainer pixels(made_here, method(CamMethod::integrated_gradients));
  EXPECT_EQ(pixels.raw_maps(pixels.look(input_here), {1}).size(1), 96);
}

TEST(ExplainerTest, AnImagesMapDoesNotDependOnItsBatch) {
  const auto net = network();
  const torch::Tensor input = images(3, 64);
  for (const auto& [m, name] : EnumNames<CamMethod>::value) {
    ExplainConfig config = method(m);
    config.passes = 100;
    config.smoothgrad.samples = 2;
    config.integration_steps = 2;
    const Explainer explainer(net, config);
    const auto together = explainer.maps(explainer.look(input), {0, 1, 2});
    const auto alone = explainer.maps(explainer.look(input.narrow(0, 1, 1)), {1});
    double high = 0;
    cv::minMaxLoc(cv::abs(together[1].raw), nullptr, &high);
    // Convolutions round otherwise in another batch, which gradients at ReLU6's kinks amplify.
    EXPECT_LE(cv::norm(together[1].raw, alone[0].raw, cv::NORM_INF), 2e-2 * high) << name;
    EXPECT_EQ(together[1].heat.size(), cv::Size(64, 64)) << name;
  }
}

TEST(ExplainerTest, AblationAtTheLastMapEqualsAblatingTheMapItself) {
  const auto net = network();
  const torch::NoGradGuard no_grad;
  const torch::Tensor map = net->forward_units(images(1), 0, net->unit_count());
  const torch::Tensor got =
      ablation_weights(*net, net->unit_count(), map, {1, CamScore::logit, 50});
  const double whole = net->classify(net->pool(map))[0][1].item<double>();
  for (const std::int64_t channel : {0, 49, 50, 1279}) {
    torch::Tensor ablated = map.clone();
    ablated[0][channel].zero_();
    const double left = net->classify(net->pool(ablated))[0][1].item<double>();
    EXPECT_NEAR(got[channel].item<double>(), (whole - left) / whole, 1e-5);
  }
}

TEST(ExplainerTest, OcclusionFindsTheSquareThatTheScoreComesFrom) {
  const auto net = network(HeadKind::linear);
  torch::Tensor input = torch::zeros({1, 3, 96, 96});
  input.slice(2, 16, 48).slice(3, 48, 80) = images(1, 32);
  ExplainConfig config = method(CamMethod::occlusion);
  const Explainer explainer(net, config);
  const torch::Tensor map = explainer.raw_maps(explainer.look(input), {0})[0].abs();
  EXPECT_GT(map.slice(0, 16, 48).slice(1, 48, 80).mean().item<double>(), 0);
  EXPECT_LE(map.slice(0, 80, 96).max().item<double>(), 1e-3 * map.max().item<double>())
      << "nothing was changed there but the place in a batch";
}

TEST(ExplainerTest, AugSmoothIsTheMeanOfSixViewsAndMirrorsWithTheImage) {
  const auto net = network();
  ExplainConfig config = method(CamMethod::gradcam);
  config.aug_smooth = true;
  config.normalisation = CamNormalisation::none;
  const Explainer explainer(net, config);
  const torch::Tensor input = images(1);
  const cv::Mat map = explainer.maps(explainer.look(input), {0})[0].heat;
  const cv::Mat mirrored = explainer.maps(explainer.look(input.flip(3)), {0})[0].heat;
  cv::Mat back;
  cv::flip(mirrored, back, 1);
  EXPECT_LE(cv::norm(map, back, cv::NORM_INF), 1e-4 * cv::norm(map, cv::NORM_INF));
  config.aug_smooth = false;
  const Explainer single(net, config);
  EXPECT_GT(cv::norm(map, single.maps(single.look(input), {0})[0].heat, cv::NORM_INF),
            1e-3 * cv::norm(map, cv::NORM_INF));
}

TEST(ExplainerTest, EigenSmoothTakesThePrincipalComponentInPlaceOfTheSum) {
  const auto net = network();
  ExplainConfig config = method(CamMethod::hirescam);
  config.eigen_smooth = true;
  const Explainer smooth(net, config);
  const Explainer eigengrad(net, method(CamMethod::eigengradcam));
  const torch::Tensor input = images(1);
  const torch::Tensor a = smooth.raw_maps(smooth.look(input), {1});
  EXPECT_LE(difference(a, eigengrad.raw_maps(eigengrad.look(input), {1})), 1e-9);
}

TEST(ExplainerTest, BothWaysToThePrincipalComponentAgree) {
  torch::manual_seed(3);
  const torch::Tensor wide = torch::randn({1, 40, 4, 5}, torch::kFloat64);
  torch::Tensor rows = wide[0].flatten(1).t();
  rows = rows - rows.mean(0, true);
  const auto [u, s, v] = torch::linalg_svd(rows, false);
  torch::Tensor want = rows.matmul(v[0]).view({4, 5});
  const torch::Tensor got = principal_channel(wide)[0];
  if ((want * got).sum().item<double>() < 0) want = -want;
  EXPECT_LE(difference(got, want), 1e-9);
  const torch::Tensor tall = principal_channel(wide.narrow(1, 0, 7))[0];
  torch::Tensor few = rows.narrow(1, 0, 7);
  const auto [u2, s2, v2] = torch::linalg_svd(few, false);
  want = few.matmul(v2[0]).view({4, 5});
  if ((want * tall).sum().item<double>() < 0) want = -want;
  EXPECT_LE(difference(tall, want), 1e-9);
}

TEST(ExplainerTest, SmoothGradIsAFunctionOfTheSeed) {
  const auto net = network();
  ExplainConfig config = method(CamMethod::smoothgrad);
  config.smoothgrad.samples = 2;
  const torch::Tensor input = images(1, 64);
  const auto map = [&](std::int64_t seed) {
    config.seed = seed;
    const Explainer explainer(net, config);
    return explainer.raw_maps(explainer.look(input), {0});
  };
  const torch::Tensor first = map(1);
  EXPECT_LE(difference(map(1), first), 1e-6);
  EXPECT_GT(difference(map(2), first), 1e-2);
}

TEST(ExplainerTest, LayersAreFoundByNameAndOthersExplained) {
  const auto net = network();
  EXPECT_EQ(find_target_layer(*net, "auto").cut, net->unit_count());
  EXPECT_EQ(find_target_layer(*net, "auto").name, "features.8");
  const TargetLayer stage = find_target_layer(*net, "features.6");
  EXPECT_EQ(net->unit_name(stage.cut - 1).substr(0, 11), "features.6.");
  EXPECT_EQ(net->unit_name(stage.cut).substr(0, 11), "features.7.");
  EXPECT_EQ(net->unit_name(find_target_layer(*net, "features.2.0").cut - 1), "features.2.0");
  const auto message = [&](const std::string& name) {
    try {
      find_target_layer(*net, name);
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(message("featurs.8"), HasSubstr("did you mean 'features.8'?"));
  EXPECT_THAT(message("features.7.0.block.1"), HasSubstr("within features.7.0"));
  EXPECT_THAT(message("head.2"), HasSubstr("belongs to the head"));
  EXPECT_THAT(message(""), HasSubstr("there are auto, "));
  EXPECT_THROW(Explainer(net, method(CamMethod::occlusion, "features.6")), ConfigError);
}

/// Whatever computes the map before the layer, the explanation is the same.
TEST(ImageExplainerTest, TheFusedEngineGivesTheMapsOfTheReference) {
  // Smooth: at a kink of ReLU6 the last digit of an activation may switch a gradient off.
  torch::manual_seed(1);
  NetworkConfig smooth;
  smooth.architecture = "efficientnet_b0";
  const auto net = make_network(smooth);
  const std::vector<cv::Mat> prepared = {testing::tiny_image(0, 96), testing::tiny_image(1, 96)};
  testing::condition_on(*net, prepared, {});
  for (const char* layer : {"auto", "features.4"}) {
    for (const CamMethod m : {CamMethod::gradcam, CamMethod::eigencam, CamMethod::scorecam}) {
      // A pass for each of the last map's 1280 channels takes too long.
      if (m == CamMethod::scorecam && layer == std::string("auto")) continue;
      SCOPED_TRACE(std::string(name_of(m)) + " at " + layer);
      const ExplainConfig config = method(m, layer);
      const ImageExplainer plain(Explainer(net, config), {}, {});
      const ImageExplainer fused(Explainer(net, config), {}, {},
                                 make_engine(*net, {}, {.kind = EngineKind::fused}));
      const Look want = plain.look(prepared);
      const Look got = fused.look(prepared);
      EXPECT_LT(difference(got.logits.detach(), want.logits.detach()), 1e-4);
      EXPECT_LT(difference(fused.explainer().raw_maps(got, {1, 2}),
                           plain.explainer().raw_maps(want, {1, 2})),
                1e-3);
    }
  }
}

TEST(ImageExplainerTest, MethodsOfPixelsNeedNoEngine) {
  const auto net = network();
  const ImageExplainer fused(Explainer(net, method(CamMethod::occlusion)), {}, {},
                             make_engine(*net, {}, {.kind = EngineKind::fused}));
  EXPECT_FALSE(fused.look({testing::tiny_image(0, 96)}).activations.defined());
}

}  // namespace
}  // namespace xrayclf
