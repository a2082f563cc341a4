#include "json_view.hpp"

#include <algorithm>
#include <iterator>
#include <map>

#include <fmt/format.h>

namespace xrayclf {
namespace {

using Json = Evidence::Json;

bool is_leaf(const Json& value) { return !value.is_structured() || is_figure(value); }

/// "0.95", "12", "yes", a name.
Html leaf(const Json& value) {
  if (is_figure(value)) return figure_cell(value);
  if (value.is_null()) return "\xE2\x80\x93";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number_float()) return fmt::format("{:.4g}", value.get<double>());
  if (value.is_string()) return value.get<std::string>();
  return value.dump();
}

bool all_leaves(const Json& value) { return std::all_of(value.begin(), value.end(), is_leaf); }

/// Entries by the names of their columns; small objects within lend theirs.
std::vector<std::pair<std::string, const Json*>> cells_of(const Json& record) {
  std::vector<std::pair<std::string, const Json*>> out;
  for (const auto& entry : record.items()) {
    if (is_leaf(entry.value())) {
      out.emplace_back(entry.key(), &entry.value());
      continue;
    }
    for (const auto& inner : entry.value().items()) {
      out.emplace_back(entry.key() + "_" + inner.key(), &inner.value());
    }
  }
  return out;
}

/// An object that fits into a row of a table.
bool is_record(const Json& value) {
  constexpr std::size_t kSmall = 4;
  return value.is_object() && !value.empty() && !is_figure(value) &&
         std::all_of(value.begin(), value.end(), [](const Json& entry) {
           return is_leaf(entry) ||
                  (entry.is_object() && entry.size() <= kSmall && all_leaves(entry));
         });
}

/// Records make one table; a named one alone makes none.
bool is_records(const Json& value) {
  return (value.is_array() || value.size() >= 2) &&
         std::all_of(value.begin(), value.end(), is_record);
}

Html records(const Json& value) {
  std::vector<std::string> keys;
  for (const Json& entry : value) {
    for (const auto& [key, ignored] : cells_of(entry)) {
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
    }
  }
  html::Row header;
  if (value.is_object()) header.emplace_back("");
  for (const std::string& key : keys) header.emplace_back(label_of(key));
  std::vector<html::Row> rows;
  for (const auto& entry : value.items()) {
    html::Row row;
    if (value.is_object()) row.emplace_back(entry.key());
    const auto cells = cells_of(entry.value());
    for (const std::string& key : keys) {
      const auto found = std::find_if(cells.begin(), cells.end(),
                                      [&](const auto& cell) { return cell.first == key; });
      row.push_back(found == cells.end() ? Html() : leaf(*found->second));
    }
    rows.push_back(std::move(row));
  }
  return html::table(header, rows);
}

std::vector<std::string> keys_of(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& entry : object.items()) keys.push_back(entry.key());
  return keys;
}

Html array(const Json& value) {
  if (all_leaves(value)) {
    Html out;
    for (const Json& entry : value) out += (out.empty() ? Html() : Html(", ")) + leaf(entry);
    return out;
  }
  const bool matrix = std::all_of(value.begin(), value.end(), [](const Json& entry) {
    return entry.is_array() && all_leaves(entry);
  });
  if (!matrix) {
    std::vector<Html> items;
    for (const Json& entry : value) items.push_back(json_view(entry));
    return html::list(items);
  }
  std::vector<html::Row> rows;
  for (const Json& entry : value) {
    rows.emplace_back();
    for (const Json& cell : entry) rows.back().push_back(leaf(cell));
  }
  return html::table({}, rows);
}

/// Neighbours of the same columns (before, after) as the rows of one table, from `from` on.
Json alike(const Json& value, Json::const_iterator from) {
  Json out = Json::object();
  for (auto entry = from; entry != value.end(); ++entry) {
    if (!is_record(*entry) || keys_of(*entry) != keys_of(*from)) break;
    out[entry.key()] = *entry;
  }
  return out;
}

