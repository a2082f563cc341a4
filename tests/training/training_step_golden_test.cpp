#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/golden_models.hpp"
#include "xrayclf/model/network.hpp"
#include "xrayclf/training/adam.hpp"
#include "xrayclf/training/loss.hpp"
#include "xrayclf/training/trainer.hpp"

namespace xrayclf {
namespace {

using nlohmann::json;

/// Five steps of Adam on one batch, as PyTorch 2.13 and a hand-written Keras Adam took them.
class TrainingStepGoldenTest : public ::testing::Test {
 protected:
  static json golden() { return testing::read_golden_model("training_step"); }

  static std::shared_ptr<Network> formula_network(const json& golden) {
    NetworkConfig config;
    config.dropout = {0, 0, 0};
    config.stochastic_depth = 0;
    auto network = make_network(config);
    EXPECT_EQ(testing::fill_formula(*network, golden, golden.at("state")),
              golden.at("weights").at("state_crc32").get<std::uint32_t>());
    return network;
  }

  static torch::Tensor batch(const json& golden) {
    std::vector<torch::Tensor> images;
    for (const json& input : golden.at("inputs")) {
      images.push_back(*testing::golden_input(golden, input.at("name")));
    }
    return torch::cat(images);
  }

  static void expect_close(const json& expected, const torch::Tensor& actual, double tolerance,
                           const std::string& what) {
    const torch::Tensor flat = actual.detach().to(torch::kDouble).flatten();
    const double l2 = expected.at("l2");
    EXPECT_NEAR(flat.norm().item<double>(), l2, tolerance * std::max(1.0, l2)) << what;
    for (std::size_t i = 0; i < expected.at("index").size(); ++i) {
      const double value = expected.at("value")[i];
      EXPECT_NEAR(flat[expected.at("index")[i].get<std::int64_t>()].item<double>(), value,
                  tolerance * std::max(1.0, std::abs(value)))
          << what;
    }
  }
};

TEST_F(TrainingStepGoldenTest, FiveStepsOfTheHeadEqualBothLossesAndBothFormsOfAdamInDouble) {
  const json expected = golden();
  const torch::Tensor images = batch(expected).to(torch::kDouble);
  const auto labels = expected.at("labels").get<std::vector<std::int64_t>>();
  const auto weights = expected.at("class_weight").get<std::vector<double>>();
  for (const json& run : expected.at("phase1").at("runs")) {
    SCOPED_TRACE(run.at("loss").get<std::string>() + " loss, " + run.at("adam").get<std::string>() +
                 " Adam");
    const auto network = formula_network(expected);
    network->to(torch::kDouble);
    const std::int64_t cut = network->unit_count();
    freeze_prefix(*network, cut);
    torch::Tensor features;
    {
      const torch::NoGradGuard no_grad;
      features = network->pool(network->forward_units(images, 0, cut));
    }
    OptimizerConfig config;
    config.learning_rate = expected.at("phase1").at("lr");
    config.form = run.at("adam") == "keras" ? AdamForm::keras : AdamForm::torch;
    Adam optimizer(network->named_parameters(), config);
    std::int64_t trainable = 0;
    for (const Adam::Slot& slot : optimizer.slots()) trainable += slot.parameter.numel();
    EXPECT_EQ(trainable, run.at("trainable_parameters").get<std::int64_t>());

    network->head().train();
    const json& numbers = run.at("f64");
    for (std::size_t step = 1; step <= numbers.at("losses").size(); ++step) {
      optimizer.zero_grad();
      const torch::Tensor loss = weighted_cross_entropy(
          forward_from(*network, features, cut), torch::tensor(labels),
          torch::tensor(weights, torch::kDouble),
          run.at("loss") == "keras" ? LossReduction::keras : LossReduction::torch);
      const double value = numbers.at("losses")[step - 1];
      EXPECT_NEAR(loss.item<double>(), value, 1e-7 * std::max(1.0, value)) << "step " << step;
      loss.backward();
      if (step == 1) {
        for (const Adam::Slot& slot : optimizer.slots()) {
          const double l2 = numbers.at("grad_l2_step1").at(slot.name);
          EXPECT_NEAR(slot.parameter.grad().norm().item<double>(), l2, 1e-7 * std::max(1.0, l2))
              << slot.name;
        }
      }
      optimizer.step();
      const std::string name = "step" + std::to_string(step);
      if (!numbers.at("after").contains(name)) continue;
      const auto state = state_of(*network);
      for (const auto& [key, figures] : numbers.at("after").at(name).items()) {
        expect_close(figures, state.at(key), 1e-7, name + " " + key);
      }
    }
  }
}

}  // namespace
}  // namespace xrayclf
