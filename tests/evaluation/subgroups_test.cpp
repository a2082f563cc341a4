#include "xrayclf/evaluation/subgroups.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/golden_evaluation.hpp"
#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ReportConfig quick() {
  ReportConfig config;
  config.bootstrap_samples = 50;
  return config;
}

Predictions with_column(const std::string& column, const std::vector<std::string>& cells) {
  std::vector<std::int64_t> truth;
  std::vector<std::vector<double>> values;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    truth.push_back(static_cast<std::int64_t>(i % 2));
    // The first half is right.
    const bool right = i < cells.size() / 2;
    values.push_back((truth.back() == 0) == right ? std::vector{0.8, 0.2} : std::vector{0.3, 0.7});
  }
  Predictions out = test::make_predictions(truth, values);
  out.metadata[column] = cells;
  return out;
}

std::vector<std::string> values_of(const Predictions& predictions, const std::string& column) {
  std::vector<std::string> out;
  const std::vector<SubgroupColumn> columns = subgroups(predictions, {column}, quick());
  for (const Subgroup& group : columns.at(0).groups) {
    out.push_back(group.value);
  }
  return out;
}

TEST(SubgroupsTest, EveryValueHasItsReportWithCounts) {
  const Predictions predictions = with_column("sex", {"F", "F", "M", "", "M", "F", "", "M"});
  const auto columns = subgroups(predictions, {"sex"}, quick());
  const auto& groups = columns.at(0).groups;
  ASSERT_EQ(groups.size(), 3u);
  EXPECT_THAT(values_of(predictions, "sex"), ElementsAre("F", "M", "(none)"));
  EXPECT_EQ(groups[0].report.samples, 3);  // images 0, 1 right, 5 wrong
  EXPECT_NEAR(*find_figure(groups[0].report.metrics, "accuracy").value, 2.0 / 3, 1e-15);
  EXPECT_EQ(groups[1].report.samples, 3);  // image 2 right, 4, 7 wrong
  EXPECT_NEAR(*find_figure(groups[1].report.metrics, "accuracy").value, 1.0 / 3, 1e-15);
  const auto json = subgroups_json(columns);
  EXPECT_EQ(json.at("sex").at(0).at("per_class").at("class 1").at("support"), 2);
  EXPECT_TRUE(json.at("sex").at(0).at("metrics").at("accuracy").at("low").is_number());
  EXPECT_THAT(subgroups_text(columns), HasSubstr("Subgroups by sex"));
}

TEST(SubgroupsTest, AClassThatAGroupLacksIsUndefinedThereAndNotZero) {
  const auto columns = subgroups(with_column("view", {"AP", "PA", "AP", "PA"}), {"view"}, quick());
  const Figure& absent = find_figure(columns.at(0).groups.at(0).report.per_class[1], "sensitivity");
  EXPECT_FALSE(absent.value);
  EXPECT_THAT(absent.reason, HasSubstr("no sample is of class"));
  EXPECT_TRUE(
      subgroups_json(columns)["view"][0]["per_class"]["class 1"]["auroc"]["value"].is_null());
  EXPECT_THAT(subgroups_text(columns), HasSubstr("mean over the classes that occur"));
}

TEST(SubgroupsTest, FewNumbersAreSortedBySizeAndManyAreCutAtQuartiles) {
  EXPECT_THAT(values_of(with_column("fold", {"10", "9", "10", "2"}), "fold"),
              ElementsAre("2", "9", "10"));
  std::vector<std::string> ages;
  for (int i = 0; i < 20; ++i) ages.push_back(std::to_string(20 + i));
  ages[3] = "";
  // 19 ages; quartiles 25.5, 30, 34.5
  EXPECT_THAT(values_of(with_column("age", ages), "age"),
              ElementsAre("< 25.5", "25.5 to < 30", "30 to < 34.5", ">= 34.5", "(none)"));
  std::vector<std::string> mostly_zero(40, "0");
  for (int i = 0; i < 9; ++i) mostly_zero[static_cast<std::size_t>(i)] = std::to_string(i + 1);
  EXPECT_THAT(values_of(with_column("dose", mostly_zero), "dose"), ElementsAre("< 1", ">= 1"));
}

TEST(SubgroupsTest, ColumnsThatAreNotThereOrNameImagesAreRefused) {
  std::vector<std::string> names;
  for (int i = 0; i < 60; ++i) names.push_back("scan " + std::to_string(i));
  const auto refusal = [&](const std::string& column) {
    try {
      subgroups(with_column("scanner", names), {column}, quick());
    } catch (const DataError& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_THAT(refusal("scaner"), HasSubstr("did you mean 'scanner'"));
  EXPECT_THAT(refusal("scanner"), HasSubstr("60 different values"));
}

}  // namespace
}  // namespace xrayclf
