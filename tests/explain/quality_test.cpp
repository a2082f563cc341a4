#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "support/tiny_network.hpp"
#include "xrayclf/explain/quality.hpp"
#include "xrayclf/explain/quality_summary.hpp"
#include "xrayclf/explain/randomisation.hpp"
#include "xrayclf/image/preprocess.hpp"

namespace xrayclf {
namespace {

constexpr int kSide = 96;

std::shared_ptr<Network> linear_network() {
  auto out = testing::tiny_network(3, HeadKind::linear);
  // Probabilities far from a third, as a trained head gives them.
  torch::nn::init::uniform_(out->head().parameters().front(), -0.57, 0.57);
  testing::calibrate(*out);
  out->eval();
  return out;
}

/// Heat on one square.
cv::Mat square_heat(cv::Rect where) {
  cv::Mat heat(kSide, kSide, CV_32FC1, cv::Scalar(0));
  heat(where).setTo(1);
  return heat;
}

TEST(QualityTest, TheAreaUnderACurveIsTheTrapezoidsOverAllShares) {
  EXPECT_NEAR(PerturbationCurve({{0, 0.5, 1}}).area(), 0.5, 1e-12);
  EXPECT_NEAR(PerturbationCurve({{1, 0, 0, 0, 0}}).area(), 0.125, 1e-12);
}

TEST(QualityTest, TheOrderIsHottestFirstAndTiesHaveNoPlaceOfTheirOwn) {
  const cv::Mat order = heat_order(square_heat({10, 20, 8, 4}), 7);
  double high = 0;
  cv::minMaxLoc(order(cv::Rect(10, 20, 8, 4)), nullptr, &high);
  EXPECT_EQ(high, 31);
  // Of the tied rest, the top half of the image holds about half of the first places.
  const cv::Mat early = order < kSide * kSide / 4;
  EXPECT_NEAR(cv::countNonZero(early.rowRange(0, kSide / 2)), kSide * kSide / 8, 200);
  EXPECT_GT(cv::norm(order, heat_order(square_heat({10, 20, 8, 4}), 8), cv::NORM_INF), 0);
}

TEST(QualityTest, EnergyIsTheShareOfPositiveHeat) {
  cv::Mat heat = square_heat({0, 0, 10, 10});
  heat(cv::Rect(50, 50, 10, 10)).setTo(3);
  heat(cv::Rect(70, 70, 10, 10)).setTo(-9);
  cv::Mat mask(kSide, kSide, CV_8UC1, cv::Scalar(0));
  mask(cv::Rect(0, 0, 20, 20)).setTo(255);
  EXPECT_NEAR(energy_share(heat, mask), 0.25, 1e-6);
  EXPECT_TRUE(std::isnan(energy_share(square_heat({}), mask)));
}

TEST(QualityTest, CorrelationsKnowEqualOppositeAndFlatMaps) {
  cv::Mat a(8, 8, CV_32FC1);
  cv::randu(a, 0, 1);
  cv::Mat cubed = a.mul(a).mul(a);
  EXPECT_NEAR(map_correlation(a, a * 3 + 1), 1, 1e-6);
  EXPECT_NEAR(map_correlation(a, -a), -1, 1e-6);
  EXPECT_LT(map_correlation(a, cubed), 0.99);
  EXPECT_NEAR(rank_correlation(a, cubed), 1, 1e-6) << "the order is the same";
  EXPECT_TRUE(std::isnan(map_correlation(a, cv::Mat(8, 8, CV_32FC1, cv::Scalar(2)))));
}

/// What a map is measured on.
struct Rig {
  std::shared_ptr<Network> net = linear_network();
  ExplainConfig config;
  cv::Mat film{kSide, kSide, CV_8UC1};
  InputSpec input;

