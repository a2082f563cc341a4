#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/formula_weights.hpp"
#include "support/golden_models.hpp"
#include "xrayclf/explain/explainer.hpp"
#include "xrayclf/explain/heat.hpp"
#include "xrayclf/explain/perturbation.hpp"
#include "xrayclf/explain/pixel_gradients.hpp"

namespace xrayclf {
namespace {

using nlohmann::json;

/// B4 with the weights that a golden file names.
std::shared_ptr<Network> golden_b4(const json& golden) {
  auto network = make_network({.head = HeadKind::linear});
  // Names and shapes are the same whatever the salt.
  const json state =
      read_json_file(XRAYCLF_TEST_DATA "/golden/models/efficientnet_b4_torchvision.json");
  EXPECT_EQ(testing::fill_formula(*network, golden, state.at("state")),
            golden.at("weights").at("state_crc32").get<std::uint32_t>());
  network->eval();
  return network;
}

/// The file's names of the methods; the library's own AblationCAM is not offered.
const std::map<std::string, CamMethod> kMethods = {
    {"GradCAM", CamMethod::gradcam},
    {"HiResCAM", CamMethod::hirescam},
    {"GradCAMPlusPlus", CamMethod::gradcam_plus_plus},
    {"XGradCAM", CamMethod::xgradcam},
    {"LayerCAM", CamMethod::layercam},
    {"EigenCAM", CamMethod::eigencam},
    {"EigenGradCAM", CamMethod::eigengradcam},
    {"AblationCAM_zero", CamMethod::ablationcam}};

/// Of the map before ReLU, times its largest magnitude; from the golden files' README.
double map_tolerance(CamMethod method, bool inner_layer) {
  if (method == CamMethod::xgradcam && inner_layer) return 1e-3;
  return method == CamMethod::ablationcam ? 5e-5 : 2e-5;
}

std::int64_t class_of(const json& row) {
  return row.at("class").is_number() ? row.at("class").get<std::int64_t>() : 0;
}

double largest(const torch::Tensor& x) { return x.abs().max().item<double>(); }

/// Mean, maximum and samples of the heat.
void expect_output(const json& want, const cv::Mat& heat) {
  EXPECT_NEAR(cv::mean(heat)[0], want.at("mean").get<double>(), 1e-4);
  double high = 0;
  cv::minMaxLoc(heat, nullptr, &high);
  EXPECT_NEAR(high, want.at("max").get<double>(), 1e-4);
  for (std::size_t i = 0; i < want.at("sample").size(); ++i) {
    const int at = want.at("sample_index")[i];
    EXPECT_NEAR(heat.at<float>(at / heat.cols, at % heat.cols), want.at("sample")[i].get<double>(),
                1e-4);
  }
}

/// Compares one row; returns whether it could be compared.
bool expect_map(const json& golden, const json& row, const std::shared_ptr<Network>& network,
                const ExplainConfig& config, const std::string& want_name, double tolerance) {
  const auto input = testing::golden_input(golden, row.at("input"));
  if (!input) return false;
  SCOPED_TRACE(std::string(name_of(config.method)) + " " + row.at("input").get<std::string>() +
               " class " + std::to_string(class_of(row)));
  const Explainer explainer(network, config);
  const Look look = explainer.look(*input);
  const torch::Tensor raw = explainer.raw_maps(look, {class_of(row)})[0];
  EXPECT_EQ(raw.sizes().vec(), row.at("map_shape").get<std::vector<std::int64_t>>());
  const torch::Tensor want = testing::to_tensor(row.at(want_name)).view(raw.sizes());
  const bool sign_is_free =
      config.method == CamMethod::eigencam || config.method == CamMethod::eigengradcam;
  double off = largest(raw - want);
  bool same_sign = true;
  if (sign_is_free && largest(raw + want) < off) {
    same_sign = false;
    off = largest(raw + want);
  }
  EXPECT_LE(off, tolerance * largest(want));
  if (same_sign) expect_output(row.at("output"), explainer.maps(look, {class_of(row)})[0].heat);
  return true;
}

void expect_maps(const std::string& file, const std::string& layer, bool inner_layer) {
  const json golden = testing::read_golden_model(file);
  const auto network = golden_b4(golden);
  std::map<std::string, int> compared;
  for (const json& row : golden.at("maps")) {
    const auto method = kMethods.find(row.at("method"));
    if (method == kMethods.end()) continue;
    ExplainConfig config;
    config.method = method->second;
    config.layer = layer;
    compared[method->first] += expect_map(golden, row, network, config, "f64_map_before_relu",
                                          map_tolerance(method->second, inner_layer));
  }
  for (const auto& [name, method] : kMethods) {
    if (inner_layer && method == CamMethod::ablationcam) continue;
    EXPECT_GE(compared[name], 1) << name << " was never compared";
  }
}

TEST(GradcamGoldenTest, MapsOfTheLastLayerEqualTheLibrarys) {
  expect_maps("gradcam", "auto", false);
}

TEST(GradcamGoldenTest, MapsOfAnInnerLayerEqualTheLibrarys) {
  expect_maps("gradcam_inner_layer", "features.6", true);
}

TEST(GradcamGoldenTest, KerasNormalisationOfLogitAndProbability) {
  const json golden = testing::read_golden_model("gradcam");
  const auto network = golden_b4(golden);
  int compared = 0;
  for (const json& row : golden.at("keras_gradcam")) {
    const auto input = testing::golden_input(golden, row.at("input"));
    if (!input) continue;
    ExplainConfig config;
    config.score = enum_from_name<CamScore>(row.at("score").get<std::string>(), "score");
    config.normalisation = CamNormalisation::keras;
    const Explainer explainer(network, config);
    const ClassMap map = explainer.maps(explainer.look(*input), {class_of(row)})[0];
    const cv::Mat heat = heat_of(map.raw, map.raw.size(), CamNormalisation::keras);
    double high = 0;
    cv::minMaxLoc(map.raw, nullptr, &high);
    const double want_high = row.at("max_before_division_f64");
    EXPECT_NEAR(high / want_high, 1.0, 5e-4);
    for (int i = 0; i < static_cast<int>(heat.total()); ++i) {
      EXPECT_NEAR(heat.at<float>(i / heat.cols, i % heat.cols),
                  row.at("map_f64")[static_cast<std::size_t>(i)].get<double>(), 5e-4);
    }
    ++compared;
  }
  EXPECT_GE(compared, 4);
}

TEST(GradcamGoldenTest, ScoreCamEqualsTheLibrarys) {
  const json golden = testing::read_golden_model("gradcam");
  if (golden.at("score_cam").empty()) GTEST_SKIP() << "this set has no ScoreCAM";
  const auto network = golden_b4(golden);
  // 1792 passes a class: one is enough.
  const json& row = golden.at("score_cam").back();
  ExplainConfig config;
  config.method = CamMethod::scorecam;
  const Explainer explainer(network, config);
  const auto input = testing::golden_input(golden, row.at("input"));
  const Look look = explainer.look(*input);
  const torch::Tensor scores =
      masked_scores(*network, look.input, look.activations, {class_of(row), CamScore::logit, 32});
  const json& channels = row.at("channel_scores");
  EXPECT_NEAR(scores.sum().item<double>() / channels.at("sum").get<double>(), 1.0, 2e-5);
  for (std::size_t i = 0; i < channels.at("index").size(); ++i) {
    const double want = channels.at("value")[i];
    EXPECT_NEAR(scores[channels.at("index")[i].get<std::int64_t>()].item<double>(), want,
                5e-5 * largest(scores));
  }
  const torch::Tensor raw =
      (scores.softmax(0).view({-1, 1, 1}) * look.activations[0].to(torch::kFloat64)).sum(0);
  const torch::Tensor want = testing::to_tensor(row.at("map_before_relu")).view(raw.sizes());
  EXPECT_LE(largest(raw - want), 2e-5 * largest(want));
  cv::Mat map(static_cast<int>(raw.size(0)), static_cast<int>(raw.size(1)), CV_32FC1);
  for (int y = 0; y < map.rows; ++y) {
    for (int x = 0; x < map.cols; ++x) map.at<float>(y, x) = raw[y][x].item<float>();
  }
  const cv::Size size(static_cast<int>(input->size(3)), static_cast<int>(input->size(2)));
  expect_output(row.at("output"), heat_of(map, size, CamNormalisation::pytorch_grad_cam));
}

/// [1, 3, H, W] -> 49 sums over the channels and the blocks of a 7 x 7 grid.
torch::Tensor block_sums(const torch::Tensor& x) {
  return x.to(torch::kFloat64)
      .sum(1)
      .view({7, x.size(2) / 7, 7, x.size(3) / 7})
      .sum({1, 3})
      .flatten();
}

TEST(GradcamGoldenTest, GaussLegendreNodesEqualNumpys) {
  const json golden = testing::read_golden_model("gradcam");
  const json& want = golden.at("pixel_attributions").at("gauss_legendre_16");
  const Quadrature rule = gauss_legendre(16);
  for (std::size_t i = 0; i < 16; ++i) {
    EXPECT_NEAR(rule.points[i], want.at("alphas")[i].get<double>(), 1e-8);
    EXPECT_NEAR(rule.weights[i], want.at("weights")[i].get<double>(), 1e-8);
  }
}

TEST(GradcamGoldenTest, PixelAttributionsEqualCaptums) {
  const json golden = testing::read_golden_model("gradcam");
  const auto network = golden_b4(golden);
  const std::string salt = golden.at("weights").at("salt");
  int compared = 0;
  for (const json& row : golden.at("pixel_attributions").at("results")) {
    const auto input = testing::golden_input(golden, row.at("input"));
    // The second image says nothing new and takes as long.
    if (!input || compared == 3) continue;
    const std::vector<std::int64_t> classes = {class_of(row)};
    torch::Tensor got;
    if (row.at("method") == "SmoothGrad") {
      const auto noise = [&](std::int64_t k) {
        return testing::formula_tensor(row.at("samples")[static_cast<std::size_t>(k)],
                                       input->sizes(), -0.3, 0.3);
      };
      got = smooth_gradients(*network, *input, classes, CamScore::logit,
                             static_cast<std::int64_t>(row.at("samples").size()), noise);
    } else {
      Quadrature rule = gauss_legendre(16);
      if (row.at("rule") == "riemann_trapezoid") {
        // captum's: 1/16 each with half of that at both ends, so 15/16 in all.
        for (int i = 0; i < 16; ++i) {
          rule.points[static_cast<std::size_t>(i)] = i / 15.0;
          rule.weights[static_cast<std::size_t>(i)] = (i == 0 || i == 15 ? 0.5 : 1.0) / 16.0;
        }
      }
      got = integrated_gradients(*network, *input, classes, CamScore::logit, rule);
    }
    SCOPED_TRACE(row.at("method").get<std::string>() + row.value("rule", ""));
    const double norm = row.at("l2");
    EXPECT_NEAR(got.to(torch::kFloat64).norm().item<double>() / norm, 1.0, 2e-5);
    // A block sums 3 x 32 x 32 values: their rounding adds up by the root of their number.
    const torch::Tensor want = testing::to_tensor(row.at("block_sums_f64"));
    EXPECT_LE((block_sums(got) - want).norm().item<double>(),
              2e-5 * norm * std::sqrt(static_cast<double>(got.numel()) / 49));
    const torch::Tensor want_abs = testing::to_tensor(row.at("block_abs_sums_f64"));
    EXPECT_LE((block_sums(got.abs()) - want_abs).norm().item<double>(),
              2e-5 * want_abs.norm().item<double>());
    ++compared;
  }
  EXPECT_GE(compared, 1);
}

}  // namespace
}  // namespace xrayclf
