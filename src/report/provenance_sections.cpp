#include <system_error>

#include "json_view.hpp"
#include "sections.hpp"
#include "xrayclf/core/sha256.hpp"
#include "xrayclf/data/dataset_info.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;
using Json = Evidence::Json;

std::string hash_of(const fs::path& file) {
  std::error_code error;
  return fs::is_regular_file(file, error) ? sha256_file(file) : "";
}

Html code(const std::string& text) { return text.empty() ? Html() : html::element("code", text); }

/// Whether the data set is still the one that the weights were trained on.
std::string data_fit(const Evidence& evidence, const std::string& dataset) {
  const std::string trained = text_at(evidence.checkpoint_info, "/training/data/sha256");
  if (trained.empty() || dataset.empty()) return "";
  return trained == dataset ? "yes, by its SHA-256" : "no: dataset.json has another SHA-256 now";
}

}  // namespace

Section environment_section(const Evidence& evidence) {
  Section section{"environment", "Environment", {}};
  if (!evidence.environment.is_null()) {
    section.body += html::heading("Of the training") + json_view(evidence.environment);
  }
  const Json& versions = value_at(evidence.report, "/provenance/versions");
  if (!versions.is_null()) {
    section.body += html::heading("Of the evaluation") + json_view(versions);
  }
  const Json& settings = value_at(evidence.report, "/settings");
  if (!settings.is_null()) {
    section.body += html::heading("Settings of the evaluation") + json_view(settings);
  }
  return section;
}

Section hashes_section(const Evidence& evidence) {
  Section section{"hashes", "Hashes", {}};
  const fs::path& data = evidence.paths.data;
  const fs::path& evaluation = evidence.paths.evaluation;
  const std::string dataset = data.empty() ? "" : hash_of(data / kDatasetFile);
  section.body += html::paragraph("SHA-256 of the files that this report speaks of.");
  section.body += html::pairs(
      {{"dataset.json", code(dataset)},
       {"manifest.csv", code(text_at(evidence.dataset, "/manifest_sha256"))},
       {"Preprocessing (fingerprint)", code(text_at(evidence.dataset, "/fingerprint"))},
       {"Trained on this data set", data_fit(evidence, dataset)},
       {"report.json", code(hash_of(evaluation / "report.json"))},
       {"predictions.csv", code(hash_of(evaluation / "predictions.csv"))},
       {"Initial weights",
        code(text_at(evidence.checkpoint_info, "/training/backbone_weights/sha256"))},
       {"Initial weights, as published",
        code(text_at(evidence.checkpoint_info, "/training/backbone_weights/source_sha256"))}});
  std::vector<html::Row> rows;
  for (const auto& [name, entry] : value_at(evidence.checkpoint_manifest, "/files").items()) {
    rows.push_back({name, text_at(entry, "/bytes"), code(text_at(entry, "/sha256"))});
  }
  if (!rows.empty()) {
    section.body += html::heading("Checkpoint") +
                    html::paragraph(html::element("code", evidence.checkpoint.string())) +
                    html::table({"File", "Bytes", "SHA-256"}, rows);
  }
  return section;
}

}  // namespace xrayclf
