#include <cmath>
#include <system_error>

#include "checkpoint_format.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/sha256.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/image/codec.hpp"
#include "xrayclf/model/checkpoint.hpp"
#include "xrayclf/model/safetensors.hpp"
#include "xrayclf/model/weights.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Golden logits may differ by this part of the largest one: between processors, thread counts and
/// devices float32 differs by 1e-6 to 1e-4, a wrong epsilon or padding by 2e-2 or more.
constexpr double kGoldenTolerance = 2e-3;
/// Where all logits are nearly 0, as a fresh head's may be, rounding is all there is.
constexpr double kGoldenFloor = 1e-6;

[[noreturn]] void refuse(const fs::path& file, const std::string& reason) {
  throw ModelError(file.string() + ": " + reason);
}

/// Errors that other layers report as theirs are the model's here.
template <class Function>
auto as_model_error(const fs::path& file, Function&& function) {
  try {
    return function();
  } catch (const ConfigError& error) {
    const std::string what = error.what();
    throw ModelError(what.starts_with(file.string()) ? what : file.string() + ": " + what);
  } catch (const json::exception& error) {
    throw ModelError(file.string() + ": a value is missing or of the wrong kind (" +
                     printable(error.what()) + ")");
  }
}

std::string read_part(const fs::path& file) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (!fs::exists(status)) refuse(file, "missing");
  if (!fs::is_regular_file(status)) refuse(file, "not a regular file");
  constexpr std::uintmax_t kLimit = std::uintmax_t{64} << 20;
  return read_file(file, kLimit);
}

/// The parsed file; its text must be exactly what the program writes, so that every changed byte
/// shows, blanks included.
json read_own_json(const fs::path& file) {
  const std::string text = read_part(file);
  return as_model_error(file, [&] {
    json value = parse_json(text, file.string());
    const std::int64_t format = value.at("format").get<std::int64_t>();
    if (format != checkpoint::kFormat) {
      refuse(file, "checkpoint format " + std::to_string(format) + ", this program reads " +
                       std::to_string(checkpoint::kFormat));
    }
    if (checkpoint::to_text(value) != text) refuse(file, "damaged: not as it was written");
    return value;
  });
}

void check_file(const fs::path& directory, const std::string& name, const json& entry) {
  const fs::path file = directory / name;
  if (!checkpoint::is_plain_name(name)) refuse(directory, "its manifest names a file outside it");
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (!fs::exists(status)) refuse(file, "missing");
  if (!fs::is_regular_file(status)) refuse(file, "not a regular file");
  const auto size = entry.at("bytes").get<std::uintmax_t>();
  if (fs::file_size(file) != size) {
    refuse(file, "damaged: " + std::to_string(fs::file_size(file)) + " bytes, the manifest says " +
                     std::to_string(size));
  }
  if (sha256_file(file) != entry.at("sha256").get<std::string>()) {
    refuse(file, "damaged: its SHA-256 is not the manifest's");
  }
}

void check_manifest(const fs::path& directory) {
  std::error_code error;
  if (!fs::is_directory(directory, error)) refuse(directory, "no such checkpoint directory");
  const fs::path manifest = directory / checkpoint::kManifest;
  const json value = read_own_json(manifest);
  as_model_error(manifest, [&] {
    const json& files = value.at("files");
    for (const char* name : {checkpoint::kWeights, checkpoint::kInfo, checkpoint::kGoldenSample}) {
      if (!files.contains(name)) refuse(manifest, std::string(name) + " is not listed");
    }
    for (const auto& item : files.items()) check_file(directory, item.key(), item.value());
  });
}

CheckpointInfo info_from_json(const json& in) {
  CheckpointInfo info;
  info.network = read_json<NetworkConfig>(in.at("network"), "network");
  info.classes = in.at("classes").get<std::vector<std::string>>();
  if (static_cast<std::int64_t>(info.classes.size()) != info.network.num_classes) {
    throw ConfigError(counted(static_cast<long long>(info.classes.size()), "class name") +
                      " for a network of " + std::to_string(info.network.num_classes));
  }
  info.input = input_spec_from_json(in.at("input"));
  info.preprocessing = in.at("preprocessing");
  info.preprocessing_fingerprint = in.at("preprocessing_fingerprint").get<std::string>();
  info.training = in.at("training");
  info.calibration = in.value("calibration", json::object());
  if (!info.calibration.is_object()) throw ConfigError("its calibration is not an object");
  info.versions = in.at("versions");
  return info;
}

