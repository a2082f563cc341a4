#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <torch/torch.h>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "xrayclf/model/input.hpp"
#include "xrayclf/model/network.hpp"

/// What the writer and the reader of checkpoints agree on.
namespace xrayclf::checkpoint {

inline constexpr std::int64_t kFormat = 1;
inline constexpr const char* kWeights = "model.safetensors";
inline constexpr const char* kInfo = "checkpoint.json";
inline constexpr const char* kGoldenSample = "golden_sample.png";
inline constexpr const char* kManifest = "MANIFEST.json";
/// The weights' metadata key that binds the class list to them.
inline constexpr const char* kClassesKey = "classes";

/// A name that stays inside its directory.
bool is_plain_name(const std::string& name);

/// JSON text as the files of a checkpoint hold it.
std::string to_text(const nlohmann::json& value);

/// {"bytes", "sha256"} of a file, as the manifest lists it.
nlohmann::json file_entry(const std::filesystem::path& file);

/// The manifest as its file holds it; `files` maps names to file_entry().
std::string manifest_text(const nlohmann::json& files);

/// A directory beside the checkpoint that takes its place on commit(), in one step where the file
/// system can do that, and vanishes without. Throws IoError.
class Replacement {
 public:
  explicit Replacement(const std::filesystem::path& directory);
  ~Replacement();
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  const std::filesystem::path& path() const { return temporary_; }
  void commit();

 private:
  std::filesystem::path directory_;
  std::filesystem::path temporary_;
};

/// Logits of one prepared image in evaluation mode and float32 arithmetic, whatever mode the
/// network is in; it is left in that mode. float64 [classes] on the CPU.
torch::Tensor golden_logits(Network& network, const cv::Mat& image, const InputSpec& input);

}  // namespace xrayclf::checkpoint
