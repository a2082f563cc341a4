#include <algorithm>

#include "json_view.hpp"
#include "sections.hpp"
#include "xrayclf/report/figures.hpp"

namespace xrayclf {
namespace {

using Json = Evidence::Json;
constexpr std::size_t kShownEpochs = 40;

/// "everything, then head": what is trained, phase by phase.
std::string opened_parts(const Json& config) {
  const std::string base = text_at(config, "/open/part");
  std::string out;
  for (const Json& patch : value_at(config, "/phases")) {
    const std::string own = text_at(patch, "/open/part");
    out += (out.empty() ? "" : ", then ") + (own.empty() ? base : own);
  }
  return out.empty() ? base : out;
}

std::string weights_text(const Json& info) {
  const Json& weights = value_at(info, "/training/backbone_weights");
  if (weights.is_null()) return "";
  if (value_at(weights, "/file").is_null()) return "none: random";
  const std::string source = text_at(weights, "/source");
  return source.empty() ? text_at(weights, "/file") : source;
}

Html history_table(const Json& history) {
  std::vector<std::string> keys;
  for (const char* key : {"epoch", "phase", "loss", "val_loss", "accuracy", "val_accuracy", "auroc",
                          "val_auroc", "learning_rate", "seconds"}) {
    if (!history.empty() && history.front().contains(key)) keys.emplace_back(key);
  }
  html::Row header;
  for (const std::string& key : keys) header.emplace_back(label_of(key));
  std::vector<html::Row> rows;
  for (const Json& entry : history) {
    html::Row row;
    for (const std::string& key : keys) row.push_back(json_view(entry.at(key)));
    rows.push_back(std::move(row));
  }
  return html::table(header, rows);
}

/// The augmentation of each phase that has one of its own.
Html augmentation_figures(const std::filesystem::path& folder, std::size_t phases) {
  Html out;
  for (std::size_t i = 0; i < std::max<std::size_t>(phases, 1); ++i) {
    const std::string number = i == 0 ? "" : "_" + std::to_string(i + 1);
    out +=
        html::figure(folder, "augmentation_examples" + number,
                     "Views of one training image: each transform alone and certain, and last "
                     "the whole pipeline" +
                         (i == 0 ? std::string(".") : " of phase " + std::to_string(i + 1) + "."));
  }
  return out;
}

}  // namespace

Section training_section(const Evidence& evidence) {
  Section section{"training", "Training", {}};
  const Json& config = evidence.config;
  const Json& info = evidence.checkpoint_info;
  if (config.is_null() && info.is_null()) return section;
  section.body += html::pairs(
      {{"Run", html::element("code", evidence.paths.run.string())},
       {"Network", text_at(info, "/network/architecture")},
       {"Head", text_at(info, "/network/head")},
       {"Initial weights", weights_text(info)},
       {"Started from", text_at(info, "/training/started_from")},
       {"Trained parts", opened_parts(config)},
       {"Epochs", evidence.history.is_array() ? std::to_string(evidence.history.size()) : ""},
       {"Epoch of the weights", text_at(info, "/training/epoch/epoch")},
       {"Chosen by", text_at(config, "/callbacks/model_checkpoint/monitor")},
       {"Seed", text_at(config, "/seed")}});
  const auto folder = evidence.paths.run / kFiguresFolder;
  section.body += html::figure(folder, "history",
                               "Loss, accuracy, AUROC and learning rate by epoch. Training figures "
                               "are taken with dropout, before each step.");
  section.body += augmentation_figures(folder, value_at(config, "/phases").size());
  if (evidence.history.is_array()) {
    const Html table = history_table(evidence.history);
    section.body += evidence.history.size() <= kShownEpochs
                        ? html::heading("History") + table
                        : html::details("History, epoch by epoch", table);
  }
  if (!config.is_null()) {
    section.body += html::details(
        "The whole configuration",
        html::element("pre", config.dump(2, ' ', false, Json::error_handler_t::replace)));
  }
  return section;
}

}  // namespace xrayclf
