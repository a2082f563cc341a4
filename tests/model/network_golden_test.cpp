#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <ostream>
#include <regex>
#include <set>
#include <string>

#include "support/formula_weights.hpp"
#include "support/golden_models.hpp"
#include "xrayclf/model/blocks.hpp"
#include "xrayclf/model/network.hpp"
#include "xrayclf/model/weights.hpp"

namespace xrayclf {
namespace {

using nlohmann::json;
using testing::Rename;

/// timm's names of EfficientNet-Lite in torchvision's style.
std::string from_timm_lite(const std::string& name) {
  static const std::map<std::string, std::string> ends = {{"conv_stem", "features.0.0"},
                                                          {"bn1", "features.0.1"},
                                                          {"conv_head", "features.8.0"},
                                                          {"bn2", "features.8.1"},
                                                          {"classifier", "classifier.1"}};
  // The first stage has no expansion, so its parts start with the depthwise convolution.
  static const std::map<std::string, std::string> without_expansion = {
      {"conv_dw", "0.0"}, {"bn1", "0.1"}, {"conv_pw", "1.0"}, {"bn2", "1.1"}};
  static const std::map<std::string, std::string> with_expansion = {
      {"conv_pw", "0.0"}, {"bn1", "0.1"},      {"conv_dw", "1.0"},
      {"bn2", "1.1"},     {"conv_pwl", "2.0"}, {"bn3", "2.1"}};
  const auto dot = name.rfind('.');
  const std::string layer = name.substr(0, dot);
  const std::string what = name.substr(dot);
  std::smatch match;
  if (!std::regex_match(layer, match, std::regex(R"(blocks\.(\d)\.(\d+)\.(\w+))"))) {
    return ends.at(layer) + what;
  }
  const int stage = std::stoi(match[1]);
  const auto& parts = stage == 0 ? without_expansion : with_expansion;
  return "features." + std::to_string(stage + 1) + "." + match[2].str() + ".block." +
         parts.at(match[3]) + what;
}

/// One golden file and the network it is about.
struct GoldenCase {
  std::string file;
  NetworkConfig config;
  double tolerance = 5e-5;      ///< of float32, relative to the largest logit or in relative L2
  std::string state_file = {};  ///< where the state is listed, if elsewhere
  Rename rename = testing::same_name;
  std::map<std::string, std::string> stages = {};  ///< the file's stage names in ours
};
/// What googletest prints for a parameter.
void PrintTo(const GoldenCase& value, std::ostream* out) { *out << value.file; }

const GoldenCase kCases[] = {
    {.file = "efficientnet_b4_torchvision", .config = {.head = HeadKind::linear}},
    {.file = "efficientnet_b4_keras",
     .config = {.flavour = Flavour::tf, .head = HeadKind::linear},
     .state_file = "efficientnet_b4_torchvision"},
    {.file = "xray_head", .config = {.head = HeadKind::study}},
    {.file = "efficientnet_lite0",
     .config = {.architecture = "efficientnet_lite0",
                .flavour = Flavour::tf,
                .head = HeadKind::linear},
     .tolerance = 2e-4,
     .rename = from_timm_lite,
     .stages = {{"stem", "features.0"}, {"blocks.3", "features.4"}, {"head", "features.8"}}},
    // A pooling belongs to the unit of the convolution or normalisation before it.
    {.file = "resnet50",
     .config = {.architecture = "resnet50", .head = HeadKind::linear},
     .stages = {{"maxpool", "bn1"}}},
    {.file = "vgg16",
     .config = {.architecture = "vgg16", .head = HeadKind::linear},
     .stages = {{"features.4", "features.2"},
                {"features.16", "features.14"},
                {"features.30", "features.28"}}},
    {.file = "inception_v3",
     .config = {.architecture = "inception_v3", .head = HeadKind::linear},
     .stages = {{"maxpool1", "Conv2d_2b_3x3"}}},
    // torchvision's last ReLU works in place, so the file's "features" are what it leaves.
    {.file = "densenet121",
     .config = {.architecture = "densenet121", .head = HeadKind::linear},
     .stages = {{"features.pool0", "features.norm0"}}},
};

json state_list(const GoldenCase& golden_case, const json& golden) {
  if (golden_case.state_file.empty()) return golden.at("state");
  return testing::read_golden_model(golden_case.state_file).at("state");
}

/// The network with the file's weights, in evaluation mode.
std::shared_ptr<Network> golden_network(const GoldenCase& golden_case, const json& golden) {
  auto network = make_network(golden_case.config);
  EXPECT_EQ(
      testing::fill_formula(*network, golden, state_list(golden_case, golden), golden_case.rename),
      golden.at("weights").at("state_crc32").get<std::uint32_t>());
  network->eval();
  return network;
}

/// Runs a network part by part and keeps what each part put out: under a unit's name, under the
/// names of the stages that the unit ends, and under the names of the head's layers.
std::map<std::string, torch::Tensor> run_stages(Network& network, torch::Tensor x) {
  std::map<std::string, torch::Tensor> seen;
  for (int64_t i = 0; i < network.unit_count(); ++i) {
    x = network.forward_units(x, i, i + 1);
    const std::string& name = network.unit_name(i);
    for (size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) {
      seen[name.substr(0, dot)] = x;
    }
    seen[name] = x;
  }
  x = network.pool(x);
  seen["logits"] = network.classify(x);
  if (const auto* layers = network.head().as<torch::nn::Sequential>()) {
    size_t index = 0;
    for (auto layer : *layers) {
      x = layer.forward(x);
      seen[network.head_name() + "." + std::to_string(index++)] = x;
    }
  }
  return seen;
}

/// Statistics and samples of a stage against the file's, all relative to the stage's L2 norm.
void expect_stage(const json& want, const torch::Tensor& got, double tolerance) {
  const torch::Tensor flat = got.to(torch::kFloat64).flatten();
  const double norm = want.at("l2");
  const double rms = norm / std::sqrt(static_cast<double>(flat.numel()));
  EXPECT_EQ(got.sizes().vec(), want.at("shape").get<std::vector<int64_t>>());
  EXPECT_NEAR(flat.norm().item<double>() / norm, 1.0, tolerance);
  EXPECT_NEAR(flat.mean().item<double>(), want.at("mean").get<double>(), tolerance * rms);
  EXPECT_NEAR(flat.std(false).item<double>(), want.at("std").get<double>(), tolerance * rms);
  const torch::Tensor samples = testing::to_tensor(want.at("sample"));
  const auto index = torch::tensor(want.at("sample_index").get<std::vector<int64_t>>());
  const double off = (flat.index_select(0, index) - samples).norm().item<double>();
  EXPECT_LE(off / samples.norm().item<double>(), tolerance);
}

double relative_error(const torch::Tensor& logits, const json& want) {
  const torch::Tensor reference = testing::to_tensor(want);
  const torch::Tensor got = logits.to(torch::kFloat64).flatten();
  return ((got - reference).abs().max() / reference.abs().max()).item<double>();
}

class NetworkGoldenTest : public ::testing::TestWithParam<GoldenCase> {
 protected:
  const json golden_ = testing::read_golden_model(GetParam().file);
};

TEST_P(NetworkGoldenTest, StateHasTheReferenceNamesShapesAndCounts) {
  const auto network = make_network(GetParam().config);
  const auto ours = state_of(*network);
  const json state = state_list(GetParam(), golden_);
  std::set<std::string> names;
  for (const json& entry : state) {
    const std::string name = GetParam().rename(entry.at(0));
    ASSERT_TRUE(ours.count(name)) << name;
    EXPECT_EQ(ours.at(name).sizes().vec(), entry.at(1).get<std::vector<int64_t>>()) << name;
    names.insert(name);
  }
  EXPECT_EQ(names.size(), ours.size());

  int64_t parameters = 0;
  for (const auto& parameter : network->parameters()) parameters += parameter.numel();
  int64_t statistics = 0;
  for (const auto& [name, value] : ours) {
    if (name.find(".running_") != std::string::npos) statistics += value.numel();
  }
  EXPECT_EQ(parameters, golden_.at("counts").at("parameters").get<int64_t>());
  EXPECT_EQ(statistics, golden_.at("counts").at("bn_running_statistics").get<int64_t>());
}

TEST_P(NetworkGoldenTest, InputsEqualTheReference) {
  for (const json& input : golden_.at("inputs")) {
    const auto tensor = testing::golden_input(golden_, input.at("name"));
    if (!tensor) continue;
    testing::Crc32 crc;
    crc.update(*tensor);
    EXPECT_EQ(crc.value(), input.at(input.contains("crc32") ? "crc32" : "tensor_crc32"))
        << input.at("name");
  }
}

TEST_P(NetworkGoldenTest, LogitsAndStagesEqualTheReferenceInFloat32) {
  const torch::InferenceMode inference;
  const auto network = golden_network(GetParam(), golden_);
  for (const json& row : golden_.at("forward")) {
    const std::string input = row.at("input");
    const auto x = testing::golden_input(golden_, input);
    if (!x) continue;
    const auto seen = run_stages(*network, *x);
    EXPECT_LE(relative_error(seen.at("logits"), row.at("logits_f32")), GetParam().tolerance)
        << input;
    for (const json& stage : row.at("stages")) {
      const std::string label = stage.at("stage");
      const auto renamed = GetParam().stages.find(label);
      const std::string& name = renamed == GetParam().stages.end() ? label : renamed->second;
      SCOPED_TRACE(input + " " + name);
      expect_stage(stage, seen.at(name), GetParam().tolerance);
    }
  }
}

// Float64 has no fast depthwise convolution: tens of seconds an image. So the strict test takes the
// first input, and all of them when XRAYCLF_THOROUGH is set.
TEST_P(NetworkGoldenTest, LogitsEqualTheReferenceInFloat64) {
  const torch::InferenceMode inference;
  const auto network = golden_network(GetParam(), golden_);
  network->to(torch::kFloat64);
  const bool thorough = std::getenv("XRAYCLF_THOROUGH") != nullptr;
  for (const json& row : golden_.at("forward")) {
    const std::string input = row.at("input");
    const auto x = testing::golden_input(golden_, input);
    if (!x) continue;
    const torch::Tensor logits = network->forward(x->to(torch::kFloat64));
    EXPECT_LE(relative_error(logits, row.at("logits_f64")), 1e-7) << input;
    if (!thorough) break;
  }
}

INSTANTIATE_TEST_SUITE_P(Reference, NetworkGoldenTest, ::testing::ValuesIn(kCases),
                         [](const auto& test) {
                           std::string name;
                           bool upper = true;
                           for (const char c : test.param.file) {
                             if (c != '_') name += upper ? static_cast<char>(std::toupper(c)) : c;
                             upper = c == '_';
                           }
                           return name;
                         });

// The tests above must be able to tell the two flavours apart, in each of their two differences.
TEST(FlavourGoldenTest, AMixUpMovesTheLogitsFarBeyondTheTolerance) {
  const torch::InferenceMode inference;
  const json torchvision = testing::read_golden_model("efficientnet_b4_torchvision");
  const json keras = testing::read_golden_model("efficientnet_b4_keras");
  const auto x = *testing::golden_input(torchvision, "input/0");
  const json want = torchvision.at("forward").at(0).at("logits_f64");

  const auto network = golden_network(kCases[0], torchvision);
  for (const auto& module : network->modules()) {
    if (auto* norm = module->as<torch::nn::BatchNorm2d>()) norm->options.eps(1e-3);
  }
  const torch::Tensor epsilon_only = network->forward(x);
  EXPECT_GT(relative_error(epsilon_only, want), 2e-2);
  EXPECT_LE(
      relative_error(epsilon_only,
                     keras.at("logits_torchvision_graph_with_bn_eps_1e-3_only").at("input/0")),
      5e-5);

  const auto same_padding = golden_network(kCases[1], keras);
  EXPECT_GT(relative_error(same_padding->forward(x), want), 2e-2);
}

}  // namespace
}  // namespace xrayclf
