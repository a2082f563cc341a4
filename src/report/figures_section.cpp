#include <algorithm>
#include <array>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include "json_view.hpp"
#include "sections.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/evaluation/predictions.hpp"
#include "xrayclf/figures/gallery.hpp"
#include "xrayclf/figures/montage.hpp"
#include "xrayclf/image/codec.hpp"
#include "xrayclf/report/figures.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;

struct Caption {
  const char* name;
  const char* text;
};
constexpr std::array<Caption, 7> kCaptions{{
    {"confusion_matrix", "Confusion matrix: counts and per cent of the row."},
    {"roc",
     "ROC curve of each class against the rest, with the area under it. Bands: pointwise bootstrap "
     "intervals."},
    {"precision_recall",
     "Precision and recall of each class against the rest, with average precision (AP). Dotted: a "
     "classifier by chance. Bands: pointwise bootstrap intervals."},
    {"reliability",
     "Reliability diagram: how often the called class was right, by its probability; below, how "
     "many images had it. ECE: expected calibration error."},
    {"score_distributions",
     "For each class, the probabilities that its own images got and those that all others got."},
    {"decision_curve",
     "Decision curves (Vickers and Elkin 2006): net benefit of acting on a class by threshold, "
     "against acting on all and on none. Prevalences are those of the test images."},
    {"risk_coverage",
     "Risk and coverage (El-Yaniv and Wiener 2010): errors among the answered when only the most "
     "certain are answered. Dashed: certainty unrelated to errors; dotted: every error the least "
     "certain. The mark: the confidence that was chosen on validation."},
}};
constexpr std::string_view kMisclassified = "misclassified";  // in the section of errors

/// Pictures in the folder that no other section shows, so that whoever adds one need not tell.
std::set<std::string> further_figures(const fs::path& folder) {
  std::set<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().stem().string();
    const std::string extension = entry.path().extension().string();
    const bool known = name == kMisclassified ||
                       std::any_of(kCaptions.begin(), kCaptions.end(),
                                   [&](const Caption& caption) { return name == caption.name; });
    if (!known && (extension == ".png" || extension == ".svg")) names.insert(name);
  }
  return names;
}

Html gallery_tile(const Misclassified& one, const cv::Mat& image) {
  constexpr std::int64_t kThumbnailSide = 240;  // pixels
  const Html picture = image.empty() ? html::element("div", "no image", "class=\"missing\"")
                                     : html::image(encode_png(thumbnail(image, kThumbnailSide)),
                                                   "image/png", one.image);
  const auto said = [](const char* what, const std::string& name, double probability) {
    return Html::markup("<br>") + what + name + fmt::format(" {:.2f}", probability);
  };
  return html::element(
      "figure", picture + html::element("figcaption",
                                        html::element("code", one.image) +
                                            said("true: ", one.true_class, one.true_probability) +
                                            said("called: ", one.predicted_class,
                                                 one.predicted_probability)));
}

}  // namespace

Section figures_section(const Evidence& evidence) {
  const fs::path folder = evidence.paths.evaluation / kFiguresFolder;
  Section section{"figures", "Figures", {}};
  for (const Caption& caption : kCaptions) {
    section.body += html::figure(folder, caption.name, caption.text);
  }
  for (const std::string& name : further_figures(folder)) {
    section.body += html::figure(folder, name, label_of(name));
  }
  return section;
}

Section errors_section(const Evidence& evidence) {
  constexpr std::size_t kMost = 20;
  Section section{"errors", "Errors", {}};
  const fs::path file = evidence.paths.evaluation / "predictions.csv";
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return section;
  const Predictions predictions = read_predictions_csv(file);
  if (std::count(predictions.truth.begin(), predictions.truth.end(), -1) > 0) return section;
  const auto wrong = misclassified(predictions.classes, predictions.paths, predictions.truth,
                                   predictions.matrix());
  section.body += html::paragraph(
      counted(static_cast<long long>(wrong.size()), "image") + " of " +
      std::to_string(predictions.size()) + " got the wrong class" +
      (wrong.size() > kMost ? "; the worst " + std::to_string(kMost) + " are shown" : "") +
      (wrong.empty() ? "." : ", by the probability of the true class, the worst first."));
  const fs::path folder =
      evidence.paths.data.empty()
          ? fs::path(text_at(evidence.report, "/provenance/predictions")).parent_path()
          : evidence.paths.data;
  const RowImage image = images_beside(folder, predictions);
  Html tiles;
  for (std::size_t i = 0; i < std::min(wrong.size(), kMost); ++i) {
    tiles += gallery_tile(wrong[i], image(wrong[i].row));
  }
  if (!tiles.empty()) section.body += html::element("div", tiles, "class=\"gallery\"");
  return section;
}

}  // namespace xrayclf
