#include <fmt/format.h>

#include <algorithm>

#include "report_parts.hpp"
#include "xrayclf/core/csv.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/evaluation/comparison.hpp"

namespace xrayclf {
namespace {

using nlohmann::ordered_json;
using Table = std::vector<std::vector<std::string>>;

std::string p_text(const std::optional<double>& p) {
  if (!p) return "undefined";
  return *p < 0.0005 ? "< 0.001" : fmt::format("{:.3f}", *p);
}

ordered_json optional_json(const std::optional<double>& value) {
  return value ? ordered_json(*value) : ordered_json();
}

ordered_json test_json(const PairedTest& test) {
  ordered_json out = {{"test", test.test}, {"figure", test.figure}};
  if (!test.of_class.empty()) out["class"] = json_key(test.of_class);
  out["difference"] = figure_json(test.difference);
  out["p_value"] = optional_json(test.p_value);
  out["adjusted_p_value"] = optional_json(test.adjusted_p_value);
  if (!test.p_value) out["reason"] = test.difference.reason;
  out.update(test.detail);
  return out;
}

ordered_json agreement_json(const RaterAgreement& agreement) {
  ordered_json pairs = ordered_json::array();
  for (const RaterPair& pair : agreement.pairs) {
    pairs.push_back({{"first", json_key(pair.first)},
                     {"second", json_key(pair.second)},
                     {"images", pair.images},
                     {"percent", figure_json(pair.percent)},
                     {"cohen_kappa", figure_json(pair.kappa)}});
  }
  ordered_json groups = ordered_json::array();
  for (const RaterGroup& group : agreement.groups) {
    groups.push_back({{"raters", group.name},
                      {"count", group.raters},
                      {"images", group.images},
                      {"fleiss_kappa", figure_json(group.fleiss)},
                      {"randolph_kappa", figure_json(group.randolph)}});
  }
  return {{"pairs", pairs}, {"groups", groups}};
}

/// Names of further facts that any model has, where one word or number says them.
std::vector<std::string> info_columns(const std::vector<ComparedModel>& models) {
  std::vector<std::string> out;
  for (const ComparedModel& model : models) {
    for (const auto& [key, value] : model.info.items()) {
      if (value.is_primitive() && std::find(out.begin(), out.end(), key) == out.end()) {
        out.push_back(key);
      }
    }
  }
  return out;
}

std::string info_text(const ComparedModel& model, const std::string& key) {
  const auto found = model.info.find(key);
  if (found == model.info.end() || found->is_null()) return "-";
  if (found->is_string()) return printable(found->get<std::string>());
  if (found->is_number_float()) return fmt::format("{:.4g}", found->get<double>());
  return found->dump();
}

Table model_table(const Comparison& comparison) {
  static constexpr std::array<std::pair<const char*, const char*>, 6> kColumns{
      {{"accuracy", "accuracy"},
       {"balanced_accuracy", "balanced accuracy"},
       {"f1_macro", "macro F1"},
       {"auroc_macro", "macro AUROC"},
       {"brier", "Brier"},
       {"ece", "ECE"}}};
  const std::vector<std::string> further = info_columns(comparison.models);
  Table rows = {{"model"}};
  for (const auto& column : kColumns) rows[0].emplace_back(column.second);
  for (const std::string& key : further) rows[0].push_back(printable(key));
  for (std::size_t m = 0; m < comparison.models.size(); ++m) {
    std::vector<std::string>& row =
        rows.emplace_back(std::vector{printable(comparison.models[m].name)});
    for (const auto& column : kColumns) {
      row.push_back(figure_text(find_figure(comparison.reports[m].metrics, column.first)));
    }
    for (const std::string& key : further) row.push_back(info_text(comparison.models[m], key));
  }
  return rows;
}

Table class_table(const Comparison& comparison) {
  Table rows = {{"class", "images", "model", "sensitivity", "specificity", "AUROC"}};
  const std::vector<std::string>& classes = comparison.reports.front().classes;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    for (std::size_t m = 0; m < comparison.models.size(); ++m) {
      const Report& report = comparison.reports[m];
      rows.push_back({printable(classes[c]),
                      std::to_string(report.confusion.row_sum(static_cast<std::int64_t>(c))),
                      printable(comparison.models[m].name),
                      figure_text(find_figure(report.per_class[c], "sensitivity")),
                      figure_text(find_figure(report.per_class[c], "specificity")),
                      figure_text(find_figure(report.per_class[c], "auroc"))});
    }
  }
  return rows;
}

std::string test_name(const PairedTest& test) {
  if (test.test == "mcnemar") {
    return fmt::format("McNemar, exact ({} against {})",
                       test.detail.at("only_first_right").get<std::int64_t>(),
                       test.detail.at("only_second_right").get<std::int64_t>());
  }
  return test.test == "delong" ? "DeLong" : "bootstrap";
}

Table test_table(const ModelPair& pair) {
  Table rows = {{"figure", "difference", "p", "adjusted p", "test"}};
  for (const PairedTest& test : pair.tests) {
    const std::string name =
        test.of_class.empty() ? test.figure : test.figure + " of " + printable(test.of_class);
    std::string how = test_name(test);
    if (!test.p_value) how += "; " + test.difference.reason;
    rows.push_back({name, figure_text(test.difference), p_text(test.p_value),
                    p_text(test.adjusted_p_value), how});
  }
  return rows;
}

std::string agreement_text(const RaterAgreement& agreement) {
  Table pairs = {{"", "and", "images", "equal", "Cohen's kappa"}};
  for (const RaterPair& pair : agreement.pairs) {
    pairs.push_back({printable(pair.first), printable(pair.second), std::to_string(pair.images),
                     figure_text(pair.percent), figure_text(pair.kappa)});
  }
  std::string out = "\nAgreement\n" + text_table(pairs);
  if (agreement.groups.empty()) return out;
  Table groups = {{"", "raters", "images", "Fleiss' kappa", "Randolph's kappa"}};
  for (const RaterGroup& group : agreement.groups) {
    groups.push_back({group.name, std::to_string(group.raters), std::to_string(group.images),
                      figure_text(group.fleiss), figure_text(group.randolph)});
  }
  return out + "\n" + text_table(groups);
}

/// Lines of compare.csv.
class ComparisonTable {
 public:
  void add(const std::string& kind, const std::string& first, const std::string& second,
           const std::string& of_class, const std::string& name, const Figure& figure,
           const std::string& test = "", const std::optional<double>& p = std::nullopt,
           const std::optional<double>& adjusted = std::nullopt) {
    const auto number = [](const std::optional<double>& value) {
      return value ? csv_number(*value) : "";
    };
    text_ += csv_line({kind, first, second, of_class, name, number(figure.value),
                       figure.interval ? csv_number(figure.interval->low) : "",
                       figure.interval ? csv_number(figure.interval->high) : "", test, number(p),
                       number(adjusted), figure.value ? figure.method : figure.reason});
  }
  std::string text() && { return std::move(text_); }