  Rig() {
    config.passes = 200;
    film = testing::tiny_image(1, kSide);
  }
};

TEST(QualityTest, OcclusionsOwnMapIsBetterThanItsOpposite) {
  Rig rig;
  rig.config.method = CamMethod::occlusion;
  rig.config.score = CamScore::probability;
  rig.config.occlusion = {24, 12};
  const Explainer explainer(rig.net, rig.config);
  const Look look = explainer.look(to_input({rig.film}, rig.input));
  const std::int64_t cls = look.probabilities().argmax(1).item<std::int64_t>();
  const cv::Mat heat = explainer.maps(look, {cls})[0].heat;
  const cv::Mat opposite = 1.0 - heat;
  QualityConfig config;
  config.steps = 8;
  const MapQuality good = measure_quality(explainer, config, rig.film, rig.input, cls, heat);
  const MapQuality bad = measure_quality(explainer, config, rig.film, rig.input, cls, opposite);
  EXPECT_LT(good.deletion.area(), bad.deletion.area());
  EXPECT_EQ(good.deletion.probability.size(), 9U);
  EXPECT_NEAR(good.deletion.probability.front(), good.insertion.probability.back(), 1e-6)
      << "both are the film itself";
  EXPECT_NEAR(good.insertion.probability.front(), bad.insertion.probability.front(), 1e-6);
  EXPECT_NEAR(good.road, -bad.road, 0.15) << "hottest and coldest have changed places";
  EXPECT_EQ(good.road_hottest.size(), kRoadShares.size());
  EXPECT_NEAR(good.border_area, 1 - std::pow((kSide - 16.0) / kSide, 2), 1e-9);
  const MapQuality again = measure_quality(explainer, config, rig.film, rig.input, cls, heat);
  EXPECT_EQ(good.road, again.road) << "a function of the seed";
}

TEST(QualityTest, StabilityComparesShiftedMapsInTheFilmsPlace) {
  Rig rig;
  // Occlusion in steps of the shift follows a shifted film exactly, but for what enters at the
  // edge.
  rig.config.method = CamMethod::occlusion;
  rig.config.occlusion = {24, 8};
  const Explainer explainer(rig.net, rig.config);
  const cv::Mat heat = explainer.maps(explainer.look(to_input({rig.film}, rig.input)), {0})[0].heat;
  QualityConfig config;
  config.steps = 2;
  config.shift = 8;
  const MapQuality follows = measure_quality(explainer, config, rig.film, rig.input, 0, heat);
  cv::Mat turned;
  cv::rotate(heat, turned, cv::ROTATE_180);
  const MapQuality astray = measure_quality(explainer, config, rig.film, rig.input, 0, turned);
  EXPECT_LE(follows.stability, 1);
  EXPECT_GT(follows.stability, astray.stability);
}

TEST(QualityTest, RandomisedWeightsChangeTheMapAndLeaveTheNetworkAlone) {
  Rig rig;
  const Explainer explainer(rig.net, rig.config);
  const torch::Tensor input = to_input({rig.film, testing::tiny_image(2, kSide)}, rig.input);
  const torch::Tensor before = explainer.probabilities(input);
  const RandomisationCascade cascade = randomise_weights(explainer, input, {0, 1}, torch::kCPU);
  EXPECT_TRUE(torch::equal(before, explainer.probabilities(input)));
  ASSERT_GE(cascade.stages.size(), 4U);
  EXPECT_EQ(cascade.stages.front(), "head");
  EXPECT_EQ(cascade.stages[1], "features.8");
  EXPECT_EQ(cascade.stages.back(), "features.0");
  for (const auto& stage : cascade.similarity) {
    ASSERT_EQ(stage.size(), 2U);
    for (const double s : stage) EXPECT_TRUE(std::isnan(s) || s < 0.999);
  }
  const RandomisationCascade again = randomise_weights(explainer, input, {0, 1}, torch::kCPU);
  for (std::size_t i = 0; i < 2; ++i) {  // NaN, of a flat map, is no number's equal
    const double first = cascade.similarity.front()[i];
    const double second = again.similarity.front()[i];
    EXPECT_TRUE(first == second || (std::isnan(first) && std::isnan(second)));
  }
}

MapQuality figures(double insertion, double border) {
  MapQuality q;
  q.insertion.probability = {0, insertion};
  q.insertion_random.probability = {0, 0.5};
  q.deletion = q.deletion_random = q.insertion_random;
  q.road_hottest = q.road_coldest = std::vector<double>(kRoadShares.size(), 0.5);
  q.border_energy = border;
  q.border_area = 0.3;
  q.outside_lung_energy = 0.2;
  q.outside_lung_area = 0.5;
  q.stability = 0.9;
  q.lungs_found = true;
  return q;
}

const QualityFinding& finding(const QualitySummary& summary, const std::string& name) {
  for (const QualityFinding& f : summary.findings) {
    if (f.name == name) return f;
  }
  throw std::logic_error("no finding " + name);
}

TEST(QualitySummaryTest, BadFiguresAreCalledBadAndSayWhatThatMeans) {
  const QualitySummary good = summarise_quality({figures(0.9, 0.1), figures(0.8, 0.2)}, {});
  EXPECT_FALSE(finding(good, "insertion").bad);
  EXPECT_FALSE(finding(good, "border_energy").bad);
  EXPECT_FALSE(finding(good, "stability").bad);
  EXPECT_TRUE(finding(good, "road").bad) << "no difference is bad";
  EXPECT_NEAR(finding(good, "insertion").mean, 0.425, 1e-9);
  const QualitySummary bad =
      summarise_quality({figures(0.2, 0.6)}, {{"head", "x"}, {{0.2}, {0.9}}});
  EXPECT_TRUE(finding(bad, "insertion").bad);
  EXPECT_TRUE(finding(bad, "border_energy").bad);
  EXPECT_TRUE(finding(bad, "randomised_similarity").bad);
  const std::string text = quality_text(bad);
  EXPECT_THAT(text, ::testing::HasSubstr("BAD, the network looks at the border"));
  EXPECT_EQ(quality_json(bad)["findings"].size(), 7U);
  EXPECT_EQ(quality_json(bad)["curves"]["randomised_weights"]["stages"][1], "x");
}

TEST(QualitySummaryTest, NothingMeasuredIsNoVerdict) {
  const QualitySummary none = summarise_quality({}, {});
  EXPECT_EQ(quality_json(none)["findings"][0]["verdict"], "not measured");
  EXPECT_TRUE(quality_json(none)["findings"][0]["mean"].is_null());
}

}  // namespace
}  // namespace xrayclf
