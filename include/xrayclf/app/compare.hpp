#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "xrayclf/core/fields.hpp"
#include "xrayclf/evaluation/comparison.hpp"
#include "xrayclf/evaluation/report_config.hpp"
#include "xrayclf/model/precision.hpp"

namespace xrayclf {

/// `xrayclf compare`: several models, or anybody's predictions, on the same images.
struct CompareConfig {
  std::vector<std::string> models;
  std::vector<std::string> names;
  std::string data;
  std::string split = "test";
  std::vector<std::string> readers;
  std::string readers_file;
  std::string output;
  Correction correction = Correction::holm;
  ReportConfig report;
  std::int64_t batch_size = 32;
  std::string device = "auto";
  Precision precision = Precision::float32;

  template <class Field>
  static void fields(Field&& field) {
    using C = CompareConfig;
    field("models", &C::models,
          "Runs or checkpoints (with --data), or CSVs with path,true,prob_<class>...; two at least",
          required(), Positional{});
    field("names", &C::names, "Names of the models in tables and figures, in order");
    field("data", &C::data, "Directory made by xrayclf preprocess, for runs and checkpoints",
          Unit{"path"});
    field("split", &C::split, "Split of the data to compare on");
    field("readers", &C::readers,
          "Columns with the classes that readers gave, of a CSV of predictions, of the manifest or "
          "of --readers_file");
    field("readers_file", &C::readers_file, "CSV with a column path and the readers' columns",
          Unit{"path"});
    field("output", &C::output,
          "Directory for compare.json, compare.txt, compare.csv and the forest figures", required(),
          Unit{"path"});
    field("correction", &C::correction, "How p-values allow for several tests of a kind");
    field("report", &C::report, "Intervals");
    field("batch_size", &C::batch_size, "Images at a time",
          in_range(std::int64_t{1}, std::int64_t{65536}), Unit{"images"});
    field("device", &C::device, "auto, cpu, cuda or cuda:N");
    field("precision", &C::precision, "Arithmetic of the networks");
  }
};

/// Prints compare.txt.
void compare(const CompareConfig& config, std::ostream& out);

}  // namespace xrayclf
