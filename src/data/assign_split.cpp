#include "xrayclf/data/assign_split.hpp"

#include <algorithm>
#include <cmath>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/random.hpp"
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

}  // namespace xrayclf
