#include "xrayclf/data/split.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "xrayclf/core/random.hpp"

namespace xrayclf {
namespace {

const std::vector<double> kUsual{0.7, 0.15, 0.15};

using Counts = std::vector<std::vector<std::int64_t>>;  // [part][class]

Counts counts_of(const std::vector<SplitItem>& items, const std::vector<std::int64_t>& parts,
                 std::size_t part_count, std::size_t classes) {
  Counts counts(part_count, std::vector<std::int64_t>(classes, 0));
  for (std::size_t i = 0; i < items.size(); ++i) {
    ++counts[static_cast<std::size_t>(parts[i])][static_cast<std::size_t>(items[i].label)];
  }
  return counts;
}

std::vector<SplitItem> images_alone(const std::vector<std::int64_t>& class_counts) {
  std::vector<SplitItem> items;
  for (std::size_t c = 0; c < class_counts.size(); ++c) {
    for (std::int64_t i = 0; i < class_counts[c]; ++i) {
      items.push_back({static_cast<std::int64_t>(c), "i" + std::to_string(items.size())});
    }
  }
  return items;
}

/// Patients of 1 to 5 images, mostly of one class each.
std::vector<SplitItem> patients(Random& random, std::int64_t count, std::int64_t classes) {
  std::vector<SplitItem> items;
  for (std::int64_t p = 0; p < count; ++p) {
    const auto label = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(classes)));
    const std::uint64_t images = 1 + random.below(5);
    for (std::uint64_t i = 0; i < images; ++i) {
      const bool other = random.chance(0.1);
      items.push_back({other ? (label + 1) % classes : label, "p" + std::to_string(p)});
    }
  }
  return items;
}

void expect_whole_groups(const std::vector<SplitItem>& items,
                         const std::vector<std::int64_t>& parts) {
  std::map<std::string, std::int64_t> part_of;
  for (std::size_t i = 0; i < items.size(); ++i) {
    EXPECT_EQ(part_of.try_emplace(items[i].group, parts[i]).first->second, parts[i])
        << items[i].group;
  }
}

TEST(SplitTest, KeepsEachPatientInOnePartAndSharesNearTheWeights) {
  Random random(5);
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const auto classes = static_cast<std::int64_t>(2 + random.below(4));
    const auto items = patients(random, 40 + static_cast<std::int64_t>(random.below(300)), classes);
    const auto parts = split_by_group(items, kUsual, seed);
    expect_whole_groups(items, parts);
    const auto counts = counts_of(items, parts, 3, static_cast<std::size_t>(classes));
    for (std::size_t c = 0; c < static_cast<std::size_t>(classes); ++c) {
      const double total = static_cast<double>(counts[0][c] + counts[1][c] + counts[2][c]);
      for (std::size_t p = 0; p < 3; ++p) {
        // Single-image patients are plentiful, so that a patient's other images cost little.
        EXPECT_NEAR(static_cast<double>(counts[p][c]), total * kUsual[p], 2.0) << "seed " << seed;
      }
    }
  }
}

TEST(SplitTest, GivesImagesAloneTheFloorOrCeilingOfTheirExactShare) {
  Random random(6);
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    std::vector<std::int64_t> class_counts;
    for (std::uint64_t c = 0; c < 2 + seed % 5; ++c) {
      class_counts.push_back(static_cast<std::int64_t>(7 + random.below(400)));
    }
    const auto items = images_alone(class_counts);
    const auto parts = split_by_group(items, kUsual, seed);
    const auto counts = counts_of(items, parts, 3, class_counts.size());
    for (std::size_t p = 0; p < 3; ++p) {
      std::int64_t size = 0;
      for (std::size_t c = 0; c < class_counts.size(); ++c) {
        const double share = static_cast<double>(class_counts[c]) * kUsual[p];
        EXPECT_LT(std::abs(static_cast<double>(counts[p][c]) - share), 1.0);
        size += counts[p][c];
      }
      EXPECT_NEAR(static_cast<double>(size), static_cast<double>(items.size()) * kUsual[p], 1.5);
    }
  }
}

TEST(SplitTest, DoesNotDependOnTheOrderOfTheItems) {
  Random random(7);
  auto items = patients(random, 120, 3);
  std::map<std::string, std::int64_t> expected;
  const auto first = split_by_group(items, kUsual, 9);
  for (std::size_t i = 0; i < items.size(); ++i) expected[items[i].group] = first[i];
  for (int round = 0; round < 5; ++round) {
    random.shuffle(items);
    const auto parts = split_by_group(items, kUsual, 9);
    for (std::size_t i = 0; i < items.size(); ++i) {
      EXPECT_EQ(parts[i], expected.at(items[i].group));
    }
  }
}

TEST(SplitTest, AnotherSeedGivesAnotherSplit) {
  const auto items = images_alone({200, 100});
  const auto one = split_by_group(items, kUsual, 1);
  EXPECT_EQ(one, split_by_group(items, kUsual, 1));
  const auto two = split_by_group(items, kUsual, 2);
  std::size_t moved = 0;
  for (std::size_t i = 0; i < one.size(); ++i) moved += one[i] != two[i] ? 1 : 0;
  // Independent splits agree in 0.7^2 + 2 * 0.15^2 = 53.5 % of the images.
  EXPECT_NEAR(static_cast<double>(moved) / 300, 0.465, 0.12);
}

