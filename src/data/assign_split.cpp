#include "xrayclf/data/assign_split.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/random.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/data/patients.hpp"
#include "xrayclf/data/split.hpp"

namespace xrayclf {
namespace {

constexpr std::uint64_t kSplitStream = 1;  // the split and the folds draw from unrelated streams
constexpr std::uint64_t kFoldStream = 2;

std::vector<SplitItem> items_of(const std::vector<Record>& records,
                                const std::vector<std::string>& groups,
                                const std::vector<std::string>& classes) {
  std::vector<SplitItem> items;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto label = std::find(classes.begin(), classes.end(), records[i].label);
    items.push_back({label - classes.begin(), groups[i]});
  }
  return items;
}

void check_roles(const FoldRoles& roles, std::int64_t folds) {
  if (roles.test > folds || roles.validation > folds) {
    throw DataError(fmt::format("the manifest has {}, so there is no fold {}",
                                counted(folds, "fold"), std::max(roles.test, roles.validation)));
  }
  if (roles.validation_share > 0 && roles.validation > 0) {
    throw ConfigError("validation_fold and validation_share contradict each other: set one");
  }
  if (roles.validation == roles.test) {
    throw ConfigError("test_fold and validation_fold are the same");
  }
}

}  // namespace

void check_split(const SplitConfig& config) {
  if (config.fractions.size() != 3) {
    throw ConfigError("split.fractions must be three numbers: training, validation, test; got " +
                      std::to_string(config.fractions.size()));
  }
  double sum = 0;
  for (const double fraction : config.fractions) {
    if (!(fraction >= 0 && fraction <= 1)) {
      throw ConfigError("split.fractions must each be in [0, 1]");
    }
    sum += fraction;
  }
  if (std::abs(sum - 1) > 1e-6) {
    throw ConfigError("split.fractions must sum to 1, got " + nlohmann::json(sum).dump());
  }
  if (config.folds == 1) throw ConfigError("split.folds must be 0 (none) or at least 2, got 1");
  for (const std::string& value : config.validation) {
    if (std::find(config.test.begin(), config.test.end(), value) != config.test.end()) {
      throw ConfigError("'" + printable(value) +
                        "' is in split.validation and in split.test; it can mean only one");
    }
  }
  const bool reads_column =
      !config.column.empty() || !config.validation.empty() || !config.test.empty();
  if (config.method == SplitMethod::fractions && reads_column) {
    throw ConfigError(
        "split.column, split.validation and split.test contradict split.method fractions");
  }
}

void assign_split(std::vector<Record>& records, const std::vector<std::string>& groups,
                  const std::vector<std::string>& classes, const std::vector<double>& fractions,
                  std::uint64_t seed) {
  static const std::array<const char*, 3> kNames{"train", "validation", "test"};
  const auto parts = split_by_group(items_of(records, groups, classes), fractions,
                                    derive_seed(seed, {kSplitStream}));
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].split = kNames[static_cast<std::size_t>(parts[i])];
  }
}

void assign_folds(std::vector<Record>& records, const std::vector<std::string>& groups,
                  const std::vector<std::string>& classes, std::int64_t folds, std::uint64_t seed) {
  const std::vector<double> equal(static_cast<std::size_t>(folds), 1.0);
  const auto parts =
      split_by_group(items_of(records, groups, classes), equal, derive_seed(seed, {kFoldStream}));
  for (std::size_t i = 0; i < records.size(); ++i) records[i].fold = parts[i] + 1;
}

std::int64_t fold_count(const std::vector<Record>& records) {
  std::int64_t folds = 0;
  for (const Record& record : records) folds = std::max(folds, record.fold);
  return folds;
}

void assign_split_by_fold(std::vector<Record>& records, const std::vector<std::string>& classes,
                          const FoldRoles& roles, std::uint64_t seed) {
  const std::int64_t folds = fold_count(records);
  check_roles(roles, folds);
  const std::int64_t validation = roles.validation > 0         ? roles.validation
                                  : roles.validation_share > 0 ? 0
                                                               : roles.test % folds + 1;
  std::vector<std::size_t> training;
  for (std::size_t i = 0; i < records.size(); ++i) {
    Record& record = records[i];
    record.split = record.fold == 0            ? ""
                   : record.fold == roles.test ? "test"
                   : record.fold == validation ? "validation"
                                               : "train";
    if (record.split == "train") training.push_back(i);
  }
  if (roles.validation_share == 0) return;
  std::vector<Record> dealt;
  for (const std::size_t i : training) dealt.push_back(records[i]);
  assign_split(dealt, leak_free_groups(dealt), classes,
               {1 - roles.validation_share, roles.validation_share, 0}, seed);
  for (std::size_t i = 0; i < training.size(); ++i) records[training[i]].split = dealt[i].split;
}

}  // namespace xrayclf
