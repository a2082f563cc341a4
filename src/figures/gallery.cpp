#include "xrayclf/figures/gallery.hpp"

#include <algorithm>
#include <filesystem>
#include <tuple>

#include <fmt/format.h>

#include "xrayclf/core/csv.hpp"

namespace xrayclf {

std::vector<Misclassified> misclassified(const std::vector<std::string>& classes,
                                         const std::vector<std::string>& images,
                                         const std::vector<std::int64_t>& truth,
                                         ProbabilityMatrix probabilities) {
  std::vector<Misclassified> out;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const auto row = probabilities.row(static_cast<std::int64_t>(i));
    const std::int64_t predicted = arg_max(row);
    if (truth[i] == predicted) continue;
    const auto t = static_cast<std::size_t>(truth[i]);
    const auto p = static_cast<std::size_t>(predicted);
    out.push_back({i, images[i], classes[t], classes[p], row[t], row[p]});
  }
  std::sort(out.begin(), out.end(), [](const Misclassified& a, const Misclassified& b) {
    return std::tie(a.true_probability, b.predicted_probability, a.image, a.row) <
           std::tie(b.true_probability, a.predicted_probability, b.image, b.row);
  });
  return out;
}

std::vector<std::string> captions_of(const Misclassified& image) {
  return {std::filesystem::path(image.image).filename().string(),
          fmt::format("true: {} {:.2f}", image.true_class, image.true_probability),
          fmt::format("called: {} {:.2f}", image.predicted_class, image.predicted_probability)};
}

std::vector<std::string> values_of(const Misclassified& image) {
  return {image.image, image.true_class, csv_number(image.true_probability), image.predicted_class,
          csv_number(image.predicted_probability)};
}

std::vector<std::string> misclassified_columns() {
  return {"image", "true_class", "true_probability", "predicted_class", "predicted_probability"};
}

}  // namespace xrayclf
