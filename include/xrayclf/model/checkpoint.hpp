#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <torch/torch.h>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "xrayclf/model/input.hpp"
#include "xrayclf/model/network.hpp"

/// A checkpoint is a directory that is enough to use a model anywhere:
///
///   model.safetensors    the whole state; architecture and classes stand in its metadata, too
///   checkpoint.json      CheckpointInfo and the golden sample's logits
///   golden_sample.png    one prepared image; loading computes its logits and compares
///   (extra files)        of the caller, for example a training state
///   tensors.safetensors  tensors of the caller, for example an optimiser's moments
///   MANIFEST.json        name, size and SHA-256 of every file, written last
namespace xrayclf {

/// The file of a checkpoint's extra tensors.
inline constexpr const char* kCheckpointTensors = "tensors.safetensors";

/// How a model is to be used.
struct CheckpointInfo {
  NetworkConfig network;
  std::vector<std::string> classes;  ///< in the order of the logits
  InputSpec input;
  nlohmann::json preprocessing =
      nlohmann::json::object();  ///< of raw images, see image/preprocess.hpp
  std::string preprocessing_fingerprint;
  nlohmann::json training = nlohmann::json::object();  ///< summary: epoch, scores, data, seed
  /// What held-out data said about reading the outputs, a section each, as "temperature"; no key in
  /// the file while there is none. Its makers define the sections.
  nlohmann::json calibration = nlohmann::json::object();
  nlohmann::json versions =
      nlohmann::json::object();  ///< of the program that wrote it; set on writing
};

/// A network ready for use.
struct LoadedCheckpoint {
  std::shared_ptr<Network> network;  ///< in evaluation mode, on the device asked for
  CheckpointInfo info;
  std::filesystem::path directory;
};

/// Writes the directory whole: beside it under a temporary name, flushed, then renamed; one of that
/// name is replaced. `golden_image` is an 8-bit grey image as prepared for the network.
/// `extra_files` maps file names to contents; `extra_tensors`, if any, become kCheckpointTensors.
/// The network's mode and device are left as they are. Throws NumericError if a weight or a
/// logit of the golden sample is not finite, ModelError if the classes do not fit the network,
/// IoError.
void write_checkpoint(const std::filesystem::path& directory, Network& network,
                      const CheckpointInfo& info, const cv::Mat& golden_image,
                      const std::map<std::string, std::string>& extra_files = {},
                      const std::map<std::string, torch::Tensor>& extra_tensors = {});

/// Changes a finished checkpoint's calibration by a JSON merge patch (RFC 7396): {"temperature":
/// {...}} sets that section, {"temperature": null} removes it. A new directory with the changed
/// checkpoint.json, its manifest, and the other files as they are takes the place of the old one by
/// renaming. Throws ModelError if the checkpoint is damaged, IoError.
void amend_calibration(const std::filesystem::path& directory, const nlohmann::json& patch);

/// Throws ModelError that says which file is wrong and how: missing, damaged, of another version,
/// or a golden sample whose logits come out differently here.
LoadedCheckpoint load_checkpoint(const std::filesystem::path& directory,
                                 const torch::Device& device = torch::kCPU);

/// The info alone, every file checked against the manifest, no network built. Throws as
/// load_checkpoint().
CheckpointInfo read_checkpoint_info(const std::filesystem::path& directory);

/// The checkpoint directory meant by a path: itself, or of a run directory the checkpoint that the
/// text file `checkpoints/best` names. Throws ModelError if it is neither.
std::filesystem::path resolve_checkpoint(const std::filesystem::path& run_or_checkpoint);

}  // namespace xrayclf
