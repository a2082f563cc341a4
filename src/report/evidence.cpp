#include "xrayclf/report/evidence.hpp"

#include <system_error>

#include <spdlog/spdlog.h>

#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/data/dataset_info.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;
using Json = Evidence::Json;

constexpr std::uintmax_t kLargestFile = std::uintmax_t{256} << 20;

/// As read_json_file(), with the keys in the file's order.
Json read_in_order(const fs::path& file) {
  const std::string text = read_file(file, kLargestFile);
  parse_json(text, file.string());  // the strict one, for its messages
  return Json::parse(text);
}

Json read_if_there(const fs::path& file) {
  std::error_code error;
  return fs::is_regular_file(file, error) ? read_in_order(file) : Json();
}

/// The checkpoint that was evaluated, wherever the run lies now; else the run's best.
fs::path find_checkpoint(const fs::path& run, const fs::path& evaluated) {
  std::error_code error;
  if (run.empty()) return evaluated;
  const fs::path folder = run / "checkpoints";
  if (!evaluated.empty() && fs::is_directory(folder / evaluated.filename(), error)) {
    return folder / evaluated.filename();
  }
  if (fs::is_regular_file(run / "checkpoint.json", error)) return run;
  if (!fs::is_regular_file(folder / "best", error)) return {};
  std::string name = read_file(folder / "best", 4096);
  name.erase(name.find_last_not_of(" \n\r") + 1);
  return folder / fs::path(name).filename();
}

void warn_if_gone(const fs::path& directory, const Json& content, const char* flag) {
  if (directory.empty() || !content.is_null()) return;
  spdlog::warn("{} is not there any more, so the report goes without it; --{} says where it is",
               printable(directory.string()), flag);
}

}  // namespace

const Json& value_at(const Json& json, const std::string& pointer) {
  static const Json none;
  const Json::json_pointer path(pointer);
  return json.contains(path) ? json.at(path) : none;
}

std::string text_at(const Json& json, const std::string& pointer) {
  const Json& value = value_at(json, pointer);
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

Evidence Evidence::gather(const EvidencePaths& paths) {
  Evidence out;
  out.paths = paths;
  out.report = read_in_order(paths.evaluation / "report.json");
  const fs::path evaluated = text_at(out.report, "/provenance/checkpoint");
  if (out.paths.run.empty() && evaluated.parent_path().filename() == "checkpoints") {
    out.paths.run = evaluated.parent_path().parent_path();
  }
  if (out.paths.data.empty()) out.paths.data = text_at(out.report, "/provenance/data");
  out.checkpoint = find_checkpoint(out.paths.run, evaluated);
  if (!out.paths.run.empty()) {
    out.config = read_if_there(out.paths.run / "config.json");
    out.environment = read_if_there(out.paths.run / "environment.json");
    out.history = read_if_there(out.paths.run / "history.json");
  }
  if (!out.checkpoint.empty()) {
    out.checkpoint_info = read_if_there(out.checkpoint / "checkpoint.json");
    out.checkpoint_manifest = read_if_there(out.checkpoint / "MANIFEST.json");
  }
  if (!out.paths.data.empty()) {
    out.dataset = read_if_there(out.paths.data / kDatasetFile);
    out.audit = read_if_there(out.paths.data / kAuditFile);
  }
  if (!paths.explanations.empty()) {
    out.explanations = read_if_there(paths.explanations / "gradcam.json");
  }
  warn_if_gone(out.paths.run, out.config, "run");
  warn_if_gone(out.paths.data, out.dataset, "data");
  return out;
}

}  // namespace xrayclf
