#pragma once

#include <iosfwd>
#include <string>

#include "xrayclf/core/fields.hpp"

namespace xrayclf {

/// `xrayclf report`: an evaluation, its run and its data on one page.
struct PageConfig {
  std::string evaluation;
  std::string run;
  std::string data;
  std::string explanations;
  std::string statements;
  std::string output;

  template <class Field>
  static void fields(Field&& field) {
    field("evaluation", &PageConfig::evaluation, "Directory made by xrayclf eval", required(),
          Unit{"path"});
    field("run", &PageConfig::run,
          "Run of the evaluated checkpoint; by default where the evaluation found it",
          Unit{"path"});
    field("data", &PageConfig::data,
          "Directory made by xrayclf preprocess; by default where the evaluation found it",
          Unit{"path"});
    field("explanations", &PageConfig::explanations,
          "Directory made by xrayclf gradcam, whose montages and quality are to be shown",
          Unit{"path"});
    field(
        "statements", &PageConfig::statements,
        "JSON file with what no run knows: title, intended_use, and answers to items of claim and "
        "tripod_ai by their numbers",
        Unit{"path"});
    field("output", &PageConfig::output, "HTML file to write", required(), Unit{"path"});
  }
};

/// Writes the page; prints nothing.
void report(const PageConfig& config, std::ostream& out);

}  // namespace xrayclf
