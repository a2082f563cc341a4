#include "xrayclf/inference/prediction.hpp"

#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "xrayclf/core/csv.hpp"

namespace xrayclf {
namespace {

const Prediction kGood{"a,b.png", {0.25, 0.75}, ""};
const Prediction kBad{"c\xff.png", {}, "c: truncated"};

std::string written(PredictionFormat format) {
  std::ostringstream out;
  PredictionWriter writer(out, format, {"Normal", "COVID-19"});
  writer.write(kGood);
  writer.write(kBad);
  return out.str();
}

TEST(PredictionTest, TheLargestProbabilityWinsAndAmongEqualsTheFirst) {
  EXPECT_EQ(kGood.predicted(), 1);
  EXPECT_EQ((Prediction{"", {0.5, 0.5}, ""}.predicted()), 0);
}

TEST(PredictionTest, JsonLinesAreOneObjectAnImage) {
  std::istringstream lines(written(PredictionFormat::jsonl));
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(nlohmann::json::parse(line),
            nlohmann::json::parse(R"({"path": "a,b.png", "predicted": "COVID-19",
                                      "probabilities": {"Normal": 0.25, "COVID-19": 0.75}})"));
  std::getline(lines, line);
  const auto bad = nlohmann::json::parse(line);
  EXPECT_EQ(bad["error"], "c: truncated");
  EXPECT_EQ(bad["path_hex"], "63ff2e706e67");
  EXPECT_FALSE(bad.contains("predicted"));
}

TEST(PredictionTest, CsvHasAHeaderAndReadsBack) {
  const auto table = parse_csv(written(PredictionFormat::csv), "t");
  EXPECT_EQ(table.columns, (std::vector<std::string>{"path", "predicted", "prob_Normal",
                                                     "prob_COVID-19", "error"}));
  EXPECT_EQ(table.rows[0], (std::vector<std::string>{"a,b.png", "COVID-19", "0.25", "0.75", ""}));
  EXPECT_EQ(table.rows[1], (std::vector<std::string>{"c\xff.png", "", "", "", "c: truncated"}));
}

TEST(PredictionTest, TextIsForPeople) {
  EXPECT_EQ(
      written(PredictionFormat::text),
      "a,b.png: COVID-19 (Normal 0.2500, COVID-19 0.7500)\nc\\xFF.png: FAILED: c: truncated\n");
}

}  // namespace
}  // namespace xrayclf
