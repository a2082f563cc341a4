#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "xrayclf/core/csv.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/figures/style.hpp"
#include "xrayclf/metrics/interval.hpp"

/// Pieces that the plots' scripts share.
namespace xrayclf::script {

inline constexpr std::size_t kLongName = 200;  ///< in the data: nothing is cut
inline constexpr std::size_t kKeyName = 28;
inline constexpr std::size_t kTicName = 20;

template <class... Args>
void line(std::string& script, fmt::format_string<Args...> format, Args&&... args) {
  script += fmt::format(format, std::forward<Args>(args)...);
  script += '\n';
}

/// A row of numbers and, last, a class's name. gnuplot reads the numbers only; NaN is an empty
/// field.
inline std::string row(const std::vector<double>& numbers, std::string_view name) {
  std::vector<std::string> fields;
  for (const double number : numbers) fields.push_back(csv_number(number));
  fields.push_back(display_name(name, kLongName));
  return csv_line(fields);
}

/// "set xtics ('a' 0, 'b' 1)".
inline std::string tics(std::string_view axis, const std::vector<std::string>& names,
                        std::string_view options = "") {
  std::string out = fmt::format("set {}tics {} (", axis, options);
  for (std::size_t i = 0; i < names.size(); ++i) {
    out += fmt::format("{}{} {}", i ? ", " : "", gnuplot_tic(display_name(names[i], kTicName)), i);
  }
  return out + ")\n";
}

/// "0.93 (0.91 to 0.95)"; without an interval the value alone.
inline std::string with_interval(double value, const Interval& interval, int digits) {
  if (std::isnan(value)) return "undefined";
  if (std::isnan(interval.low) || std::isnan(interval.high)) {
    return fmt::format("{:.{}f}", value, digits);
  }
  return fmt::format("{:.{}f} ({:.{}f} to {:.{}f})", value, digits, interval.low, digits,
                     interval.high, digits);
}

/// Colour, dash and width of the line of series `index`.
inline std::string line_style(std::size_t index, double width = 1.8) {
  return fmt::format("linecolor rgb {} dashtype {} linewidth {}",
                     gnuplot_colour(series_colour(index)), dash_type(index), width);
}

/// Columns of a grid of `panels` panels.
inline std::int64_t grid_columns(std::int64_t panels) {
  return panels <= 3 ? panels : panels == 4 ? 2 : panels <= 9 ? 3 : 4;
}
inline std::int64_t grid_rows(std::int64_t panels) {
  const std::int64_t columns = std::max<std::int64_t>(1, grid_columns(panels));
  return (panels + columns - 1) / columns;
}

}  // namespace xrayclf::script
