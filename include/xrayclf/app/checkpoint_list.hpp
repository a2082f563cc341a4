#pragma once

#include <string>
#include <vector>

#include "xrayclf/core/fields.hpp"

namespace xrayclf {

/// One checkpoint, or several as an ensemble. JSON: a text, or a list of texts; the flag is given
/// once for each.
struct CheckpointList {
  std::vector<std::string> paths;

  static constexpr FieldKind flag_kind = FieldKind::list;

  bool empty() const { return paths.empty(); }

  static CheckpointList from_json(const nlohmann::json& in, const std::string& path, Required) {
    CheckpointList out;
    if (in.is_string()) {
      if (const auto text = in.get<std::string>(); !text.empty()) out.paths.push_back(text);
    } else {
      out.paths = read_json<std::vector<std::string>>(in, path);
      std::erase(out.paths, "");
    }
    return out;
  }
  nlohmann::json to_json() const {
    if (paths.empty()) return "";
    return paths.size() == 1 ? nlohmann::json(paths.front()) : nlohmann::json(paths);
  }
};

}  // namespace xrayclf
