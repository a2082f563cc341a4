#include "xrayclf/metrics/classification_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "xrayclf/core/numbers.hpp"

namespace xrayclf {
namespace {

/// Weighted mean of what is not NaN; where all weights are 0 the plain mean, as scikit-learn does.
template <class Value, class Weight>
double average(const std::vector<ClassificationScores>& scores, Value value, Weight weight) {
  double sum = 0, weighted_sum = 0;
  double count = 0, weights = 0;
  for (const ClassificationScores& score : scores) {
    if (std::isnan(value(score))) continue;
    sum += value(score);
    weighted_sum += value(score) * weight(score);
    count += 1;
    weights += weight(score);
  }
  if (weights != 0) return weighted_sum / weights;
  return count == 0 ? kNan : sum / count;
}

template <class Weight>
ClassificationScores averages(const std::vector<ClassificationScores>& scores, Weight weight) {
  ClassificationScores out;
  out.precision = average(
      scores, [](const auto& s) { return s.precision; }, weight);
  out.recall = average(
      scores, [](const auto& s) { return s.recall; }, weight);
  out.f1 = average(
      scores, [](const auto& s) { return s.f1; }, weight);
  for (const ClassificationScores& score : scores) out.support += score.support;
  return out;
}

/// Prints the lines; without a single right answer scikit-learn's supports turn into floats.
class Lines {
 public:
  Lines(std::int64_t width, int digits, bool none_right)
      : width_(width), digits_(digits), decimal_(none_right ? ".0" : "") {}

  std::string scores(const std::string& heading, const ClassificationScores& scores) const {
    return fmt::format("{}  {:>9.{}f} {:>9.{}f} {:>9.{}f} {:>9}\n", pad_left(heading, width_),
                       scores.precision, digits_, scores.recall, digits_, scores.f1, digits_,
                       support(scores));
  }
  std::string accuracy(const ClassificationReport& report) const {
    return fmt::format("{}  {:>9} {:>9} {:>9.{}f} {:>9}\n", pad_left("accuracy", width_), "", "",
                       report.accuracy, digits_, support(report.macro));
  }

 private:
  std::string support(const ClassificationScores& scores) const {
    return std::to_string(scores.support) + decimal_;
  }
  std::int64_t width_;
  int digits_;
  std::string decimal_;
};

}  // namespace

std::int64_t code_points(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

std::string pad_left(std::string_view text, std::int64_t width) {
  const std::int64_t missing = std::max<std::int64_t>(0, width - code_points(text));
  return std::string(static_cast<std::size_t>(missing), ' ').append(text);
}

ClassificationReport classification_report(const ConfusionMatrix& matrix,
                                           ZeroDivision zero_division) {
  const auto defined = [&](double value) {
    return zero_division == ZeroDivision::zero && std::isnan(value) ? 0.0 : value;
  };
  ClassificationReport out;
  for (std::int64_t c = 0; c < matrix.classes(); ++c) {
    const OneVersusRest counts = matrix.one_versus_rest(c);
    out.per_class.push_back({defined(counts.ppv()), defined(counts.sensitivity()),
                             defined(counts.f1()), counts.support()});
  }
  out.accuracy = matrix.accuracy();
  out.macro = averages(out.per_class, [](const auto&) { return 1.0; });
  out.weighted =
      averages(out.per_class, [](const auto& s) { return static_cast<double>(s.support); });
  return out;
}

std::string classification_report_text(const ClassificationReport& report,
                                       const std::vector<std::string>& classes, int digits) {
  std::int64_t width = std::max<std::int64_t>(code_points("weighted avg"), digits);
  for (const std::string& name : classes) width = std::max(width, code_points(name));

  std::string out = fmt::format("{}  {:>9} {:>9} {:>9} {:>9}\n\n", pad_left("", width), "precision",
                                "recall", "f1-score", "support");
  const Lines lines(width, digits, report.accuracy == 0);
  for (std::size_t c = 0; c < classes.size(); ++c) {
    out += lines.scores(classes[c], report.per_class[c]);
  }
  out += "\n" + lines.accuracy(report);
  out += lines.scores("macro avg", report.macro);
  out += lines.scores("weighted avg", report.weighted);
  return out;
}

}  // namespace xrayclf
