#include "xrayclf/data/assign_split.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const std::vector<std::string> kClasses{"ill", "well"};

/// Four folds of 20 images, two a patient, both classes alike.
std::vector<Record> four_folds() {
  std::vector<Record> records;
  for (int i = 0; i < 80; ++i) {
    Record record;
    record.path = "images/" + std::to_string(i) + ".png";
    record.sha256 = record.path;
    record.prepared_sha256 = record.path;
    record.label = kClasses[static_cast<std::size_t>(i / 2 % 2)];
    record.patient_id = "patient " + std::to_string(i / 2);
    record.fold = i / 20 + 1;
    records.push_back(record);
  }
  return records;
}

std::map<std::string, int> counts_of(const std::vector<Record>& records) {
  std::map<std::string, int> counts;
  for (const Record& record : records) ++counts[record.split];
  return counts;
}

TEST(AssignSplitByFold, TheFoldAfterTheTestsValidates) {
  std::vector<Record> records = four_folds();
  records[0].fold = 0;
  assign_split_by_fold(records, kClasses, {.test = 4}, 1);
  for (const Record& record : records) {
    const std::map<std::int64_t, std::string> splits{
        {0, ""}, {1, "validation"}, {2, "train"}, {3, "train"}, {4, "test"}};
    EXPECT_EQ(record.split, splits.at(record.fold));
  }
}

TEST(AssignSplitByFold, AShareOfAllOtherPatientsValidates) {
  std::vector<Record> records = four_folds();
  assign_split_by_fold(records, kClasses, {.test = 2, .validation_share = 0.2}, 1);
  EXPECT_EQ(counts_of(records),
            (std::map<std::string, int>{{"train", 48}, {"validation", 12}, {"test", 20}}));
  std::map<std::string, std::set<std::string>> splits_of_patient;
  std::map<std::string, int> validation;
  for (const Record& record : records) {
    EXPECT_EQ(record.split == "test", record.fold == 2);
    splits_of_patient[record.patient_id].insert(record.split);
    if (record.split == "validation") ++validation[record.label];
  }
  for (const auto& [patient, splits] : splits_of_patient) EXPECT_EQ(splits.size(), 1u) << patient;
  EXPECT_EQ(validation, (std::map<std::string, int>{{"ill", 6}, {"well", 6}}));
}

TEST(AssignSplitByFold, RefusesFoldsThatAreNotThereOrContradict) {
  std::vector<Record> records = four_folds();
  const auto assign = [&](const FoldRoles& roles) {
    return [&records, roles] { assign_split_by_fold(records, kClasses, roles, 1); };
  };
  EXPECT_THAT(assign({.test = 5}), ThrowsMessage<DataError>(HasSubstr("no fold 5")));
  EXPECT_THAT(assign({.test = 1, .validation = 1}), ThrowsMessage<ConfigError>(HasSubstr("same")));
  EXPECT_THAT(assign({.test = 1, .validation = 2, .validation_share = 0.1}),
              ThrowsMessage<ConfigError>(HasSubstr("set one")));
  for (Record& record : records) record.fold = 0;
  EXPECT_THAT(assign({.test = 1}), ThrowsMessage<DataError>(HasSubstr("0 folds")));
}

}  // namespace
}  // namespace xrayclf
