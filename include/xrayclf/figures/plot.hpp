#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace xrayclf {

/// A plot as data and a gnuplot script that draws them. Class names stand in the script only as
/// quoted texts; control characters in them are replaced, in the data too.
struct Plot {
  std::string name;        ///< of its files, without extension: "roc"
  std::string alt;         ///< what it shows, for readers who cannot see it
  std::int64_t width = 0;  ///< points of the SVG; the PNG has twice as many pixels
  std::int64_t height = 0;
  std::string csv;
  std::string script;  ///< what comes after the terminal and the output are set
};

enum class PlotOutcome { drawn, data_only };

/// Writes plots into a folder: NAME.csv and NAME.gp always, NAME.png and NAME.svg by gnuplot (5.4).
/// The script stands on its own beside its data: `gnuplot NAME.gp` draws it again after a change.
class PlotWriter {
 public:
  /// Looks for `program` in PATH. Without it there is one warning, and plots are written as data
  /// only.
  explicit PlotWriter(std::filesystem::path directory, const std::string& program = "gnuplot");

  /// Throws IoError if the folder cannot be written. A script that gnuplot refuses, or does not
  /// finish in two minutes, is a warning.
  PlotOutcome write(const Plot& plot) const;

 private:
  bool draw(const Plot& plot) const;

  std::filesystem::path directory_;
  std::filesystem::path program_;  ///< empty: there is none
};

}  // namespace xrayclf
