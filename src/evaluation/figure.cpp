#include "xrayclf/evaluation/figure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "xrayclf/core/text.hpp"
#include "xrayclf/metrics/classification_report.hpp"

namespace xrayclf {
namespace {

using nlohmann::ordered_json;

/// Decimals that tell the ends of the interval apart: no figure reads "1.000 (1.000 to 1.000)".
int decimals_for(const Figure& figure) {
  int decimals = 3;
  if (!figure.interval) return decimals;
  const auto same = [&](int d) {
    return fmt::format("{:.{}f}", figure.interval->low, d) ==
           fmt::format("{:.{}f}", figure.interval->high, d);
  };
  while (decimals < 10 && same(decimals)) ++decimals;
  return decimals;
}

std::string remark(const Figure& figure) {
  std::vector<std::string> parts;
  if (figure.interval) parts.push_back(figure.method);
  if (!figure.reason.empty()) parts.push_back(figure.reason);
  if (!figure.note.empty()) parts.push_back(figure.note);
  return join(parts, "; ");
}

}  // namespace

const Figure& find_figure(const Figures& figures, std::string_view name) {
  for (const auto& [key, figure] : figures) {
    if (key == name) return figure;
  }
  throw std::out_of_range("no figure " + std::string(name));
}

ordered_json figure_json(const Figure& figure) {
  ordered_json out;
  if (!figure.value) {
    out["value"] = nullptr;
    out["reason"] = figure.reason;
    return out;
  }
  out["value"] = *figure.value;
  out["low"] = figure.interval ? ordered_json(figure.interval->low) : ordered_json();
  out["high"] = figure.interval ? ordered_json(figure.interval->high) : ordered_json();
  out["method"] = figure.method;
  if (!figure.reason.empty()) out["reason"] = figure.reason;
  if (!figure.note.empty()) out["note"] = figure.note;
  if (figure.if_images_were_independent) {
    out["if_images_were_independent"] = {{"low", figure.if_images_were_independent->low},
                                         {"high", figure.if_images_were_independent->high}};
  }
  return out;
}

ordered_json figures_json(const Figures& figures) {
  ordered_json out = ordered_json::object();
  for (const auto& [name, figure] : figures) out[name] = figure_json(figure);
  return out;
}

std::string figure_text(const Figure& figure) {
  if (!figure.value) return "undefined";
  const int decimals = decimals_for(figure);
  if (!figure.interval) return fmt::format("{:.{}f}", *figure.value, decimals);
  return fmt::format("{:.{}f} ({:.{}f} to {:.{}f})", *figure.value, decimals, figure.interval->low,
                     decimals, figure.interval->high, decimals);
}

std::string figure_lines(const Figures& figures) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, figure] : figures) {
    rows.push_back({name, figure_text(figure), remark(figure)});
  }
  return text_table(rows);
}

std::string text_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::int64_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (std::size_t c = 0; c < row.size(); ++c) {
      widths[c] = std::max(widths[c], code_points(row[c]));
    }
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      const auto missing = static_cast<std::size_t>(widths[c] - code_points(row[c]));
      line += "  " + row[c] + std::string(missing, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string json_key(const std::string& name) { return is_utf8(name) ? name : printable(name); }

}  // namespace xrayclf
