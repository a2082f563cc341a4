#include "app/classify_rows.hpp"

#include <algorithm>

#include "xrayclf/core/interrupt.hpp"
#include "xrayclf/core/parallel.hpp"
#include "xrayclf/core/progress.hpp"

namespace xrayclf {

Predictions classify_rows(Classifier& classifier, const PreparedSet& set,
                          const std::vector<std::size_t>& rows, std::int64_t batch_size) {
  Predictions predictions;
  predictions.classes = classifier.classes();
  const auto index_of = [&](const std::string& label) {
    return std::find(predictions.classes.begin(), predictions.classes.end(), label) -
           predictions.classes.begin();
  };
  Progress progress("evaluate", static_cast<std::int64_t>(rows.size()), "images");
  const auto at_once = static_cast<std::size_t>(batch_size);
  for (std::size_t start = 0; start < rows.size(); start += at_once) {
    const std::size_t size = std::min(at_once, rows.size() - start);
    std::vector<cv::Mat> images(size);
    parallel_for(static_cast<std::int64_t>(size), 0, [&](std::int64_t i) {
      images[static_cast<std::size_t>(i)] =
          set.read(set.records[rows[start + static_cast<std::size_t>(i)]]);
    });
    const auto probabilities = classifier.probabilities(images);
    for (std::size_t i = 0; i < size; ++i) {
      const Record& record = set.records[rows[start + i]];
      predictions.paths.push_back(record.path);
      predictions.truth.push_back(index_of(record.label));
      predictions.patients.push_back(record.patient_id);
      for (const auto& [column, value] : record.metadata) {
        predictions.metadata[column].push_back(value);
      }
      predictions.probabilities.insert(predictions.probabilities.end(), probabilities[i].begin(),
                                       probabilities[i].end());
    }
    progress.advance(static_cast<std::int64_t>(size));
    throw_if_interrupted("stopped; nothing was written");
  }
  return predictions;
}

}  // namespace xrayclf
