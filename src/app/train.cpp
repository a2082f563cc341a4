#include "xrayclf/app/train.hpp"

#include <filesystem>
#include <ostream>

#include "app/cross_validation.hpp"
#include "app/run_figures.hpp"
#include "app/training_run.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;

/// The configuration of the run that config.resume names, with what may be said anew: where its
/// data are.
TrainConfig resumed(const TrainConfig& config) {
  TrainConfig alone;
  alone.resume = config.resume;
  alone.data = config.data;
  alone.allow_changed_data = config.allow_changed_data;
  FinetuneConfig finetune_alone;
  finetune_alone.resume = config.resume;
  finetune_alone.data = config.data;
  finetune_alone.allow_changed_data = config.allow_changed_data;
  if (write_json(config) != write_json(alone) &&
      write_json(config) != write_json<TrainConfig>(finetune_alone)) {
    throw ConfigError(
        "--resume goes on by the run's own configuration; beside it only --data and "
        "--allow_changed_data may be given");
  }
  const fs::path file = fs::path(config.resume) / "config.json";
  std::error_code error;
  if (!fs::exists(file, error)) {
    throw IoError(printable(config.resume) + " is no run: it has no config.json");
  }
  TrainConfig own = read_json<TrainConfig>(read_json_file(file));
  own.output = config.resume;
  if (!config.data.empty()) own.data = config.data;
  own.allow_changed_data = config.allow_changed_data;
  return own;
}

}  // namespace

PhasePatch PhasePatch::from_json(const nlohmann::json& in, const std::string& path, Required) {
  if (!in.is_object()) detail::refuse(path, "an object", in);
  return {in};
}

void train(const TrainConfig& config, std::ostream& out) {
  const bool resumes = !config.resume.empty();
  const TrainConfig own = resumes ? resumed(config) : config;
  if (own.data.empty()) throw ConfigError("--data is required, or --resume");
  if (own.output.empty()) throw ConfigError("--output is required, or --resume");
  const PreparedSet set = PreparedSet::open(own.data);
  if (own.folds) {
    cross_validate(own, set, resumes, out);
    return;
  }
  const TrainingResult result = resumes ? resume_run(own, set) : start_run(own, set);
  write_run_figures(own, set, result);
  out << nlohmann::ordered_json{{"run", own.output},
                                {"best_epoch", result.best.epoch},
                                {"validation", to_json(result.best.validation)}}
             .dump()
      << "\n";
}

void finetune(const FinetuneConfig& config, std::ostream& out) {
  if (config.checkpoint.empty() && config.resume.empty()) {
    throw ConfigError("--checkpoint is required: the run or checkpoint to start from");
  }
  train(config, out);
}

}  // namespace xrayclf
