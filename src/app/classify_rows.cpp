#include "app/classify_rows.hpp"

#include <algorithm>
#include <functional>
#include <string>

#include "xrayclf/core/interrupt.hpp"
#include "xrayclf/core/parallel.hpp"
#include "xrayclf/core/progress.hpp"

namespace xrayclf {
namespace {

using ClassifyBatch =
    std::function<std::vector<std::vector<double>>(const std::vector<cv::Mat>& images)>;

Predictions classify_batches(const std::vector<std::string>& classes, const PreparedSet& set,
                             const std::vector<std::size_t>& rows, std::int64_t batch_size,
                             const ClassifyBatch& classify) {
  Predictions predictions;
  predictions.classes = classes;
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
    const auto probabilities = classify(images);
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

std::vector<std::vector<double>> rows_of(const torch::Tensor& matrix) {
  std::vector<std::vector<double>> out;
  for (std::int64_t i = 0; i < matrix.size(0); ++i) {
    const double* row = matrix.data_ptr<double>() + i * matrix.size(1);
    out.emplace_back(row, row + matrix.size(1));
  }
  return out;
}

}  // namespace

Predictions classify_rows(Classifier& classifier, const PreparedSet& set,
                          const std::vector<std::size_t>& rows, std::int64_t batch_size) {
  return classify_batches(
      classifier.classes(), set, rows, batch_size,
      [&](const std::vector<cv::Mat>& images) { return classifier.probabilities(images); });
}

RowOutputs classify_rows(Ensemble& ensemble, const PreparedSet& set,
                         const std::vector<std::size_t>& rows, std::int64_t batch_size) {
  RowOutputs out;
  std::vector<EnsembleOutputs> batches;
  out.predictions = classify_batches(
      ensemble.classes(), set, rows, batch_size, [&](const std::vector<cv::Mat>& images) {
        batches.push_back(ensemble.outputs(std::vector(ensemble.members().size(), images)));
        return rows_of(batches.back().probabilities);
      });
  const auto joined = [&](torch::Tensor EnsembleOutputs::*part) {
    std::vector<torch::Tensor> parts;
    for (const EnsembleOutputs& batch : batches) parts.push_back(batch.*part);
    return torch::cat(parts).contiguous();
  };
  out.outputs = {joined(&EnsembleOutputs::probabilities), joined(&EnsembleOutputs::voices),
                 joined(&EnsembleOutputs::features), joined(&EnsembleOutputs::logits)};
  return out;
}

void set_probabilities(Predictions& predictions, const torch::Tensor& probabilities) {
  const torch::Tensor values = probabilities.contiguous();
  predictions.probabilities.assign(values.data_ptr<double>(),
                                   values.data_ptr<double>() + values.numel());
}

}  // namespace xrayclf
