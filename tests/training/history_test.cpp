#include "xrayclf/training/history.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"
#include "xrayclf/core/csv.hpp"
#include "xrayclf/core/json_file.hpp"

namespace xrayclf {
namespace {

TEST(HistoryTest, OnlyStrictImprovementCountsAndNanNeverDoes) {
  const double nan = std::nan("");
  EXPECT_TRUE(improves(0.8, 0.7, Monitor::val_accuracy));
  EXPECT_FALSE(improves(0.7, 0.7, Monitor::val_accuracy));
  EXPECT_TRUE(improves(0.3, 0.4, Monitor::val_loss));
  EXPECT_FALSE(improves(0.4, 0.3, Monitor::val_loss));
  EXPECT_TRUE(improves(0.1, nan, Monitor::val_auroc));
  EXPECT_FALSE(improves(nan, 0.1, Monitor::val_auroc));
  EXPECT_FALSE(improves(nan, nan, Monitor::val_loss));
}

TEST(HistoryTest, CsvAndJsonHoldTheSameFiguresAndUndefinedOnesAreEmpty) {
  const testing_support::TemporaryDirectory directory;
  EpochRecord record;
  record.epoch = 1;
  record.train = {0.5, 0.75, 0.9};
  record.validation = {0.6, 0.7, std::nan("")};
  write_history(directory.path(), {record});
  const auto csv = read_csv(directory / "history.csv");
  EXPECT_EQ(csv.rows[0][csv.require("val_accuracy")], "0.7");
  EXPECT_EQ(csv.rows[0][csv.require("val_auroc")], "");
  const auto json = read_json_file(directory / "history.json");
  EXPECT_EQ(json[0]["val_accuracy"], 0.7);
  EXPECT_TRUE(json[0]["val_auroc"].is_null());
}

}  // namespace
}  // namespace xrayclf
