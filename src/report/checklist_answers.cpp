#include "checklist_answers.hpp"

#include <fmt/format.h>

#include "json_view.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

using Json = Evidence::Json;

/// Fills in the answers, part by part; "" leaves an item open.
class Answers {
 public:
  explicit Answers(const Evidence& evidence)
      : evidence_(evidence),
        report_(evidence.report),
        dataset_(evidence.dataset),
        audit_(evidence.audit),
        info_(evidence.checkpoint_info),
        config_(evidence.config) {}

  std::map<std::string, std::string> all() {
    always();
    if (!dataset_.is_null()) about_data();
    if (!audit_.is_null()) about_audit();
    if (!info_.is_null()) about_model();
    if (!config_.is_null()) about_training();
    std::erase_if(answers_, [](const auto& entry) { return entry.second.empty(); });
    return answers_;
  }

 private:
  std::string& answer(const char* key) { return answers_[key]; }

  std::string classes() const {
    std::vector<std::string> names;
    for (const Json& name : value_at(report_, "/classes")) names.push_back(name.get<std::string>());
    return join(names);
  }

  std::string metric(const char* name) const {
    const Json& figure = value_at(report_, std::string("/metrics/") + name);
    return figure.is_null() ? "" : label_of(name) + " " + figure_text(figure);
  }

  void always() {
    answer("intended_use") = evidence_.statements.intended_use;
    const Json& use = value_at(report_, "/provenance/checkpoint");
    answer("technology") = use.is_null() ? "" : "Deep learning: a convolutional network.";
    answer("metrics") =
        "Accuracy, sensitivity, specificity, predictive values, F1, AUROC and average precision by "
        "class with their means, Brier score, log loss, calibration error, kappa, MCC; confusion "
        "matrix, ROC, precision-recall and decision curves, reliability diagram.";
    const double confidence = value_at(report_, "/settings/confidence").get<double>();
    answer("uncertainty") = fmt::format(
        "{:g} % intervals on every figure; each names its method. What is independent: the {}.",
        100 * confidence, text_at(report_, "/settings/sampling_unit"));
    answer("performance") =
        "On the evaluated images: " + metric("accuracy") + ", " + metric("auroc_macro") + ".";
    answer("class_performance") =
        "Sensitivity, specificity and predictive values of each class, with intervals.";
    answer("failures") = "The misclassified images, the worst first, with their probabilities.";
    answer("limitations") = "What was not done is listed.";
    answer("counts") = counted(value_at(report_, "/samples").get<std::int64_t>(), "image") +
                       " of " +
                       counted(value_at(report_, "/patients").get<std::int64_t>(), "patient") +
                       "; " + outcomes() + ".";
    answer("output") =
        "A probability for each of: " + classes() +
        ". The class called is the one of the largest probability" +
        (value_at(report_, "/operating_points").is_null() ? "; no other threshold was set."
                                                          : "; operating points are given apart.");
    answer("outcome") = "The class that each image came with: " + classes() +
                        ". Its origin is for the authors to describe.";
    answer("predictors") = "The pixels of one frontal film; no other predictor.";
    answer("predictor_judgement") = "None: the pixels are used as they are.";
    if (!value_at(report_, "/subgroups").is_null()) {
      answer("robustness") = "Performance by subgroup.";
    }
    if (!value_at(report_, "/calibration").is_null()) {
      answer("recalibration") = "As given under Calibration.";
    }
    if (!evidence_.explanations.is_null()) {
      answer("explanations") = "Class maps by " + text_at(evidence_.explanations, "/method") +
                               (value_at(evidence_.explanations, "/quality").is_null()
                                    ? "; their quality was not measured."
                                    : ", with measures of their quality.");
    }
    const std::string split = text_at(report_, "/provenance/split");
    if (!split.empty()) {
      answer("internal_test") = "On the part '" + split + "' of the same data set.";
    }
  }

  /// "12 Normal, 30 Pneumonia".
  std::string outcomes() const {
    std::vector<std::string> parts;
    for (const auto& [name, figures] : value_at(report_, "/per_class").items()) {
      parts.push_back(text_at(figures, "/support") + " " + name);
    }
    return join(parts);
  }

