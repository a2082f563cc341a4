#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/golden_models.hpp"
#include "xrayclf/model/network.hpp"
#include "xrayclf/training/loss.hpp"
#include "xrayclf/training/opening.hpp"
#include "xrayclf/training/optimizer.hpp"
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

  /// Takes the run's steps from `inputs` of unit `cut` on, in double, and compares losses, first
  /// gradients and weights.
  static void expect_steps(const json& golden, const json& run, double rate, Network& network,
                           const torch::Tensor& inputs, std::int64_t cut, NormMode norms) {
    const auto labels = golden.at("labels").get<std::vector<std::int64_t>>();
    const torch::Tensor weights =
        torch::tensor(golden.at("class_weight").get<std::vector<double>>(), torch::kDouble);
    OptimizerConfig config;
    config.learning_rate = rate;
    config.form = run.at("adam") == "keras" ? AdamForm::keras : AdamForm::torch;
    Optimizer optimizer(network, config);
    LossConfig loss_config;
    loss_config.reduction = run.at("loss") == "keras" ? LossReduction::keras : LossReduction::torch;
    set_training_mode(network, cut, norms, DropConnect::off);
    fold_norms(network, cut);
    const json& numbers = run.at("f64");
    for (std::size_t step = 1; step <= numbers.at("losses").size(); ++step) {
      optimizer.zero_grad();
      const torch::Tensor loss =
          classification_loss(forward_from(network, inputs, cut),
                              one_hot(labels, 3).to(torch::kDouble), weights, loss_config);
      const double value = numbers.at("losses")[step - 1];
      EXPECT_NEAR(loss.item<double>(), value, 1e-7 * std::max(1.0, value)) << "step " << step;
      loss.backward();
      if (step == 1) {
        for (const Optimizer::Slot& slot : optimizer.slots()) {
          const double l2 = numbers.at("grad_l2_step1").at(slot.name);
          EXPECT_NEAR(slot.parameter.grad().norm().item<double>(), l2, 1e-7 * std::max(1.0, l2))
              << slot.name;
        }
      }
      optimizer.step();
      const std::string name = "step" + std::to_string(step);
      if (!numbers.at("after").contains(name)) continue;
      const auto state = state_of(network);
      for (const auto& [key, figures] : numbers.at("after").at(name).items()) {
        expect_close(figures, state.at(key), 1e-7, name + " " + key);
      }
    }
  }

  static torch::Tensor prefix(Network& network, const torch::Tensor& images, std::int64_t cut) {
    const torch::NoGradGuard no_grad;
    torch::Tensor out = network.forward_units(images, 0, cut);
    return cut == network.unit_count() ? network.pool(out) : out;
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
  for (const json& run : expected.at("phase1").at("runs")) {
    SCOPED_TRACE(run.at("loss").get<std::string>() + " loss, " + run.at("adam").get<std::string>() +
                 " Adam");
    const auto network = formula_network(expected);
    network->to(torch::kDouble);
    const Opening opening = open_network(*network, {});
    EXPECT_EQ(opening.cut, network->unit_count());
    EXPECT_EQ(opening.trainable, run.at("trainable_parameters").get<std::int64_t>());
    expect_steps(expected, run, expected.at("phase1").at("lr"), *network,
                 prefix(*network, images, opening.cut), opening.cut, NormMode::inference);
  }
}

TEST_F(TrainingStepGoldenTest, FiveStepsOfTheLastThirtyKerasLayersEqualTheReferenceInDouble) {
  const json expected = golden();
  const torch::Tensor images = batch(expected).to(torch::kDouble);
  for (const json& run : expected.at("phase2").at("runs")) {
    const std::string mode = run.at("opened_backbone_bn");
    SCOPED_TRACE(run.at("loss").get<std::string>() + " loss, " + run.at("adam").get<std::string>() +
                 " Adam, norms in " + mode);
    const auto network = formula_network(expected);
    network->to(torch::kDouble);
    OpenConfig open;
    open.part = OpenPart::last_keras_layers;
    const Opening opening = open_network(*network, open);
    EXPECT_EQ(network->unit_name(opening.cut), "features.7.0");
    EXPECT_EQ(opening.trainable, 5'887'735);
    const bool training = mode.rfind("train mode", 0) == 0;
    for (const auto& module : network->modules()) {
      // The reference moved its statistics as Keras does.
      if (auto* norm = module->as<torch::nn::BatchNorm2dImpl>()) norm->options.momentum(0.01);
    }
    expect_steps(expected, run, expected.at("phase2").at("lr"), *network,
                 prefix(*network, images, opening.cut), opening.cut,
                 training ? NormMode::training : NormMode::inference);
    // The cut falls inside the block: its first convolution stays.
    const auto parameters = network->named_parameters();
    EXPECT_FALSE(parameters["features.7.0.block.0.0.weight"].requires_grad());
    EXPECT_TRUE(parameters["features.7.0.block.0.1.weight"].requires_grad());
  }
}

}  // namespace
}  // namespace xrayclf
