#include "xrayclf/metrics/bootstrap.hpp"

#include <gtest/gtest.h>

#include <map>
#include <numeric>

#include "support/golden_metrics.hpp"
#include "xrayclf/metrics/classification_report.hpp"
#include "xrayclf/metrics/multiclass.hpp"

namespace xrayclf {
namespace {

using test::expect_number;

/// The bootstrap section of golden/metrics/intervals.json, with its statistics from counts.
class GoldenBootstrap {
 public:
  explicit GoldenBootstrap(const nlohmann::json& section)
      : truth_(section.at("labels").get<std::vector<std::int64_t>>()),
        classes_(static_cast<std::int64_t>(section.at("probabilities").at(0).size())) {
    for (const auto& row : section.at("probabilities")) {
      for (const auto& p : row) values_.push_back(p.get<double>());
    }
  }

  std::map<std::string, double> statistics(std::span<const std::int64_t> counts) const {
    const ProbabilityMatrix matrix{values_, classes_};
    ConfusionMatrix confusion(classes_);
    for (std::size_t i = 0; i < truth_.size(); ++i) {
      confusion.add(truth_[i], arg_max(matrix.row(static_cast<std::int64_t>(i))), counts[i]);
    }
    const MulticlassAuroc auroc = MulticlassRanking(truth_, matrix).areas(counts).auroc;
    double macro = 0;  // undefined as soon as one class is
    for (const double value : auroc.per_class) macro += value / static_cast<double>(classes_);
    return {{"accuracy", confusion.accuracy()},
            {"macro_f1", classification_report(confusion).macro.f1},
            {"macro_auc", macro}};
  }
  std::size_t size() const { return truth_.size(); }

 private:
  std::vector<std::int64_t> truth_;
  std::int64_t classes_;
  std::vector<double> values_;
};

void expect_draws(const GoldenBootstrap& golden, const SampleGroups& groups,
                  const nlohmann::json& draws, const nlohmann::json& expected, double tolerance) {
  std::map<std::string, std::vector<double>> values;
  for (const auto& draw : draws) {
    const auto counts = sample_counts(groups, draw.get<std::vector<std::int64_t>>());
    for (const auto& [name, value] : golden.statistics(counts)) values[name].push_back(value);
  }
  for (const auto& [name, of_name] : values) {
    SCOPED_TRACE(name);
    const auto& reference = expected.at(name);
    test::expect_numbers(of_name, reference.at("draws"), tolerance);
    const BootstrapSummary summary = summarise_draws(of_name);
    EXPECT_EQ(summary.undefined, reference.at("undefined_draws"));
    expect_number(summary.mean, reference.at("mean"), tolerance);
    expect_number(summary.error, reference.at("se"), tolerance);
    for (const auto& [level, key] : {std::pair{0.95, "ci95"}, {0.90, "ci90"}}) {
      expect_number(summary.interval(level).low, reference.at(key).at(0), tolerance);
      expect_number(summary.interval(level).high, reference.at(key).at(1), tolerance);
    }
  }
}

TEST(BootstrapGoldenTest, GivenResamplesGiveTheReferenceIntervals) {
  for (const nlohmann::json& file : test::golden_metrics("intervals.json")) {
    const auto& section = file.at("bootstrap");
    const double tolerance = section.at("tolerance");
    const GoldenBootstrap golden(section);
    const std::vector<std::int64_t> once(golden.size(), 1);
    for (const auto& [name, value] : golden.statistics(once)) {
      expect_number(value, section.at("point").at(name), tolerance);
    }
    const auto& by_image = section.at("image_level");
    expect_draws(golden, singleton_groups(golden.size()), by_image.at("indices"), by_image,
                 tolerance);
    SampleGroups patients;
    patients.of_sample = section.at("patients").get<std::vector<std::int64_t>>();
    patients.count = 1 + *std::max_element(patients.of_sample.begin(), patients.of_sample.end());
    const auto& by_patient = section.at("patient_level");
    expect_draws(golden, patients, by_patient.at("patient_draws"), by_patient, tolerance);
  }
}

/// The mean of 0 ... n-1 in a resample, and the size of the resample.
std::vector<double> mean_and_size(std::span<const std::int64_t> counts) {
  double sum = 0, size = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    sum += static_cast<double>(counts[i]) * static_cast<double>(i);
    size += static_cast<double>(counts[i]);
  }
  return {sum / size, size};
}

TEST(BootstrapTest, IsAFunctionOfTheSeedAndNotOfTheWorkers) {
  const SampleGroups groups = singleton_groups(50);
  const auto one = bootstrap(groups, 100, 5, 1, mean_and_size);
  EXPECT_EQ(one, bootstrap(groups, 100, 5, 7, mean_and_size));
  EXPECT_NE(one, bootstrap(groups, 100, 6, 1, mean_and_size));
  EXPECT_EQ(one[1], std::vector<double>(100, 50.0));
}

TEST(BootstrapTest, FindsTheErrorOfAMean) {
  const auto draws = bootstrap(singleton_groups(400), 4000, 1, 0, mean_and_size);
  const double error = summarise_draws(draws[0]).error;
  EXPECT_NEAR(error, std::sqrt((400.0 * 400.0 - 1) / 12 / 400), 0.05 * error);
}

TEST(BootstrapTest, PatientsAreDrawnWhole) {
  const std::vector<std::string> names{"a", "b", "a", "", "", "b", "a"};
  const SampleGroups groups = groups_by_name(names);
  EXPECT_EQ(groups.count, 4);
  EXPECT_FALSE(groups.singletons());
  bootstrap(groups, 50, 1, 1, [](std::span<const std::int64_t> counts) {
    EXPECT_EQ(counts[0], counts[2]);
    EXPECT_EQ(counts[0], counts[6]);
    EXPECT_EQ(counts[1], counts[5]);
    EXPECT_EQ(counts[0] + counts[1] + counts[3] + counts[4], 4);
    return std::vector<double>{};
  });
}

}  // namespace
}  // namespace xrayclf
