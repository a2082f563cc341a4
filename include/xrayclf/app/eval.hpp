#pragma once

#include <iosfwd>
#include <string>

#include "xrayclf/core/fields.hpp"
#include "xrayclf/evaluation/report.hpp"
#include "xrayclf/model/precision.hpp"

namespace xrayclf {

/// `xrayclf eval`: a checkpoint on one split of a prepared data set, or anybody's predictions.
struct EvalConfig {
  std::string checkpoint;
  std::string data;
  std::string split = "test";
  std::string predictions;
  std::string output;
  ReportConfig report;
  std::int64_t batch_size = 32;
  std::string device = "auto";
  Precision precision = Precision::float32;

  template <class Field>
  static void fields(Field&& field) {
    field("checkpoint", &EvalConfig::checkpoint,
          "Run (its best checkpoint) or checkpoint directory");
    field("data", &EvalConfig::data, "Directory made by xrayclf preprocess");
    field("split", &EvalConfig::split, "Split to evaluate: train, validation or test");
    field("predictions", &EvalConfig::predictions,
          "CSV with path,true,prob_<class>...; instead of --checkpoint and --data");
    field("output", &EvalConfig::output,
          "Directory for predictions.csv, report.json and report.txt", required());
    field("report", &EvalConfig::report, "Intervals");
    field("batch_size", &EvalConfig::batch_size, "Images at a time",
          in_range(std::int64_t{1}, std::int64_t{65536}), Unit{"images"});
    field("device", &EvalConfig::device, "auto, cpu, cuda or cuda:N");
    field("precision", &EvalConfig::precision, "Arithmetic of the network");
  }
};

/// Prints report.txt.
void eval(const EvalConfig& config, std::ostream& out);

}  // namespace xrayclf
