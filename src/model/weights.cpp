#include "xrayclf/model/weights.hpp"

#include <charconv>
#include <limits>
#include <set>
#include <utility>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/model/safetensors.hpp"

namespace xrayclf {
namespace {

constexpr const char* kFormat = "xrayclf-weights-1";

torch::ScalarType torch_type(TensorType type) {
  switch (type) {
    case TensorType::f32:
      return torch::kFloat32;
    case TensorType::f16:
      return torch::kFloat16;
    case TensorType::bf16:
      return torch::kBFloat16;
    case TensorType::i64:
      return torch::kInt64;
    case TensorType::u8:
      return torch::kUInt8;
    case TensorType::boolean:
      return torch::kBool;
  }
  throw std::logic_error("an unknown tensor type");
}

/// The first names of a list, and how many more there are.
std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 5;
  if (names.size() <= kShown) return join(names);
  return join({names.begin(), names.begin() + kShown}) + " and " +
         std::to_string(names.size() - kShown) + " more";
}

std::string shape_text(at::IntArrayRef shape) {
  std::vector<std::string> parts;
  for (const int64_t extent : shape) parts.push_back(std::to_string(extent));
  return "[" + join(parts) + "]";
}

/// Reads one tensor for the place `target`; it comes back on the CPU in the file's type.
torch::Tensor read_tensor(const SafetensorsFile& file, const TensorEntry& entry,
                          const torch::Tensor& target) {
  const std::string where = file.path().string() + ": tensor '" + entry.name + "' ";
  if (at::IntArrayRef(entry.shape) != target.sizes()) {
    throw ModelError(where + "has the shape " + shape_text(entry.shape) + ", the network needs " +
                     shape_text(target.sizes()));
  }
  torch::Tensor value = torch::empty(entry.shape, torch_type(entry.type));
  const bool fits = target.is_floating_point() ? value.is_floating_point()
                                               : value.scalar_type() == target.scalar_type();
  if (!fits) {
    throw ModelError(where + "is of the wrong type " + std::string(name_of(entry.type)));
  }
  file.read(entry, value.data_ptr());
  if (value.is_floating_point() && !value.isfinite().all().item<bool>()) {
    throw ModelError(where + "holds values that are not finite");
  }
  if (entry.name.ends_with(".running_var") && value.lt(0).any().item<bool>()) {
    throw ModelError(where + "holds a negative variance");
  }
  return value;
}

enum class Counters { required, optional };

/// Copies the tensors of `file` whose names are in `wanted`. Nothing is copied before all is read
/// and found good. Counters of batches (`num_batches_tracked`) do not enter any result, and weights
/// from elsewhere often come without.
void copy_state(const SafetensorsFile& file, const std::map<std::string, torch::Tensor>& wanted,
                const std::set<std::string>& ignored, Counters counters) {
  std::vector<std::pair<torch::Tensor, torch::Tensor>> copies;
  std::vector<std::string> unexpected;
  std::set<std::string> found;
  for (const TensorEntry& entry : file.header().tensors) {
    if (ignored.count(entry.name)) continue;
    const auto target = wanted.find(entry.name);
    if (target == wanted.end()) {
      unexpected.push_back(entry.name);
      continue;
    }
    found.insert(entry.name);
  }
  std::vector<std::string> missing;
  for (const auto& [name, value] : wanted) {
    const bool counter = name.ends_with(".num_batches_tracked");
    if (!found.count(name) && !(counter && counters == Counters::optional)) missing.push_back(name);
  }
  if (!missing.empty() || !unexpected.empty()) {
    std::string reason = file.path().string() + ": the weights do not fit the network;";
    if (!missing.empty()) reason += " missing: " + some_of(missing);
    if (!unexpected.empty()) {
      reason += (missing.empty() ? " unexpected: " : "; unexpected: ") + some_of(unexpected);
    }
    throw ModelError(reason);
  }
  for (const TensorEntry& entry : file.header().tensors) {
    if (!found.count(entry.name)) continue;
    const torch::Tensor& target = wanted.at(entry.name);
    copies.emplace_back(target, read_tensor(file, entry, target));
  }
  const torch::NoGradGuard no_grad;
  for (auto& [target, value] : copies) target.copy_(value);
}

/// The record's values with the file's name for messages.
class Metadata {
 public:
  explicit Metadata(const SafetensorsFile& file) : file_(file) {}

  std::string text(const std::string& key) const {
    const auto found = file_.header().metadata.find(key);
    if (found == file_.header().metadata.end()) {
      throw ModelError(file_.path().string() + ": no '" + key +
                       "' in its metadata; weights come from scripts/convert_weights.py");
    }
    return found->second;
  }
  std::string text_or_empty(const std::string& key) const {
    const auto found = file_.header().metadata.find(key);
    return found == file_.header().metadata.end() ? "" : found->second;
  }
  std::array<double, 3> triple(const std::string& key) const {
    const std::vector<std::string> parts = split_text(text(key), ',');
    std::array<double, 3> out{};
    if (parts.size() != 3) refuse(key, "three numbers");
    for (std::size_t i = 0; i < 3; ++i) out[i] = number<double>(key, parts[i], "three numbers");
    return out;
  }
  template <class T>
  T number(const std::string& key, const std::string& value, const std::string& demand) const {
    T out{};
    const char* last = value.data() + value.size();
    const auto [end, error] = std::from_chars(value.data(), last, out);
    if (error != std::errc{} || end != last) refuse(key, demand);
    return out;
  }
  [[noreturn]] void refuse(const std::string& key, const std::string& demand) const {
    throw ModelError(file_.path().string() + ": '" + key + "' in its metadata must be " + demand +
                     ", got '" + printable(text(key)) + "'");
  }

