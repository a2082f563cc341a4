#include <fmt/format.h>

#include <algorithm>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/evaluation/predictions.hpp"

namespace xrayclf {

void require_truth(const Predictions& predictions) {
  if (predictions.size() == 0) throw DataError("there are no predictions to evaluate");
  const auto unknown = std::find_if(predictions.truth.begin(), predictions.truth.end(),
                                    [](std::int64_t t) { return t < 0; });
  if (unknown == predictions.truth.end()) return;
  const auto row = static_cast<std::size_t>(unknown - predictions.truth.begin());
  const auto count =
      std::count_if(unknown, predictions.truth.end(), [](std::int64_t t) { return t < 0; });
  throw DataError(
      fmt::format("{} without a true class (the first is row {}, '{}'): an evaluation needs the "
                  "truth of every image; "
                  "fill the column 'true' or leave these rows out",
                  counted(count, "row"), row + 1, printable(predictions.paths[row])));
}

Predictions select_rows(const Predictions& predictions, const std::vector<std::size_t>& rows) {
  Predictions out;
  out.classes = predictions.classes;
  for (const std::size_t row : rows) {
    out.paths.push_back(predictions.paths[row]);
    out.truth.push_back(predictions.truth[row]);
    out.patients.push_back(predictions.patients[row]);
    const auto values = predictions.matrix().row(static_cast<std::int64_t>(row));
    out.probabilities.insert(out.probabilities.end(), values.begin(), values.end());
    for (const auto& [column, cells] : predictions.metadata) {
      out.metadata[column].push_back(cells[row]);
    }
  }
  return out;
}

void append(Predictions& all, const Predictions& more) {
  if (all.size() == 0) {
    all = more;
    return;
  }
  std::erase_if(all.metadata,
                [&](const auto& item) { return !more.metadata.contains(item.first); });
  for (auto& [column, cells] : all.metadata) {
    const auto& others = more.metadata.at(column);
    cells.insert(cells.end(), others.begin(), others.end());
  }
  all.paths.insert(all.paths.end(), more.paths.begin(), more.paths.end());
  all.truth.insert(all.truth.end(), more.truth.begin(), more.truth.end());
  all.patients.insert(all.patients.end(), more.patients.begin(), more.patients.end());
  all.probabilities.insert(all.probabilities.end(), more.probabilities.begin(),
                           more.probabilities.end());
}

Predictions in_class_order(const Predictions& predictions, const std::vector<std::string>& classes,
                           const std::string& name, const std::string& other) {
  if (predictions.classes == classes) return predictions;
  const auto missing = [](const std::vector<std::string>& from,
                          const std::vector<std::string>& these) {
    std::vector<std::string> left;
    for (const std::string& each : from) {
      if (std::find(these.begin(), these.end(), each) == these.end()) {
        left.push_back("'" + printable(each) + "'");
      }
    }
    return left.empty() ? "none" : join(left);
  };
  const std::string here = missing(predictions.classes, classes);
  const std::string there = missing(classes, predictions.classes);
  if (here != "none" || there != "none") {
    throw DataError(printable(name) + " and " + printable(other) +
                    " have other classes: only in the first: " + here +
                    "; only in the second: " + there);
  }
  std::vector<std::size_t> from;  // by new index, the old one
  std::vector<std::int64_t> to(classes.size());
  for (const std::string& each : classes) {
    const auto found = std::find(predictions.classes.begin(), predictions.classes.end(), each);
    from.push_back(static_cast<std::size_t>(found - predictions.classes.begin()));
    to[from.back()] = static_cast<std::int64_t>(from.size()) - 1;
  }
  Predictions out = predictions;
  out.classes = classes;
  for (std::size_t row = 0; row < out.size(); ++row) {
    if (out.truth[row] >= 0) out.truth[row] = to[static_cast<std::size_t>(out.truth[row])];
    for (std::size_t c = 0; c < classes.size(); ++c) {
      out.probabilities[row * classes.size() + c] =
          predictions.probabilities[row * classes.size() + from[c]];
    }
  }
  return out;
}

}  // namespace xrayclf
