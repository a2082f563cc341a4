#include "app/prediction_facts.hpp"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/metrics/uncertainty.hpp"

namespace xrayclf {
namespace {

struct Flag {
  const char* name;
  bool FilmCheck::*value;
  const char* reason;
};
constexpr std::array<Flag, 4> kFlags = {
    {{"not_xray", &FilmCheck::not_xray, "no chest film by its looks"},
     {"wrong_orientation", &FilmCheck::wrong_orientation, "seems to be turned"},
     {"inverted", &FilmCheck::inverted, "seems to have inverted greys"},
     {"lateral", &FilmCheck::lateral, "seems to be a lateral view"}}};

std::span<const double> values(const torch::Tensor& t) {
  return {t.data_ptr<double>(), static_cast<std::size_t>(t.numel())};
}

}  // namespace

PredictionFacts::PredictionFacts(const PredictConfig& config, Ensemble& ensemble)
    : config_(config), ensemble_(ensemble) {
  if (!config.uncertainty && !config.abstain) return;
  if (ensemble.plain()) stored_ = stored_uncertainty(ensemble.members().front());
  if (!config.abstain || stored_) return;
  throw ConfigError(
      ensemble.plain()
          ? "--abstain needs the thresholds of train or eval --calibrate, which this checkpoint "
            "does not hold"
          : "--abstain needs one checkpoint without --tta: the stored thresholds speak of that");
}

std::vector<std::string> PredictionFacts::names() const {
  std::vector<std::string> names;
  if (config_.gate && !config_.prepared) {
    for (const Flag& flag : kFlags) names.emplace_back(flag.name);
  }
  if (config_.uncertainty) {
    names.emplace_back("entropy");
    if (ensemble_.voice_weights().size() > 1) names.emplace_back("disagreement");
    if (config_.dropout_passes > 0) {
      names.insert(names.end(), {"dropout_entropy", "dropout_disagreement"});
    }
  }
  if (stored_) names.insert(names.end(), {"prediction_set", "ood_score", "out_of_distribution"});
  if (config_.abstain) names.insert(names.end(), {"abstained", "abstained_because"});
  return names;
}

void PredictionFacts::add_entropies(Prediction& prediction, const OutputRow& row) const {
  auto& facts = prediction.facts;
  const auto classes = static_cast<std::int64_t>(ensemble_.classes().size());
  facts["entropy"] = entropy(prediction.probabilities);
  const torch::Tensor voices = row.outputs.voices[row.row].contiguous();
  if (voices.size(0) > 1) {
    facts["disagreement"] =
        mutual_information({values(voices), classes}, ensemble_.voice_weights());
  }
  if (config_.dropout_passes == 0) return;
  const torch::Tensor passes =
      dropout_passes(*ensemble_.members().front().network(), row.outputs.features[row.row],
                     config_.dropout_passes, static_cast<std::uint64_t>(config_.seed), row.index);
  if (!passes.defined()) return;
  facts["dropout_entropy"] = entropy(values(passes.mean(0).contiguous()));
  facts["dropout_disagreement"] = mutual_information({values(passes), classes});
}

std::vector<std::string> PredictionFacts::add_stored(Prediction& prediction,
                                                     const OutputRow& row) const {
  auto& facts = prediction.facts;
  nlohmann::json names = nlohmann::json::array();
  for (const std::int64_t c : prediction_set(prediction.probabilities, stored_->chosen.sets)) {
    names.push_back(ensemble_.classes()[static_cast<std::size_t>(c)]);
  }
  const torch::Tensor score = ood_scores(*stored_, row.outputs.features.narrow(0, row.row, 1),
                                         row.outputs.logits.narrow(0, row.row, 1));
  const double value = score.item<double>();
  const bool strange = !(value <= stored_->ood_threshold);
  facts["prediction_set"] = names;
  facts["ood_score"] = value;
  facts["out_of_distribution"] = strange;
  std::vector<std::string> reasons;
  const double confidence =
      *std::max_element(prediction.probabilities.begin(), prediction.probabilities.end());
  const double least = stored_->chosen.answer.confidence;
  if (confidence < least) reasons.push_back(fmt::format("confidence below {:.3g}", least));
  if (strange) reasons.emplace_back("unlike the images of validation");
  return reasons;
}

void PredictionFacts::add(Prediction& prediction, const OutputRow& row,
                          const std::optional<FilmCheck>& check) const {
  auto& facts = prediction.facts;
  std::vector<std::string> reasons;
  if (check) {
    for (const Flag& flag : kFlags) {
      const bool raised = (*check).*flag.value;
      facts[flag.name] = raised;
      if (raised) reasons.emplace_back(flag.reason);
    }
  }
  if (config_.uncertainty) add_entropies(prediction, row);
  if (stored_) {
    for (std::string& reason : add_stored(prediction, row)) reasons.push_back(std::move(reason));
  }
  if (!config_.abstain) return;
  facts["abstained"] = !reasons.empty();
  if (!reasons.empty()) facts["abstained_because"] = join(reasons, " and ");
}

}  // namespace xrayclf