/// Leaves and lists first, in one table with what is said of the figures; then the rest.
Html object(const Json& value) {
  std::vector<std::pair<Html, Html>> pairs;
  Html rest;
  for (auto entry = value.begin(); entry != value.end();) {
    if (is_leaf(*entry) || (entry->is_array() && all_leaves(*entry))) {
      Html cell = json_view(*entry);
      const std::string remark = is_figure(*entry) ? figure_remark(*entry) : "";
      if (!remark.empty()) cell += " " + html::element("small", remark);
      pairs.emplace_back(label_of(entry.key()), cell);
      ++entry;
      continue;
    }
    const Json group = alike(value, entry);
    if (group.size() >= 2) {
      rest += records(group);
      std::advance(entry, group.size());
      continue;
    }
    rest += html::heading(label_of(entry.key())) + json_view(*entry);
    ++entry;
  }
  return html::pairs(pairs) + rest;
}

}  // namespace

std::string label_of(const std::string& key) {
  static const std::map<std::string, std::string> kAbbreviations = {{"auroc", "AUROC"},
                                                                    {"ece", "ECE"},
                                                                    {"mce", "MCE"},
                                                                    {"mcc", "MCC"},
                                                                    {"f1", "F1"},
                                                                    {"ppv", "PPV"},
                                                                    {"npv", "NPV"},
                                                                    {"nll", "NLL"},
                                                                    {"brier", "Brier"},
                                                                    {"cohen", "Cohen"},
                                                                    {"ovo", "one against one"}};
  std::string out;
  std::string word;
  for (const char c : key + "_") {
    if (c != '_') {
      word += c;
      continue;
    }
    const auto known = kAbbreviations.find(word);
    if (!out.empty()) out += ' ';
    out += known == kAbbreviations.end() ? word : known->second;
    word.clear();
  }
  return out;
}

bool is_figure(const Json& value) {
  return value.is_object() && value.contains("value") &&
         (value.contains("low") || value.contains("reason"));
}

namespace {

/// Rounded; what rounds to nothing has no sign.
std::string rounded(double value, int decimals) {
  const std::string text = fmt::format("{:.{}f}", value, decimals);
  return text.find_first_not_of("-0.") == std::string::npos ? fmt::format("{:.{}f}", 0.0, decimals)
                                                            : text;
}

/// The value and, where there is one, the interval.
std::pair<std::string, std::string> parts(const Json& figure) {
  const Json& value = value_at(figure, "/value");
  if (!value.is_number()) return {"undefined", ""};
  const Json& low = value_at(figure, "/low");
  const Json& high = value_at(figure, "/high");
  int decimals = 3;
  if (!low.is_number() || !high.is_number()) {
    return {rounded(value.get<double>(), decimals), ""};
  }
  const auto ends = [&] {
    return std::pair(rounded(low.get<double>(), decimals), rounded(high.get<double>(), decimals));
  };
  while (decimals < 6 && ends().first == ends().second) ++decimals;
  return {rounded(value.get<double>(), decimals), ends().first + " to " + ends().second};
}

}  // namespace

std::string figure_text(const Json& figure) {
  const auto [value, interval] = parts(figure);
  return interval.empty() ? value : value + " (" + interval + ")";
}

Html figure_cell(const Json& figure) {
  const auto [value, interval] = parts(figure);
  return interval.empty() ? Html(value)
                          : value + " " + html::element("small", "(" + interval + ")");
}

std::string figure_remark(const Json& figure) {
  std::string out;
  for (const char* key : {"/method", "/reason", "/note"}) {
    const std::string text = text_at(figure, key);
    if (!text.empty()) out += (out.empty() ? "" : "; ") + text;
  }
  return out;
}

Html json_view(const Json& value) {
  if (is_leaf(value)) return leaf(value);
  if (value.empty()) return "none";
  if (is_records(value)) return records(value);
  return value.is_array() ? array(value) : object(value);
}

}  // namespace xrayclf
