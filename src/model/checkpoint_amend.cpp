#include <system_error>

#include "checkpoint_format.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/model/calibration_tensors.hpp"
#include "xrayclf/model/checkpoint.hpp"
#include "xrayclf/model/weights.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;

/// The same file under another name; a copy where the file system has no links.
void carry_over(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_hard_link(from, to, error);
  if (!error) return;
  fs::copy_file(from, to, error);
  if (error) throw IoError(to.string() + ": cannot write: " + error.message());
}

/// The file `added` is replaced by `tensors`, or by nothing without any; "" for no such file.
void amend(const fs::path& directory, const nlohmann::json& patch, const std::string& added,
           const std::map<std::string, torch::Tensor>& tensors) {
  read_checkpoint_info(directory);  // what is damaged is not carried on
  nlohmann::json info = read_json_file(directory / checkpoint::kInfo);
  nlohmann::json files = read_json_file(directory / checkpoint::kManifest).at("files");
  info["calibration"].merge_patch(patch);
  if (info["calibration"].empty()) info.erase("calibration");
  if (!added.empty()) files.erase(added);
  checkpoint::Replacement replacement(directory);
  for (const auto& [name, entry] : files.items()) {
    if (name != checkpoint::kInfo) carry_over(directory / name, replacement.path() / name);
  }
  const fs::path changed = replacement.path() / checkpoint::kInfo;
  write_file(changed, checkpoint::to_text(info));
  files[checkpoint::kInfo] = checkpoint::file_entry(changed);
  if (!tensors.empty()) {
    write_tensors(replacement.path() / added, tensors, {});
    files[added] = checkpoint::file_entry(replacement.path() / added);
  }
  write_file(replacement.path() / checkpoint::kManifest, checkpoint::manifest_text(files));
  replacement.commit();
}

}  // namespace

void amend_calibration(const fs::path& directory, const nlohmann::json& patch) {
  amend(directory, patch, "", {});
}

void amend_calibration_tensors(const fs::path& directory, const nlohmann::json& patch,
                               const std::string& name,
                               const std::map<std::string, torch::Tensor>& tensors) {
  amend(directory, patch, name, tensors);
}

}  // namespace xrayclf
