#include "xrayclf/core/csv.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

[[noreturn]] void fail(const std::string& name, std::size_t line, const std::string& reason) {
  throw DataError(printable(name) + ", line " + std::to_string(line) + ": " + reason);
}

/// Cuts CSV text into records.
class CsvParser {
 public:
  CsvParser(std::string_view text, const std::string& name) : text_(text), name_(name) {
    if (text_.substr(0, 3) == "\xEF\xBB\xBF") at_ = 3;
  }

  bool next(std::vector<std::string>& fields, std::size_t& line) {
    fields.clear();
    skip_blank_lines();
    if (at_ >= text_.size()) return false;
    line = line_;
    while (true) {
      fields.push_back(at_ < text_.size() && text_[at_] == '"' ? quoted() : plain());
      if (at_ >= text_.size()) return true;
      if (text_[at_] == ',') {
        ++at_;
        continue;
      }
      end_of_line();
      return true;
    }
  }

 private:
  void skip_blank_lines() {
    while (at_ < text_.size() && (text_[at_] == '\n' || text_.substr(at_, 2) == "\r\n")) {
      end_of_line();
    }
  }
  void end_of_line() {
    at_ += text_[at_] == '\r' ? 2 : 1;
    ++line_;
  }
  bool at_line_end() const { return text_[at_] == '\n' || text_.substr(at_, 2) == "\r\n"; }

  std::string plain() {
    const std::size_t start = at_;
    while (at_ < text_.size() && text_[at_] != ',' && !at_line_end()) {
      if (text_[at_] == '\0') fail(name_, line_, "a NUL byte; is this a text file?");
      ++at_;
    }
    return std::string(text_.substr(start, at_ - start));
  }

  std::string quoted() {
    const std::size_t opened = line_;
    std::string field;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') {
        ++at_;
        if (at_ < text_.size() && text_[at_] == '"') {
          field += '"';
          continue;
        }
        if (at_ < text_.size() && text_[at_] != ',' && !at_line_end()) {
          fail(name_, line_, "text after a closing quote");
        }
        return field;
      }
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] == '\0') fail(name_, line_, "a NUL byte; is this a text file?");
      field += text_[at_];
    }
    fail(name_, opened, "a quote is opened and never closed");
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

}  // namespace

std::optional<std::size_t> CsvTable::find(std::string_view column) const {
  const auto found = std::find(columns.begin(), columns.end(), column);
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

std::size_t CsvTable::require(std::string_view column) const {
  if (const auto found = find(column)) return *found;
  throw DataError(printable(name) + ": no column '" + printable(column) + "'" +
                  did_you_mean(column, columns) + "; it has: " + printable(join(columns)));
}

CsvTable parse_csv(std::string_view text, const std::string& name) {
  CsvTable table;
  table.name = name;
  CsvParser parser(text, name);
  std::size_t line = 1;
  if (!parser.next(table.columns, line)) throw DataError(printable(name) + ": empty, no header");
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto first = std::find(table.columns.begin(), table.columns.end(), table.columns[i]);
    if (first != table.columns.begin() + static_cast<std::ptrdiff_t>(i)) {
      fail(name, line, "column '" + printable(table.columns[i]) + "' stands twice");
    }
  }
  std::vector<std::string> fields;
  while (parser.next(fields, line)) {
    if (fields.size() != table.columns.size()) {
      fail(name, line,
           std::to_string(fields.size()) + " fields where the header has " +
               std::to_string(table.columns.size()));
    }
    table.rows.push_back(fields);
    table.lines.push_back(line);
  }
  return table;
}

CsvTable read_csv(const std::filesystem::path& path) {
  return parse_csv(read_file(path, std::uintmax_t{1} << 30), path.string());
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::string out;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += ',';
    const std::string& field = fields[i];
    // A line of one empty field would read back as a blank line.
    const bool quote = field.find_first_of(",\"\r\n") != std::string::npos ||
                       (field.empty() && fields.size() == 1);
    if (!quote) {
      out += field;
      continue;
    }
    out += '"';
    for (const char c : field) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    out += '"';
  }
  return out + "\n";
}

std::string csv_number(double value) {
  if (std::isnan(value)) return "";
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return std::string(text, end);
}

}  // namespace xrayclf
