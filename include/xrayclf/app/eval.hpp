#pragma once

#include <array>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "xrayclf/app/checkpoint_list.hpp"
#include "xrayclf/app/uncertainty_config.hpp"
#include "xrayclf/core/fields.hpp"
#include "xrayclf/evaluation/operating_points.hpp"
#include "xrayclf/evaluation/prevalence.hpp"
#include "xrayclf/evaluation/report_config.hpp"
#include "xrayclf/inference/engine.hpp"
#include "xrayclf/inference/ensemble.hpp"
#include "xrayclf/model/precision.hpp"

namespace xrayclf {

/// By which temperature the evaluated probabilities are scaled.
enum class TemperatureUse {
  stored,  ///< the checkpoint's own, if it has one
  fitted,  ///< one fitted now on validation
  none,
};
template <>
struct EnumNames<TemperatureUse> {
  static constexpr std::array<std::pair<TemperatureUse, std::string_view>, 3> value{
      {{TemperatureUse::stored, "stored"},
       {TemperatureUse::fitted, "fitted"},
       {TemperatureUse::none, "none"}}};
};

/// `xrayclf eval`: a checkpoint on one split of a prepared data set, or anybody's predictions.
struct EvalConfig : EnsembleConfig, UncertaintyConfig {
  CheckpointList checkpoint;
  std::string data;
  std::string split = "test";
  std::string validation_split = "validation";
  std::string predictions;
  std::string validation_predictions;
  std::string output;
  ReportConfig report;
  TemperatureUse temperature = TemperatureUse::stored;
  bool store_temperature = false;
  bool fit_weights = false;
  bool calibrate = false;
  OperatingConfig operating;
  Prevalences prevalence;
  std::vector<std::string> subgroups;
  bool figures = true;
  bool html = true;
  std::int64_t batch_size = 32;
  std::string device = "auto";
  Precision precision = Precision::float32;
  EngineKind engine = EngineKind::automatic;

  template <class Field>
  static void fields(Field&& field) {
    using C = EvalConfig;
    field("checkpoint", &C::checkpoint,
          "Run (its best checkpoint) or checkpoint directory; given more than once, an ensemble",
          Unit{"paths"});
    field("data", &C::data, "Directory made by xrayclf preprocess", Unit{"path"});
    field("split", &C::split, "Split to evaluate: train, validation or test");
    field("validation_split", &C::validation_split,
          "Split on which temperature and thresholds are chosen; empty for none");
    field("predictions", &C::predictions,
          "CSV with path,true,prob_<class>...; instead of --checkpoint and --data", Unit{"path"});
    field("validation_predictions", &C::validation_predictions,
          "The like of validation images, on which temperature and thresholds are chosen",
          Unit{"path"});
    field("output", &C::output,
          "Directory for predictions.csv, report.json, report.txt, report.html and figures/",
          required(), Unit{"path"});
    field("report", &C::report, "Intervals");
    field(
        "temperature", &C::temperature,
        "What scales the probabilities: the checkpoint's temperature if it has one, one fitted on "
        "validation now, or none");
    field("store_temperature", &C::store_temperature,
          "Whether the fitted temperature is kept in the checkpoint, for eval and predict to use");
    EnsembleConfig::fields(field);
    field("fit_weights", &C::fit_weights,
          "Whether the checkpoints' weights are chosen on validation; they are printed, not kept");
    field("calibrate", &C::calibrate,
          "Whether the checkpoint keeps what validation says of its certainty: the fitted "
          "temperature, and the thresholds of predict --uncertainty and --abstain");
    UncertaintyConfig::fields(field);
    field("operating", &C::operating, "Thresholds of the classes, chosen on validation");
    field("prevalence", &C::prevalence,
          "Prevalences at which PPV and NPV are wanted, for example {\"COVID-19\": 0.05}");
    field("subgroups", &C::subgroups,
          "Columns of the manifest or of the predictions whose values make subgroups");
    field("figures", &C::figures, "Draw figures into figures/");
    field("html", &C::html, "Write report.html beside report.json");
    field("batch_size", &C::batch_size, "Images at a time",
          in_range(std::int64_t{1}, std::int64_t{65536}), Unit{"images"});
    field("device", &C::device, "auto, cpu, cuda or cuda:N");
    field("precision", &C::precision, "Arithmetic of the network");
    field("engine", &C::engine,
          "What computes the network: reference (LibTorch), fused (own CPU kernels), or auto for "
          "fused where it can");
  }
};

/// Prints report.txt.
void eval(const EvalConfig& config, std::ostream& out);

}  // namespace xrayclf