  void about_data() {
    const Json& steps = value_at(dataset_, "/preprocessing");
    answer("data_source") = "The images at '" + text_at(dataset_, "/settings/input") +
                            "'; their origin is for the authors to describe.";
    answer("preprocessing") = "Read as grey, then by these settings: " + steps.dump() +
                              "; the same code prepares images at prediction.";
    answer("assignment") =
        text_at(dataset_, "/split_from") == "input"
            ? "As the data came: by their own column or folders."
            : "At random by class with whole patients, seed " + text_at(dataset_, "/seed") + ".";
    const auto& alone = value_at(dataset_, "/patients/images_alone");
    const bool known = !alone.is_number() || alone.get<std::int64_t>() == 0;
    answer("disjoint") =
        value_at(dataset_, "/leaks_allowed") == true
            ? "Not guaranteed: leaks were allowed; see the audit."
            : std::string("Patient: no patient and no identical image in two partitions") +
                  (known ? "." : "; but where the patient is unknown an image counts as one.");
    answer("differences") =
        "Both are parts of one data set, prepared alike; the counts by class are given.";
    answer("subsets") = "Whole images; none was selected by content.";
  }

  void about_audit() {
    const auto count = [&](const char* key) {
      return value_at(audit_, std::string("/") + key).size();
    };
    answer("flow") = fmt::format(
        "{} images used; {} left out as unreadable, {} other files skipped; by partition and "
        "class.",
        text_at(audit_, "/images"), count("unreadable"), count("skipped"));
    answer("missing_data") = fmt::format(
        "Images that could not be read were left out and are listed ({}). A probability is given "
        "for every image that can be read.",
        count("unreadable"));
  }

  void about_model() {
    answer("model") =
        text_at(info_, "/network/architecture") + " (" + text_at(info_, "/network/flavour") +
        "), head '" + text_at(info_, "/network/head") + "', input " +
        text_at(info_, "/preprocessing/image_size") + " pixels square, outputs: " + classes() + ".";
    answer("software") = "xrayclf " + text_at(info_, "/versions/xrayclf") +
                         " and the versions listed under Environment.";
    const Json& weights = value_at(info_, "/training/backbone_weights");
    if (!weights.is_null()) {
      answer("initialisation") = value_at(weights, "/file").is_null()
                                     ? "Random, by the seed."
                                     : "Backbone from " + text_at(weights, "/source") +
                                           " (SHA-256 under Hashes); head random.";
    }
    answer("model_file") =
        "The checkpoint holds weights, architecture, classes and preprocessing; its files are "
        "listed "
        "with their SHA-256.";
    answer("prediction") =
        "By the checkpoint whose SHA-256 are listed, which recomputed its golden sample when "
        "loaded.";
    answer("ensembling") = "None: one network.";
    answer("poor_input") =
        "A file that is damaged, too small, too large or no image is refused with its reason; the "
        "quality of a film is not judged.";
  }

  void about_training() {
    answer("training") =
        "The whole configuration is in this report: augmentation, optimiser, schedule, batch size, "
        "epochs; " +
        counted(static_cast<long long>(evidence_.history.size()), "epoch") + " were run, seed " +
        text_at(config_, "/seed") + ".";
    answer("selection") = "The epoch of the best " +
                          text_at(config_, "/callbacks/model_checkpoint/monitor") + " (epoch " +
                          text_at(info_, "/training/epoch/epoch") + ").";
    answer("imbalance") = "Class weights of the loss: " + text_at(config_, "/loss/class_weights") +
                          "; sampler: " + text_at(config_, "/sampler") + ".";
    answer("details") = "The configuration, versions and hashes in this report repeat the run.";
  }

  const Evidence& evidence_;
  const Json& report_;
  const Json& dataset_;
  const Json& audit_;
  const Json& info_;
  const Json& config_;
  std::map<std::string, std::string> answers_;
};

}  // namespace

std::map<std::string, std::string> checklist_answers(const Evidence& evidence) {
  return Answers(evidence).all();
}

}  // namespace xrayclf
