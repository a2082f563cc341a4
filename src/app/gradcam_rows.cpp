#include "app/gradcam_rows.hpp"

#include <cmath>
#include <utility>

#include <nlohmann/json.hpp>

#include "xrayclf/core/csv.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

using nlohmann::ordered_json;
/// A row's fields by name: null for what is not there.
using Fields = std::vector<std::pair<std::string, ordered_json>>;

ordered_json number(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr);
}

void add_quality(Fields& fields, const std::optional<MapQuality>& quality) {
  const MapQuality none;
  const MapQuality& q = quality ? *quality : none;
  const auto add = [&](const std::string& name, double value) {
    fields.emplace_back(name, quality ? number(value) : ordered_json(nullptr));
  };
  const auto area = [&](const PerturbationCurve& curve) { return quality ? curve.area() : 0.0; };
  add("insertion", area(q.insertion));
  add("insertion_random", area(q.insertion_random));
  add("deletion", area(q.deletion));
  add("deletion_random", area(q.deletion_random));
  add("road", q.road);
  add("border_energy", q.border_energy);
  add("outside_lung_energy", q.outside_lung_energy);
  fields.emplace_back("lungs_found", quality ? ordered_json(q.lungs_found) : ordered_json(nullptr));
  add("stability", q.stability);
}

ordered_json text(const std::string& value) {
  return value.empty() ? ordered_json(nullptr) : ordered_json(value);
}

Fields fields_of(const GradcamRow& row, bool with_quality) {
  const bool good = row.error.empty();
  const auto if_good = [&](const ordered_json& value) { return good ? value : ordered_json(); };
  Fields fields = {{"path", row.path},
                   {"source", text(row.source)},
                   {"true", text(row.true_class)},
                   {"predicted", text(row.predicted)},
                   {"class", text(row.cls)},
                   {"probability", if_good(row.probability)},
                   {"peak_x", if_good(row.peak.x)},
                   {"peak_y", if_good(row.peak.y)},
                   {"area_over_half", if_good(row.area_over_half)},
                   {"map_min", if_good(row.map_min)},
                   {"map_max", if_good(row.map_max)}};
  if (with_quality) add_quality(fields, row.quality);
  fields.emplace_back("overlay", text(row.overlay));
  fields.emplace_back("panel", text(row.panel));
  fields.emplace_back("map", text(row.map));
  fields.emplace_back("error", text(row.error));
  return fields;
}

std::string csv_field(const ordered_json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return csv_number(value.get<double>());
  return value.dump();
}

std::string csv_of(const std::vector<Fields>& rows) {
  std::string out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::vector<std::string> header;
    std::vector<std::string> line;
    for (const auto& [name, value] : rows[i]) {
      header.push_back(name);
      line.push_back(csv_field(value));
    }
    if (i == 0) out += csv_line(header);
    out += csv_line(line);
  }
  return out;
}

}  // namespace

std::string gradcam_rows(const std::vector<GradcamRow>& rows, RowFormat format, bool with_quality) {
  std::vector<Fields> all;
  for (const GradcamRow& row : rows) all.push_back(fields_of(row, with_quality));
  if (format == RowFormat::csv) return csv_of(all);
  std::string out;
  for (const Fields& fields : all) {
    ordered_json line;
    for (const auto& [name, value] : fields) {
      if (!value.is_null()) line[name] = value;
    }
    out += line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
  }
  return out;
}

std::string quality_rows(const std::vector<GradcamRow>& rows) {
  std::vector<Fields> all;
  for (const GradcamRow& row : rows) {
    if (!row.quality) continue;
    Fields fields = {{"path", row.path}, {"class", row.cls}};
    add_quality(fields, row.quality);
    all.push_back(std::move(fields));
  }
  return csv_of(all);
}

}  // namespace xrayclf