/// The weights say which classes they were trained for, in which order.
void check_class_list(const fs::path& weights, const CheckpointInfo& info) {
  const SafetensorsFile file(weights);
  const auto found = file.header().metadata.find(checkpoint::kClassesKey);
  const std::string expected = json(info.classes).dump();
  if (found == file.header().metadata.end() || found->second != expected) {
    refuse(weights,
           "trained for other classes than checkpoint.json lists: " +
               (found == file.header().metadata.end() ? "none" : printable(found->second)) +
               " against " + printable(expected));
  }
}

cv::Mat read_golden_sample(const fs::path& file) {
  try {
    const cv::Mat image = decode_image(read_part(file)).grey;
    if (image.type() == CV_8UC1) return image;
  } catch (const DataError& error) {
    refuse(file, error.what());
  }
  refuse(file, "not an 8-bit grey image");
}

void check_golden_sample(const fs::path& directory, Network& network, const InputSpec& input,
                         const std::vector<double>& expected) {
  const fs::path file = directory / checkpoint::kGoldenSample;
  const cv::Mat image = read_golden_sample(file);
  const torch::Tensor want = torch::tensor(expected, torch::kFloat64);
  torch::Tensor got;
  try {
    got = checkpoint::golden_logits(network, image, input);
  } catch (const c10::Error& error) {
    refuse(file, "the network cannot take this image (" +
                     printable(error.what_without_backtrace()) + ")");
  }
  if (want.sizes() != got.sizes())
    refuse(directory / checkpoint::kInfo, "golden logits of another number of classes");
  const double largest = want.abs().max().item<double>();
  const double off = (got - want).abs().max().item<double>();
  if (!(off <= kGoldenTolerance * largest + kGoldenFloor)) {
    refuse(file,
           "the network's logits of this sample differ by " + std::to_string(off) +
               " from the ones stored when it was saved; this program computes another function");
  }
}

/// Building a network draws random weights that are overwritten at once; the caller's random
/// sequence must not notice.
std::shared_ptr<Network> build_quietly(const NetworkConfig& config) {
  at::Generator generator = at::globalContext().defaultGenerator(torch::kCPU);
  const torch::Tensor state = generator.get_state();
  auto network = make_network(config);
  generator.set_state(state);
  return network;
}

}  // namespace

CheckpointInfo read_checkpoint_info(const fs::path& directory) {
  check_manifest(directory);
  const fs::path file = directory / checkpoint::kInfo;
  const json value = read_own_json(file);
  return as_model_error(file, [&] { return info_from_json(value); });
}

LoadedCheckpoint load_checkpoint(const fs::path& directory, const torch::Device& device) {
  LoadedCheckpoint loaded;
  loaded.directory = directory;
  loaded.info = read_checkpoint_info(directory);
  const fs::path weights = directory / checkpoint::kWeights;
  check_class_list(weights, loaded.info);
  const fs::path file = directory / checkpoint::kInfo;
  loaded.network = as_model_error(file, [&] { return build_quietly(loaded.info.network); });
  load_state(*loaded.network, weights);
  loaded.network->eval();
  const json value = read_own_json(file);
  const auto golden =
      as_model_error(file, [&] { return value.at("golden_logits").get<std::vector<double>>(); });
  check_golden_sample(directory, *loaded.network, loaded.info.input, golden);
  loaded.network->to(device);
  return loaded;
}

fs::path resolve_checkpoint(const fs::path& run_or_checkpoint) {
  std::error_code error;
  if (fs::exists(run_or_checkpoint / checkpoint::kManifest, error)) return run_or_checkpoint;
  const fs::path pointer = run_or_checkpoint / "checkpoints" / "best";
  if (!fs::is_regular_file(pointer, error)) {
    refuse(run_or_checkpoint, fs::exists(run_or_checkpoint, error)
                                  ? "neither a checkpoint (no MANIFEST.json) nor a run with one "
                                    "(no checkpoints/best)"
                                  : "no such checkpoint or run");
  }
  std::string name = read_file(pointer, 4096);
  while (!name.empty() && (name.back() == '\n' || name.back() == '\r')) name.pop_back();
  if (!checkpoint::is_plain_name(name))
    refuse(pointer, "must hold the name of a checkpoint beside it");
  return pointer.parent_path() / name;
}

}  // namespace xrayclf
