#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "xrayclf/model/input.hpp"
#include "xrayclf/model/network.hpp"

/// Files of weights: safetensors whose tensors bear the network's own state names, with a record of
/// what they are in the metadata:
///
///   format         "xrayclf-weights-1"
///   architecture   "efficientnet_b4"
///   flavour        "torchvision" or "tf"
///   mean, std      "0.485,0.456,0.406", on the scale 0 to 1
///   input_size     "380"
///   source, source_sha256, license     of the file they were converted from; may be empty
namespace xrayclf {

struct WeightsRecord {
  std::string architecture;
  Flavour flavour = Flavour::torchvision;
  InputSpec input;
  int64_t input_size = 224;
  std::string source;
  std::string source_sha256;
  std::string license;
};

/// The record as a file's metadata.
std::map<std::string, std::string> to_metadata(const WeightsRecord& record);

/// Reads the record alone. Throws IoError or ModelError.
WeightsRecord read_weights_record(const std::filesystem::path& path);

/// What load_pretrained() did.
struct PretrainedReport {
  WeightsRecord record;
  int64_t loaded = 0;                ///< tensors copied into the backbone
  std::vector<std::string> dropped;  ///< the file's classifier, which knows other classes
};

/// Copies a file's backbone into the network; the head keeps its values. Throws ModelError that
/// names the file and what is wrong: another architecture or flavour than the network's, backbone
/// tensors missing, unexpected, or of another shape, values that are not finite, a negative running
/// variance. The network is unchanged then.
PretrainedReport load_pretrained(Network& network, const std::filesystem::path& path);

/// Copies a whole state, head included, by name. Throws ModelError as load_pretrained().
void load_state(Network& network, const std::filesystem::path& path);

/// Writes the whole state. Throws NumericError if a value is not finite (nothing is written),
/// IoError.
void save_state(Network& network, const std::filesystem::path& path,
                const std::map<std::string, std::string>& metadata);

/// Any named tensors, as float32 or int64. Throws as save_state().
void write_tensors(const std::filesystem::path& path,
                   const std::map<std::string, torch::Tensor>& tensors,
                   const std::map<std::string, std::string>& metadata);

/// All tensors of a file, on the CPU. Throws IoError, ModelError.
std::map<std::string, torch::Tensor> read_tensors(const std::filesystem::path& path);

/// Parameters and buffers by state name, sharing memory with the module.
std::map<std::string, torch::Tensor> state_of(const torch::nn::Module& module);

}  // namespace xrayclf
