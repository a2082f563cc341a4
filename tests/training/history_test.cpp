#include "xrayclf/training/history.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"
#include "xrayclf/core/csv.hpp"
#include "xrayclf/core/json_file.hpp"

namespace xrayclf {
namespace {

TEST(HistoryTest, ARecordComesBackFromJsonBitForBit) {
  EpochRecord record;
  record.epoch = 3;
  record.phase = 2;
  record.train = {0.1 + 0.2, 1.0 / 3, std::nan("")};
  record.learning_rate = 1e-7;
  const EpochRecord back = epoch_record_from_json(nlohmann::json::parse(to_json(record).dump()));
  EXPECT_EQ(back.epoch, 3);
  EXPECT_EQ(back.phase, 2);
  EXPECT_EQ(back.train.loss, 0.1 + 0.2);
  EXPECT_EQ(back.train.accuracy, 1.0 / 3);
  EXPECT_TRUE(std::isnan(back.train.auroc));
  EXPECT_EQ(back.learning_rate, 1e-7);
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