 private:
  std::string text_ = csv_line({"kind", "first", "second", "class", "figure", "value", "low",
                                "high", "test", "p", "adjusted_p", "method_or_reason"});
};

}  // namespace

ordered_json comparison_json(const Comparison& comparison) {
  const Report& any = comparison.reports.front();
  ordered_json out = {{"images", any.samples}, {"patients", any.patients}};
  out["classes"] = ordered_json::array();
  for (const std::string& name : any.classes) out["classes"].push_back(json_key(name));
  out["models"] = ordered_json::array();
  for (std::size_t m = 0; m < comparison.models.size(); ++m) {
    const ComparedModel& model = comparison.models[m];
    ordered_json entry = {
        {"name", json_key(model.name)}, {"source", json_key(model.source)}, {"info", model.info}};
    add_metrics(entry, comparison.reports[m]);
    out["models"].push_back(std::move(entry));
  }
  out["correction"] = name_of(comparison.correction);
  out["pairs"] = ordered_json::array();
  for (const ModelPair& pair : comparison.pairs) {
    ordered_json tests = ordered_json::array();
    for (const PairedTest& test : pair.tests) tests.push_back(test_json(test));
    out["pairs"].push_back({{"first", json_key(comparison.models[pair.first].name)},
                            {"second", json_key(comparison.models[pair.second].name)},
                            {"tests", std::move(tests)}});
  }
  out["agreement"] = agreement_json(comparison.agreement);
  out["notes"] = comparison.notes;
  out["settings"] = write_json(comparison.config);
  out["notice"] = kResearchNotice;
  return out;
}

std::string comparison_text(const Comparison& comparison) {
  const Report& any = comparison.reports.front();
  std::string out =
      fmt::format("{} models on {} of {}, {:g} % intervals\n", comparison.models.size(),
                  counted(any.samples, "image"), counted(any.patients, "patient"),
                  comparison.config.confidence * 100);
  out += text_table(model_table(comparison)) + "\nEach class against the rest\n" +
         text_table(class_table(comparison));
  for (const ModelPair& pair : comparison.pairs) {
    out += fmt::format("\n{} minus {}, p adjusted by {}\n",
                       printable(comparison.models[pair.first].name),
                       printable(comparison.models[pair.second].name),
                       comparison.correction == Correction::holm   ? "Holm"
                       : comparison.correction == Correction::none ? "nothing"
                                                                   : "Benjamini-Hochberg") +
           text_table(test_table(pair));
  }
  out += agreement_text(comparison.agreement) + "\n";
  for (const std::string& note : comparison.notes) out += note + "\n";
  return out + std::string(kResearchNotice) + "\n";
}

std::string comparison_csv(const Comparison& comparison) {
  ComparisonTable table;
  for (std::size_t m = 0; m < comparison.models.size(); ++m) {
    const Report& report = comparison.reports[m];
    const std::string& name = comparison.models[m].name;
    for (const auto& [figure_name, figure] : report.metrics) {
      table.add("figure", name, "", "", figure_name, figure);
    }
    for (std::size_t c = 0; c < report.classes.size(); ++c) {
      for (const auto& [figure_name, figure] : report.per_class[c]) {
        table.add("figure", name, "", report.classes[c], figure_name, figure);
      }
    }
  }
  for (const ModelPair& pair : comparison.pairs) {
    for (const PairedTest& test : pair.tests) {
      table.add("difference", comparison.models[pair.first].name,
                comparison.models[pair.second].name, test.of_class, test.figure, test.difference,
                test.test, test.p_value, test.adjusted_p_value);
    }
  }
  for (const RaterPair& pair : comparison.agreement.pairs) {
    table.add("agreement", pair.first, pair.second, "", "percent", pair.percent);
    table.add("agreement", pair.first, pair.second, "", "cohen_kappa", pair.kappa);
  }
  for (const RaterGroup& group : comparison.agreement.groups) {
    table.add("agreement", group.name, "", "", "fleiss_kappa", group.fleiss);
    table.add("agreement", group.name, "", "", "randolph_kappa", group.randolph);
  }
  return std::move(table).text();
}

}  // namespace xrayclf
