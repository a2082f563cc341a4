#include <algorithm>

#include "checklist.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/report/evidence.hpp"

namespace xrayclf {
namespace {

std::string text_of(const nlohmann::json& value, const std::string& where) {
  if (!value.is_string()) throw ConfigError(where + " must be a text, not " + value.dump());
  return value.get<std::string>();
}

std::map<std::string, std::string> answers_of(const nlohmann::json& value, const std::string& where,
                                              const std::vector<ChecklistItem>& items) {
  if (!value.is_object()) throw ConfigError(where + " must be an object of answers by item");
  std::map<std::string, std::string> out;
  for (const auto& entry : value.items()) {
    const std::string& number = entry.key();
    const bool known = std::any_of(items.begin(), items.end(), [&](const ChecklistItem& item) {
      return number == item.number;
    });
    if (!known) {
      throw ConfigError(where + " has no item '" + printable(number) + "'; its items are " +
                        items.front().number + " to " + items.back().number);
    }
    out[number] = text_of(entry.value(), where + "." + number);
  }
  return out;
}

}  // namespace

Statements Statements::read(const std::filesystem::path& file) {
  const nlohmann::json json = read_json_file(file);
  const std::string name = printable(file.string());
  if (!json.is_object()) throw ConfigError(name + ": must hold a JSON object");
  Statements out;
  for (const auto& [key, value] : json.items()) {
    const std::string where = name + ": " + printable(key);
    if (key == "title") {
      out.title = text_of(value, where);
    } else if (key == "intended_use") {
      out.intended_use = text_of(value, where);
    } else if (key == "claim") {
      out.claim = answers_of(value, where, claim_items());
    } else if (key == "tripod_ai") {
      out.tripod_ai = answers_of(value, where, tripod_ai_items());
    } else {
      throw ConfigError(where + " is not known" +
                        did_you_mean(key, {"title", "intended_use", "claim", "tripod_ai"}));
    }
  }
  return out;
}

}  // namespace xrayclf
