#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xrayclf {

/// A CSV file (RFC 4180) with a header line: quoted fields may hold commas, quotes and newlines;
/// a byte-order mark and CRLF line ends are accepted. Fields are bytes, not necessarily UTF-8.
struct CsvTable {
  std::string name;  ///< for messages, normally the path
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  ///< each as long as `columns`
  std::vector<std::size_t> lines;              ///< line in the file where each row starts, from 1

  std::optional<std::size_t> find(std::string_view column) const;
  /// Throws DataError naming the file and the columns it has.
  std::size_t require(std::string_view column) const;
};

/// Throws DataError naming `name` and the line: no header, a column twice, a row of another
/// length, an open quote, a NUL byte.
CsvTable parse_csv(std::string_view text, const std::string& name);
/// Throws IoError or DataError.
CsvTable read_csv(const std::filesystem::path& path);

/// One line of CSV, quoted where needed, with a final newline.
std::string csv_line(const std::vector<std::string>& fields);

/// The shortest decimal text that reads back as the same double; "" for NaN.
std::string csv_number(double value);

}  // namespace xrayclf
