#include "data/source_csv.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "xrayclf/core/csv.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/data/manifest.hpp"

namespace xrayclf {
namespace {

bool contains(const std::vector<std::string>& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

/// 1, 2, 3, ... of a column `fold`, or 0.
std::int64_t fold_number(const std::string& text) {
  std::int64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = result.ec == std::errc() && result.ptr == text.data() + text.size();
  return whole && value > 0 ? value : 0;
}

class CsvLister {
 public:
  CsvLister(const std::filesystem::path& path, const SourceOptions& options)
      : table_(read_csv(path)), directory_(path.parent_path()), options_(options) {
    path_ = table_.require("path");
    label_ = table_.require("label");
    patient_ = table_.find("patient_id");
    fold_ = table_.find("fold");
    by_values_ = !options.validation_values.empty() || !options.test_values.empty();
    if (!options.split_column.empty()) {
      split_ = table_.require(options.split_column);
    } else {
      split_ = table_.find("split");
      if (by_values_ && !split_) {
        throw ConfigError("split.validation and split.test need --split.column, a column of " +
                          printable(table_.name));
      }
    }
  }

  SourceList list() {
    SourceList list;
    list.layout = SourceLayout::csv;
    list.has_splits = split_.has_value();
    check_values();
    std::map<std::string, std::size_t> line_of;
    for (std::size_t row = 0; row < table_.rows.size(); ++row) {
      SourceImage image = read(row);
      const auto [first, is_new] = line_of.emplace(image.name, table_.lines[row]);
      if (!is_new) {
        // Without the path: that of a DICOM file may name a patient.
        fail(row, "its path stands in line " + std::to_string(first->second) + " already");
      }
      list.images.push_back(std::move(image));
    }
    return list;
  }

 private:
  [[noreturn]] void fail(std::size_t row, const std::string& reason) const {
    throw DataError(printable(table_.name) + ", line " + std::to_string(table_.lines[row]) + ": " +
                    reason);
  }

  /// A value that no row has is a slip that would leave a split empty.
  void check_values() const {
    for (const auto* values : {&options_.validation_values, &options_.test_values}) {
      for (const std::string& value : *values) {
        const bool found = std::any_of(table_.rows.begin(), table_.rows.end(),
                                       [&](const auto& row) { return row[*split_] == value; });
        if (found) continue;
        throw DataError(printable(table_.name) + ": no row has '" + printable(value) +
                        "' in the column '" + printable(table_.columns[*split_]) + "'");
      }
    }
  }

  SourceImage read(std::size_t row) const {
    const std::vector<std::string>& cells = table_.rows[row];
    SourceImage image;
    image.name = std::filesystem::path(cells[path_]).lexically_normal().generic_string();
    if (cells[path_].empty()) fail(row, "the path is empty");
    image.file = directory_ / cells[path_];
    image.label = cells[label_];
    if (image.label.empty()) fail(row, "the label is empty");
    if (patient_) image.patient_id = cells[*patient_];
    if (fold_) image.fold = fold_number(cells[*fold_]);
    if (split_) image.split = split_of(row, cells[*split_]);
    for (std::size_t c = 0; c < cells.size(); ++c) {
      if (c == path_ || c == label_ || c == patient_ || (c == fold_ && image.fold > 0)) continue;
      if (c == split_ && table_.columns[c] == "split") continue;
      const bool taken = contains(manifest_columns(), table_.columns[c]);
      image.metadata[(taken ? "input_" : "") + table_.columns[c]] = cells[c];
    }
    return image;
  }

  std::string split_of(std::size_t row, const std::string& value) const {
    if (by_values_) {
      if (contains(options_.test_values, value)) return "test";
      return contains(options_.validation_values, value) ? "validation" : "train";
    }
    if (value.empty()) return "";
    const std::string split = split_name(value);
    if (split.empty()) {
      fail(row, "'" + printable(value) +
                    "' is no split (train, validation, test); say which "
                    "values mean which with --split.validation and --split.test");
    }
    return split;
  }

  CsvTable table_;
  std::filesystem::path directory_;
  const SourceOptions& options_;
  std::size_t path_ = 0;
  std::size_t label_ = 0;
  std::optional<std::size_t> patient_;
  std::optional<std::size_t> fold_;
  std::optional<std::size_t> split_;
  bool by_values_ = false;
};

}  // namespace

SourceList list_csv(const std::filesystem::path& path, const SourceOptions& options) {
  return CsvLister(path, options).list();
}

}  // namespace xrayclf