TEST(SplitTest, PutsARareClassIntoEveryPart) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const auto items = images_alone({3, 4, 90});
    const auto counts = counts_of(items, split_by_group(items, kUsual, seed), 3, 3);
    EXPECT_EQ(counts[0][0], 1);
    EXPECT_EQ(counts[1][0], 1);
    EXPECT_EQ(counts[2][0], 1);
    EXPECT_GE(counts[1][1], 1);
    EXPECT_GE(counts[2][1], 1);
  }
}

TEST(SplitTest, GivesNothingToAPartWithoutWeight) {
  const auto items = images_alone({10, 10});
  const auto counts = counts_of(items, split_by_group(items, {0.5, 0, 0.5}, 1), 3, 2);
  EXPECT_EQ(counts[0], (std::vector<std::int64_t>{5, 5}));
  EXPECT_EQ(counts[1], (std::vector<std::int64_t>{0, 0}));
}

TEST(SplitTest, HandlesAPatientBiggerThanAPart) {
  auto items = images_alone({20, 20});
  for (int i = 0; i < 60; ++i) items.push_back({0, "giant"});
  const auto parts = split_by_group(items, kUsual, 4);
  expect_whole_groups(items, parts);
  EXPECT_EQ(parts.back(), 0) << "the giant belongs into the biggest part";
  const auto counts = counts_of(items, parts, 3, 2);
  EXPECT_GE(counts[1][0], 1);
  EXPECT_GE(counts[2][0], 1);
}

TEST(SplitTest, SplitsNothingAndOneImage) {
  EXPECT_TRUE(split_by_group({}, kUsual, 1).empty());
  EXPECT_EQ(split_by_group({{0, "a"}}, kUsual, 1), (std::vector<std::int64_t>{0}));
}

/// The examples of scikit-learn's splitters: with the same class counts and group sizes, ours must
/// be as even as theirs.
TEST(SplitGoldenTest, IsAsEvenAsScikitLearn) {
  std::ifstream file(XRAYCLF_TEST_DATA "/golden/split.json");
  ASSERT_TRUE(file) << "golden/split.json";
  const auto golden = nlohmann::json::parse(file);
  for (const auto& row : golden["rows"]) {
    const auto class_counts = row["class_counts"].get<std::vector<std::int64_t>>();
    const auto alone = images_alone(class_counts);
    const auto folds = counts_of(alone, split_by_group(alone, std::vector<double>(5, 1.0), 3), 5,
                                 class_counts.size());
    for (std::size_t c = 0; c < class_counts.size(); ++c) {
      std::int64_t low = folds[0][c];
      std::int64_t high = low;
      for (const auto& fold : folds) {
        low = std::min(low, fold[c]);
        high = std::max(high, fold[c]);
      }
      EXPECT_LE(high - low, 1);
    }
    const auto usual = counts_of(alone, split_by_group(alone, kUsual, 3), 3, class_counts.size());
    const char* names[] = {"train", "val", "test"};
    for (std::size_t p = 0; p < 3; ++p) {
      for (std::size_t c = 0; c < class_counts.size(); ++c) {
        EXPECT_NEAR(static_cast<double>(usual[p][c]), row[names[p]][c].get<double>(), 1.0);
      }
    }
  }
}

TEST(SplitGoldenTest, GroupedFoldsDeviateNoMoreThanScikitLearns) {
  std::ifstream file(XRAYCLF_TEST_DATA "/golden/split.json");
  ASSERT_TRUE(file) << "golden/split.json";
  const auto golden = nlohmann::json::parse(file);
  for (const auto& row : golden["rows"]) {
    const auto class_counts = row["class_counts"].get<std::vector<std::int64_t>>();
    std::vector<std::int64_t> labels;
    for (std::size_t c = 0; c < class_counts.size(); ++c) {
      labels.insert(labels.end(), static_cast<std::size_t>(class_counts[c]),
                    static_cast<std::int64_t>(c));
    }
    Random(11).shuffle(labels);
    std::vector<SplitItem> items;
    const auto sizes = row["group_sizes"].get<std::vector<std::int64_t>>();
    for (std::size_t g = 0; g < sizes.size(); ++g) {
      for (std::int64_t i = 0; i < sizes[g] && items.size() < labels.size(); ++i) {
        items.push_back({labels[items.size()], "g" + std::to_string(g)});
      }
    }
    const auto parts = split_by_group(items, std::vector<double>(5, 1.0), 3);
    expect_whole_groups(items, parts);
    const auto ours = counts_of(items, parts, 5, class_counts.size());
    const auto worst = [&](auto&& count) {
      double value = 0;
      for (std::size_t p = 0; p < 5; ++p) {
        for (std::size_t c = 0; c < class_counts.size(); ++c) {
          const double share = static_cast<double>(class_counts[c]) / 5;
          value = std::max(value, std::abs(count(p, c) - share));
        }
      }
      return value;
    };
    const double theirs = worst([&](std::size_t p, std::size_t c) {
      return row["stratified_group_kfold5"][p][0][c].get<double>();
    });
    EXPECT_LE(worst([&](std::size_t p, std::size_t c) { return static_cast<double>(ours[p][c]); }),
              std::max(theirs, 1.0));
  }
}

}  // namespace
}  // namespace xrayclf
