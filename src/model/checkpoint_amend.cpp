#include <system_error>

#include "checkpoint_format.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/model/checkpoint.hpp"

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

}  // namespace

void amend_calibration(const fs::path& directory, const nlohmann::json& patch) {
  read_checkpoint_info(directory);  // what is damaged is not carried on
  nlohmann::json info = read_json_file(directory / checkpoint::kInfo);
  nlohmann::json files = read_json_file(directory / checkpoint::kManifest).at("files");
  info["calibration"].merge_patch(patch);
  if (info["calibration"].empty()) info.erase("calibration");
  checkpoint::Replacement replacement(directory);
  for (const auto& [name, entry] : files.items()) {
    if (name != checkpoint::kInfo) carry_over(directory / name, replacement.path() / name);
  }
  const fs::path changed = replacement.path() / checkpoint::kInfo;
  write_file(changed, checkpoint::to_text(info));
  files[checkpoint::kInfo] = checkpoint::file_entry(changed);
  write_file(replacement.path() / checkpoint::kManifest, checkpoint::manifest_text(files));
  replacement.commit();
}

}  // namespace xrayclf