 private:
  const SafetensorsFile& file_;
};

WeightsRecord record_of(const SafetensorsFile& file) {
  const Metadata metadata(file);
  if (metadata.text("format") != kFormat) metadata.refuse("format", kFormat);
  WeightsRecord record;
  record.architecture = metadata.text("architecture");
  try {
    record.flavour = enum_from_name<Flavour>(metadata.text("flavour"), "flavour");
    record.input = {metadata.triple("mean"), metadata.triple("std")};
    record.input = input_spec_from_json(to_json(record.input));
  } catch (const ConfigError& error) {
    throw ModelError(file.path().string() + ": in its metadata, " + error.what());
  }
  record.input_size = metadata.number<int64_t>("input_size", metadata.text("input_size"),
                                               "a whole number of pixels");
  if (record.input_size < 1 || record.input_size > 4096) {
    metadata.refuse("input_size", "in [1, 4096]");
  }
  record.source = metadata.text_or_empty("source");
  record.source_sha256 = metadata.text_or_empty("source_sha256");
  record.license = metadata.text_or_empty("license");
  return record;
}

/// "0.485,0.456,0.406", in the fewest digits that read back the same.
std::string triple_text(const std::array<double, 3>& values) {
  std::vector<std::string> parts;
  for (const double value : values) parts.push_back(nlohmann::json(value).dump());
  return join(parts, ",");
}

}  // namespace

std::map<std::string, torch::Tensor> state_of(const torch::nn::Module& module) {
  std::map<std::string, torch::Tensor> state;
  for (const auto& entry : module.named_parameters()) state.emplace(entry.key(), entry.value());
  for (const auto& entry : module.named_buffers()) state.emplace(entry.key(), entry.value());
  return state;
}

std::map<std::string, std::string> to_metadata(const WeightsRecord& record) {
  return {{"format", kFormat},
          {"architecture", record.architecture},
          {"flavour", std::string(name_of(record.flavour))},
          {"mean", triple_text(record.input.mean)},
          {"std", triple_text(record.input.std)},
          {"input_size", std::to_string(record.input_size)},
          {"source", record.source},
          {"source_sha256", record.source_sha256},
          {"license", record.license}};
}

WeightsRecord read_weights_record(const std::filesystem::path& path) {
  return record_of(SafetensorsFile(path));
}

PretrainedReport load_pretrained(Network& network, const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  PretrainedReport report;
  report.record = record_of(file);
  const NetworkConfig& config = network.config();
  if (report.record.architecture != config.architecture) {
    throw ModelError(path.string() + ": weights of " + printable(report.record.architecture) +
                     " do not fit a network of " + config.architecture);
  }
  if (report.record.flavour != config.flavour) {
    throw ModelError(
        path.string() + ": weights of the flavour " + std::string(name_of(report.record.flavour)) +
        " do not fit a network of the flavour " + std::string(name_of(config.flavour)));
  }
  for (const TensorEntry& entry : file.header().tensors) {
    if (entry.name.starts_with("head.") ||
        entry.name.starts_with(network.backbone().classifier_name() + ".")) {
      report.dropped.push_back(entry.name);
    }
  }
  const std::map<std::string, torch::Tensor> wanted = state_of(network.backbone());
  copy_state(file, wanted, {report.dropped.begin(), report.dropped.end()}, Counters::optional);
  report.loaded = static_cast<int64_t>(file.header().tensors.size() - report.dropped.size());
  return report;
}

void load_state(Network& network, const std::filesystem::path& path) {
  copy_state(SafetensorsFile(path), state_of(network), {}, Counters::required);
}

void save_state(Network& network, const std::filesystem::path& path,
                const std::map<std::string, std::string>& metadata) {
  write_tensors(path, state_of(network), metadata);
}

void write_tensors(const std::filesystem::path& path,
                   const std::map<std::string, torch::Tensor>& tensors,
                   const std::map<std::string, std::string>& metadata) {
  std::vector<torch::Tensor> kept;
  std::vector<TensorData> data;
  for (const auto& [name, value] : tensors) {
    const bool floating = value.is_floating_point();
    const torch::Tensor packed =
        value.detach().to(torch::kCPU, floating ? torch::kFloat32 : torch::kInt64).contiguous();
    if (floating && !packed.isfinite().all().item<bool>()) {
      throw NumericError("weights of '" + name + "' are not finite; nothing was written to " +
                         path.string());
    }
    data.push_back({name, floating ? TensorType::f32 : TensorType::i64, packed.sizes().vec(),
                    packed.data_ptr()});
    kept.push_back(packed);
  }
  write_safetensors(path, std::move(data), metadata);
}

std::map<std::string, torch::Tensor> read_tensors(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  std::map<std::string, torch::Tensor> tensors;
  for (const TensorEntry& entry : file.header().tensors) {
    torch::Tensor value = torch::empty(entry.shape, torch_type(entry.type));
    file.read(entry, value.data_ptr());
    tensors.emplace(entry.name, std::move(value));
  }
  return tensors;
}

}  // namespace xrayclf
