#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "xrayclf/metrics/confusion_matrix.hpp"

namespace xrayclf {

/// One line of the classification report.
struct ClassificationScores {
  double precision = 0;
  double recall = 0;
  double f1 = 0;
  std::int64_t support = 0;
};

/// What to do with a ratio whose denominator is 0: count it as 0, as scikit-learn does by
/// default (zero_division="warn"), or leave it NaN and out of the averages (zero_division=nan).
enum class ZeroDivision { zero, undefined };

struct ClassificationReport {
  std::vector<ClassificationScores> per_class;
  double accuracy = 0;
  ClassificationScores macro;     ///< plain mean over the classes
  ClassificationScores weighted;  ///< weighted by support
};

/// The numbers of scikit-learn 1.9.1's classification_report over all classes of the matrix.
ClassificationReport classification_report(const ConfusionMatrix& matrix,
                                           ZeroDivision zero_division = ZeroDivision::zero);

/// The text that scikit-learn 1.9.1 prints for it, byte for byte; widths count code points.
/// `classes` are UTF-8, one per class of the report.
std::string classification_report_text(const ClassificationReport& report,
                                       const std::vector<std::string>& classes, int digits = 2);

/// Code points in a UTF-8 text: its width in these reports.
std::int64_t code_points(std::string_view text);

/// `text` with spaces in front up to `width` code points.
std::string pad_left(std::string_view text, std::int64_t width);

}  // namespace xrayclf
