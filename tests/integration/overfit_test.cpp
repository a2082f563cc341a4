#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include "support/train_head.hpp"
#include "xrayclf/image/phantom.hpp"
#include "xrayclf/image/preprocess.hpp"
#include "xrayclf/inference/features.hpp"
#include "xrayclf/model/architecture.hpp"

namespace xrayclf {
namespace {

TEST(OverfitIntegrationTest, EightImagesAreLearntByHeart) {
  torch::manual_seed(1);
  NetworkConfig config;
  config.architecture = "efficientnet_lite0";
  config.flavour = Flavour::tf;
  config.dropout = {0, 0, 0};
  const auto network = make_network(config);
  network->eval();
  const std::int64_t cut = network->unit_count();
  PreprocessConfig preprocessing;
  preprocessing.image_size = 96;
  const Preprocessor prepare(preprocessing);
  const std::vector<std::int64_t> targets = {0, 1, 2, 0, 1, 2, 0, 1};
  const auto image = [&](std::int64_t i) {
    PhantomParameters film;
    film.patient = i;
    film.finding = static_cast<Finding>(targets[static_cast<std::size_t>(i)]);
    film.width = film.height = 128;
    return prepare(draw_phantom(film));
  };
  auto rows =
      prefix_outputs(*network, cut, find_architecture(config.architecture).input, 8, image, {});
  // A random backbone answers every film with almost the same features; what differs is enough.
  rows = (rows - rows.mean(0)) / (rows.std(0) + 1e-12);
  ASSERT_EQ(rows.sizes(), (std::vector<std::int64_t>{8, network->feature_channels()}));
  CachedExamples train(rows, targets);
  CachedExamples validation(rows, targets);
  testing::HeadTraining training;
  training.phase.epochs = 60;
  const auto history = testing::train_head(*network, train, validation, training);
  EXPECT_EQ(history.back().train.accuracy, 1.0);
  EXPECT_LT(history.back().train.loss, 0.05);
}

}  // namespace
}  // namespace xrayclf
