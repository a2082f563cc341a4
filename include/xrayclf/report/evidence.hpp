#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

namespace xrayclf {

/// What a person adds to a page, since no run can know it.
struct Statements {
  std::string title;
  std::string intended_use;
  std::map<std::string, std::string> claim;      ///< answers by the number of the item
  std::map<std::string, std::string> tripod_ai;  ///< likewise

  /// {"title": "...", "intended_use": "...", "claim": {"5": "..."}, "tripod_ai": {"17": "..."}}.
  /// Throws ConfigError for other keys, for items that do not exist, and for what is no text.
  static Statements read(const std::filesystem::path& file);
};

/// Directories of one evaluation. `run` and `data` may be empty: the report says where they were.
/// `explanations`, made by xrayclf gradcam, may be empty, too.
struct EvidencePaths {
  std::filesystem::path evaluation;
  std::filesystem::path run;
  std::filesystem::path data;
  std::filesystem::path explanations;
};

/// Everything that is known of an evaluation, read from its files. What is not there is null or
/// empty, except the report itself.
struct Evidence {
  using Json = nlohmann::ordered_json;

  EvidencePaths paths;
  std::filesystem::path checkpoint;  ///< directory
  Json report;                       ///< report.json of the evaluation
  Json config, environment, history;
  Json checkpoint_info, checkpoint_manifest;
  Json dataset, audit;
  Json explanations;  ///< gradcam.json
  Statements statements;

  /// Of a checkpoint on a prepared set: their directories as far as `paths` does not name them.
  /// Throws IoError if there is no report, ConfigError if a file is no JSON.
  static Evidence gather(const EvidencePaths& paths);
};

/// The value at a JSON pointer ("/training/epoch"), or null.
const Evidence::Json& value_at(const Evidence::Json& json, const std::string& pointer);
/// The text there; numbers and booleans as JSON writes them; "" for none.
std::string text_at(const Evidence::Json& json, const std::string& pointer);

}  // namespace xrayclf
