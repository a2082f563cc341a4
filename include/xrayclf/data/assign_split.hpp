#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "xrayclf/core/fields.hpp"
#include "xrayclf/data/manifest.hpp"

namespace xrayclf {

/// Where the split comes from.
enum class SplitMethod { automatic, fractions };

template <>
struct EnumNames<SplitMethod> {
  static constexpr std::array<std::pair<SplitMethod, std::string_view>, 2> value{
      {{SplitMethod::automatic, "automatic"}, {SplitMethod::fractions, "fractions"}}};
};

struct SplitConfig {
  SplitMethod method = SplitMethod::automatic;
  std::string column;
  std::vector<std::string> validation;
  std::vector<std::string> test;
  std::vector<double> fractions{0.7, 0.15, 0.15};
  std::int64_t folds = 0;

  template <class Field>
  static void fields(Field&& field) {
    field("method", &SplitConfig::method,
          "automatic honours the split that the input has (folders, or a CSV column), fractions "
          "always makes a new one");
    field("column", &SplitConfig::column,
          "Column of the CSV that says the split, for example fold");
    field("validation", &SplitConfig::validation, "Values of that column that mean validation");
    field("test", &SplitConfig::test,
          "Values of that column that mean test; all others are training");
    field("fractions", &SplitConfig::fractions,
          "Shares of training, validation and test, summing to 1, where the input has no split");
    field("folds", &SplitConfig::folds,
          "Also deal all images into this many folds for cross-validation; 0: none",
          in_range(std::int64_t{0}, std::int64_t{1000}));
  }
};

/// Throws ConfigError for what no single field can tell: fractions that are not three or do not sum
/// to 1, one fold, a value that means two splits.
void check_split(const SplitConfig& config);

/// Gives every record its split by fractions: stratified by class, groups (see leak_free_groups)
/// whole, independent of the order of the records.
void assign_split(std::vector<Record>& records, const std::vector<std::string>& groups,
                  const std::vector<std::string>& classes, const std::vector<double>& fractions,
                  std::uint64_t seed);

/// How the folds of a cross-validation train, validate and test one run.
struct FoldRoles {
  std::int64_t test = 1;
  std::int64_t validation = 0;  ///< fold; 0 for the one after `test`
  /// In (0, 0.5]: instead of a fold, this share of what is outside `test` validates. 0 for a fold.
  double validation_share = 0;
};

/// Folds of the records, numbered from 1; 0 where they have none.
std::int64_t fold_count(const std::vector<Record>& records);

/// Gives every record its split by its fold; those without a fold get none. Throws DataError for a
/// fold that no record has, ConfigError for roles that contradict each other.
void assign_split_by_fold(std::vector<Record>& records, const std::vector<std::string>& classes,
                          const FoldRoles& roles, std::uint64_t seed);

/// Gives every record its fold, 1 ... `folds`, in the same way.
void assign_folds(std::vector<Record>& records, const std::vector<std::string>& groups,
                  const std::vector<std::string>& classes, std::int64_t folds, std::uint64_t seed);

}  // namespace xrayclf
