#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "xrayclf/metrics/interval.hpp"

namespace xrayclf {

/// A number with its interval, or without a number the reason why there is none.
struct Figure {
  std::optional<double> value;
  std::optional<Interval> interval;
  std::string method;  ///< of the interval
  std::string reason;  ///< why there is no value, or no interval
  std::string note;    ///< what a reader of the value must know, for example classes left out
  /// The textbook interval (Wilson, DeLong), given where `interval` had to allow for patients
  /// with several images.
  std::optional<Interval> if_images_were_independent;
};
using Figures = std::vector<std::pair<std::string, Figure>>;  ///< by name, in order of display

/// The figure of that name; std::out_of_range if there is none.
const Figure& find_figure(const Figures& figures, std::string_view name);

/// {"value", "low", "high", "method"}, or {"value": null, "reason"}.
nlohmann::ordered_json figure_json(const Figure& figure);
nlohmann::ordered_json figures_json(const Figures& figures);

/// "0.812 (0.790 to 0.834)", with as many decimals (three at least) as tell the ends apart;
/// "undefined" without a value.
std::string figure_text(const Figure& figure);
/// A line per figure: name, value and interval, and how it came about.
std::string figure_lines(const Figures& figures);

/// Columns aligned by code points, two spaces between them; the first line is the heading. Numbers
/// are not told from words: all columns start on the left.
std::string text_table(const std::vector<std::vector<std::string>>& rows);

/// A name as a key of JSON: itself, or printable() where it is not UTF-8.
std::string json_key(const std::string& name);

}  // namespace xrayclf
