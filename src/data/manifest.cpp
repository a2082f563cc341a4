#include "xrayclf/data/manifest.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "xrayclf/core/csv.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

bool is_inside(const std::string& path) {
  const std::filesystem::path relative(path);
  if (path.empty() || relative.is_absolute()) return false;
  return std::none_of(relative.begin(), relative.end(),
                      [](const std::filesystem::path& part) { return part == ".."; });
}

/// The cells of one row by the name of their column.
class Row {
 public:
  Row(const CsvTable& table, std::size_t row) : table_(table), row_(row) {}

  const std::string& text(std::string_view column) const {
    return table_.rows[row_][table_.require(column)];
  }
  std::int64_t number(std::string_view column) const {
    const std::string& cell = text(column);
    std::int64_t value = 0;
    const auto result = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (result.ec != std::errc() || result.ptr != cell.data() + cell.size() || value < 0) {
      fail(column, "must be a whole number");
    }
    return value;
  }
  [[noreturn]] void fail(std::string_view column, const std::string& reason) const {
    throw DataError(printable(table_.name) + ", line " + std::to_string(table_.lines[row_]) + ": " +
                    std::string(column) + " " + reason + ", got '" + printable(text(column)) + "'");
  }

 private:
  const CsvTable& table_;
  std::size_t row_;
};

Record read_record(const Row& row) {
  Record record;
  record.path = row.text("path");
  if (!is_inside(record.path)) row.fail("path", "must lie inside the data directory");
  record.source = row.text("source");
  record.sha256 = row.text("sha256");
  record.label = row.text("label");
  record.patient_id = row.text("patient_id");
  record.split = row.text("split");
  if (record.split != "" && record.split != "train" && record.split != "validation" &&
      record.split != "test") {
    row.fail("split", "must be train, validation, test or empty");
  }
  record.fold = row.number("fold");
  record.width = row.number("width");
  record.height = row.number("height");
  record.bit_depth = row.number("bit_depth");
  record.prepared_sha256 = row.text("prepared_sha256");
  return record;
}

}  // namespace

const std::vector<std::string>& manifest_columns() {
  static const std::vector<std::string> columns{
      "path", "source", "sha256", "label",     "patient_id",     "split",
      "fold", "width",  "height", "bit_depth", "prepared_sha256"};
  return columns;
}

std::string manifest_csv(const std::vector<Record>& records) {
  std::set<std::string> metadata;
  for (const Record& record : records) {
    for (const auto& cell : record.metadata) metadata.insert(cell.first);
  }
  std::vector<std::string> header = manifest_columns();
  header.insert(header.end(), metadata.begin(), metadata.end());
  std::string text = csv_line(header);
  for (const Record& r : records) {
    std::vector<std::string> row{r.path,
                                 r.source,
                                 r.sha256,
                                 r.label,
                                 r.patient_id,
                                 r.split,
                                 std::to_string(r.fold),
                                 std::to_string(r.width),
                                 std::to_string(r.height),
                                 std::to_string(r.bit_depth),
                                 r.prepared_sha256};
    for (const std::string& column : metadata) {
      const auto cell = r.metadata.find(column);
      row.push_back(cell == r.metadata.end() ? "" : cell->second);
    }
    text += csv_line(row);
  }
  return text;
}

std::vector<Record> read_manifest(const std::filesystem::path& path) {
  const CsvTable table = read_csv(path);
  const auto& known = manifest_columns();
  std::vector<Record> records;
  records.reserve(table.rows.size());
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    Record record = read_record(Row(table, i));
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      if (std::find(known.begin(), known.end(), table.columns[c]) == known.end()) {
        record.metadata[table.columns[c]] = table.rows[i][c];
      }
    }
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace xrayclf
