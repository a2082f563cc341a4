#include <set>
#include <utility>
#include <vector>

#include "checkpoint_format.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/core/version.hpp"
#include "xrayclf/image/codec.hpp"
#include "xrayclf/model/checkpoint.hpp"
#include "xrayclf/model/weights.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Puts every module back into the mode it was in.
class EvaluationScope {
 public:
  explicit EvaluationScope(torch::nn::Module& module) {
    // Parents come before their children, so that restoring in this order ends right.
    for (const auto& part : module.modules()) modes_.emplace_back(part, part->is_training());
    module.eval();
  }
  ~EvaluationScope() {
    for (auto& [part, training] : modes_) part->train(training);
  }
  EvaluationScope(const EvaluationScope&) = delete;
  EvaluationScope& operator=(const EvaluationScope&) = delete;

 private:
  std::vector<std::pair<std::shared_ptr<torch::nn::Module>, bool>> modes_;
};

/// Keeps cuDNN and cuBLAS from rounding to TF32.
class FullFloat32Scope {
 public:
  FullFloat32Scope()
      : cudnn_(at::globalContext().allowTF32CuDNN()),
        cublas_(at::globalContext().allowTF32CuBLAS()) {
    at::globalContext().setAllowTF32CuDNN(false);
    at::globalContext().setAllowTF32CuBLAS(false);
  }
  ~FullFloat32Scope() {
    at::globalContext().setAllowTF32CuDNN(cudnn_);
    at::globalContext().setAllowTF32CuBLAS(cublas_);
  }
  FullFloat32Scope(const FullFloat32Scope&) = delete;
  FullFloat32Scope& operator=(const FullFloat32Scope&) = delete;

 private:
  bool cudnn_;
  bool cublas_;
};

void check_classes(const CheckpointInfo& info, const fs::path& directory) {
  const std::set<std::string> unique(info.classes.begin(), info.classes.end());
  if (unique.size() != info.classes.size() ||
      static_cast<int64_t>(info.classes.size()) != info.network.num_classes) {
    throw ModelError(directory.string() + ": " + std::to_string(info.network.num_classes) +
                     " different classes are needed, got " + printable(join(info.classes)));
  }
}

json info_json(const CheckpointInfo& info, const torch::Tensor& logits) {
  const std::vector<double> values(logits.data_ptr<double>(),
                                   logits.data_ptr<double>() + logits.numel());
  json out = {{"format", checkpoint::kFormat},
              {"network", write_json(info.network)},
              {"classes", info.classes},
              {"input", to_json(info.input)},
              {"preprocessing", info.preprocessing},
              {"preprocessing_fingerprint", info.preprocessing_fingerprint},
              {"training", info.training},
              {"versions", json(version_info())},
              {"golden_logits", values}};
  if (!info.calibration.empty()) out["calibration"] = info.calibration;
  return out;
}

}  // namespace

namespace checkpoint {

bool is_plain_name(const std::string& name) {
  return !name.empty() && name.size() <= 255 && name != "." && name != ".." &&
         name.find('/') == std::string::npos && printable(name) == name;
}

std::string to_text(const json& value) {
  return value.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

torch::Tensor golden_logits(Network& network, const cv::Mat& image, const InputSpec& input) {
  const torch::NoGradGuard no_grad;
  const EvaluationScope evaluation(network);
  const FullFloat32Scope full_float32;
  const torch::Tensor parameter = network.parameters().front();
  const torch::Tensor x = to_input({image}, input).to(parameter.options());
  return network.forward(x).flatten().to(torch::kCPU, torch::kFloat64).contiguous();
}

}  // namespace checkpoint

void write_checkpoint(const fs::path& directory, Network& network, const CheckpointInfo& info,
                      const cv::Mat& golden_image,
                      const std::map<std::string, std::string>& extra_files,
                      const std::map<std::string, torch::Tensor>& extra_tensors) {
  if (!(info.network == network.config())) {
    throw std::logic_error("a checkpoint's description of another network");
  }
  check_classes(info, directory);
  checkpoint::Replacement replacement(directory);
  const fs::path& temporary = replacement.path();
  std::map<std::string, std::string> metadata =
      to_metadata({info.network.architecture, info.network.flavour, info.input, golden_image.rows,
                   "xrayclf", "", ""});
  metadata[checkpoint::kClassesKey] = json(info.classes).dump();
  save_state(network, temporary / checkpoint::kWeights, metadata);

  std::map<std::string, std::string> texts = extra_files;
  texts[checkpoint::kGoldenSample] = encode_png(golden_image);
  const torch::Tensor logits = checkpoint::golden_logits(network, golden_image, info.input);
  if (!logits.isfinite().all().item<bool>()) {
    throw NumericError(
        "the network's logits of the golden sample are not finite; nothing was written to " +
        directory.string());
  }
  texts[checkpoint::kInfo] = checkpoint::to_text(info_json(info, logits));
  std::vector<std::string> names = {checkpoint::kWeights};
  if (!extra_tensors.empty()) {
    write_tensors(temporary / kCheckpointTensors, extra_tensors, {});
    names.emplace_back(kCheckpointTensors);
  }
  for (const auto& [name, content] : texts) {
    if (!checkpoint::is_plain_name(name)) throw std::logic_error("not a file name: " + name);
    write_file(temporary / name, content);
    names.push_back(name);
  }

  json files = json::object();
  for (const std::string& name : names) files[name] = checkpoint::file_entry(temporary / name);
  write_file(temporary / checkpoint::kManifest, checkpoint::manifest_text(files));
  replacement.commit();
}

}  // namespace xrayclf
