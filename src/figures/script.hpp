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
#include "xrayclf/figures/plot.hpp"
#include "xrayclf/figures/style.hpp"
#include "xrayclf/metrics/interval.hpp"

/// Pieces that the plots' scripts share.
namespace xrayclf::script {

inline constexpr std::size_t kLongName = 200;  ///< in the data: nothing is cut
inline constexpr std::size_t kKeyName = 28;
inline constexpr std::size_t kTicName = 20;
inline constexpr std::size_t kPanelName = 24;

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

/// A grid of panels of that size, one a class, with their titles set by panel_title().
inline void begin_panels(Plot& plot, std::size_t classes, std::int64_t width, std::int64_t height) {
  const auto n = std::max<std::int64_t>(1, static_cast<std::int64_t>(classes));
  const std::int64_t columns = grid_columns(n);
  const std::int64_t rows = grid_rows(n);
  plot.width = 60 + width * columns;
  plot.height = 80 + height * rows;
  line(plot.script, "set multiplot layout {},{}", rows, columns);
  line(plot.script, "set tics font ',9'\nset xlabel font ',9' offset 0,0.4");
  line(plot.script, "set ylabel font ',9' offset 1,0");
  line(plot.script, "set lmargin 8\nset rmargin 1.5\nset tmargin 4\nset bmargin 3.2");
}

inline void panel_title(Plot& plot, const std::string& name) {
  line(plot.script, "set title {} font ',10' offset 0,0.6",
       gnuplot_text(display_name(name, kPanelName)));
}

}  // namespace xrayclf::script
