#include "xrayclf/evaluation/predictions.hpp"

#include <spdlog/spdlog.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <unordered_set>

#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/csv.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

constexpr std::string_view kPrefix = "prob_";
constexpr double kRowSumTolerance = 1e-3;

bool is_metadata(std::string_view column) {
  return !column.starts_with(kPrefix) && column != "path" && column != "true" &&
         column != "predicted" && column != "patient";
}

/// The CSV with its columns found by name.
class PredictionsTable {
 public:
  explicit PredictionsTable(const CsvTable& table)
      : table_(table),
        path_(table.find("path")),
        true_(table.find("true")),
        predicted_(table.find("predicted")),
        patient_(table.find("patient")) {
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      if (is_metadata(table.columns[c])) further_.push_back(c);
      if (!table.columns[c].starts_with(kPrefix)) continue;
      classes_.push_back(table.columns[c].substr(kPrefix.size()));
      columns_.push_back(c);
      if (classes_.back().empty()) {
        throw DataError(name() + ": the column 'prob_' names no class; write prob_<class>");
      }
    }
    if (classes_.size() < 2) {
      throw DataError(name() +
                      ": needs a column prob_<class> for each of at least two classes, has " +
                      join(printable_all(table.columns)));
    }
    if (table.rows.empty()) throw DataError(name() + ": has no rows");
  }

  Predictions read() {
    Predictions out;
    out.classes = classes_;
    for (std::size_t row = 0; row < table_.rows.size(); ++row) read_row(row, out);
    warn();
    return out;
  }

 private:
  static std::vector<std::string> printable_all(const std::vector<std::string>& texts) {
    std::vector<std::string> out;
    for (const std::string& text : texts) out.push_back("'" + printable(text) + "'");
    return out;
  }
  std::string name() const { return printable(table_.name); }

  [[noreturn]] void fail(std::size_t row, std::size_t column, const std::string& reason) const {
    throw DataError(name() + ", line " + std::to_string(table_.lines[row]) + ", column '" +
                    printable(table_.columns[column]) + "': " + reason);
  }

  std::string field(std::size_t row, std::optional<std::size_t> column) const {
    return column ? table_.rows[row][*column] : std::string();
  }

  /// -1 for an empty or absent field.
  std::int64_t class_index(std::size_t row, std::optional<std::size_t> column) const {
    const std::string text = field(row, column);
    if (text.empty()) return -1;
    for (std::size_t c = 0; c < classes_.size(); ++c) {
      if (classes_[c] == text) return static_cast<std::int64_t>(c);
    }
    fail(row, *column,
         "no column 'prob_" + printable(text) + "' for the class '" + printable(text) + "'" +
             did_you_mean(text, classes_));
  }

  double probability(std::size_t row, std::size_t column) const {
    const std::string& text = table_.rows[row][column];
    const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
    const std::size_t end = text.find_last_not_of(" \t") + 1;
    double value = 0;
    const char* const last = text.data() + std::max(begin, end);
    const auto [stop, error] = std::from_chars(text.data() + begin, last, value);
    if (error != std::errc() || stop != last || begin >= end) {
      fail(row, column, "'" + printable(text) + "' is not a number");
    }
    if (!(value >= 0 && value <= 1 + kRowSumTolerance)) {
      fail(row, column, printable(text) + " is not a probability in [0, 1]");
    }
    return value;
  }

  void read_row(std::size_t row, Predictions& out) {
    double sum = 0;
    for (const std::size_t column : columns_) {
      out.probabilities.push_back(probability(row, column));
      sum += out.probabilities.back();
    }
    if (std::abs(sum - 1) > kRowSumTolerance) {
      throw DataError(name() + ", line " + std::to_string(table_.lines[row]) +
                      ": the probabilities sum to " + csv_number(sum) +
                      ", not to 1 (scores and logits need a softmax first)");
    }
    out.paths.push_back(field(row, path_));
    out.truth.push_back(class_index(row, true_));
    out.patients.push_back(field(row, patient_));
    for (const std::size_t c : further_) {
      out.metadata[table_.columns[c]].push_back(table_.rows[row][c]);
    }
    const std::int64_t stated = class_index(row, predicted_);
    if (stated >= 0 && stated != out.predicted(row) && ++disagreeing_ == 1) {
      first_disagreeing_ = table_.lines[row];
    }
    if (path_ && !paths_.insert(out.paths.back()).second && ++repeated_ == 1) {
      first_repeated_ = table_.lines[row];
    }
  }

  void warn() const {
    if (disagreeing_ > 0) {
      spdlog::warn(
          "{}: in {} (first on line {}) 'predicted' is not the class of the largest probability; "
          "the latter is used",
          name(), counted(disagreeing_, "row"), first_disagreeing_);
    }
    if (repeated_ > 0) {
      spdlog::warn("{}: {} (first on line {}) repeat the path of an earlier one; all are counted",
                   name(), counted(repeated_, "row"), first_repeated_);
    }
  }

  const CsvTable& table_;
  std::optional<std::size_t> path_, true_, predicted_, patient_;
  std::vector<std::string> classes_;
  std::vector<std::size_t> columns_;  ///< of the classes
  std::vector<std::size_t> further_;  ///< columns of metadata
  std::unordered_set<std::string> paths_;
  long long disagreeing_ = 0;
  long long repeated_ = 0;
  std::size_t first_disagreeing_ = 0;
  std::size_t first_repeated_ = 0;
};

}  // namespace

Predictions read_predictions_csv(const std::filesystem::path& path) {
  const CsvTable table = read_csv(path);
  return PredictionsTable(table).read();
}

void write_predictions_csv(const std::filesystem::path& path, const Predictions& predictions) {
  std::vector<std::string> fields{"path", "true", "predicted"};
  for (const std::string& name : predictions.classes) fields.push_back(std::string(kPrefix) + name);
  fields.push_back("patient");
  std::set<std::string> taken(fields.begin(), fields.end());
  for (const auto& [column, values] : predictions.metadata) {
    std::string name = column;
    while (!is_metadata(name) || !taken.insert(name).second) name.insert(0, "metadata_");
    fields.push_back(name);
  }
  std::string text = csv_line(fields);
  for (std::size_t row = 0; row < predictions.size(); ++row) {
    const std::int64_t truth = predictions.truth[row];
    fields = {predictions.paths[row],
              truth < 0 ? "" : predictions.classes[static_cast<std::size_t>(truth)],
              predictions.classes[static_cast<std::size_t>(predictions.predicted(row))]};
    for (const double p : predictions.matrix().row(static_cast<std::int64_t>(row))) {
      fields.push_back(csv_number(p));
    }
    fields.push_back(predictions.patients[row]);
    for (const auto& [column, values] : predictions.metadata) fields.push_back(values[row]);
    text += csv_line(fields);
  }
  write_file(path, text);
}

}  // namespace xrayclf
