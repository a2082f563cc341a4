#include "xrayclf/training/phase.hpp"

#include <charconv>

namespace xrayclf {

ViewsPerImage ViewsPerImage::from_json(const nlohmann::json& in, const std::string& path,
                                       Required) {
  std::int64_t count = 0;
  if (in.is_string()) {
    const std::string text = in.get<std::string>();
    if (text == "fresh") return {};
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), count);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) count = 0;
  } else if (in.is_number_integer()) {
    count = in.get<std::int64_t>();
  }
  if (count < 1 || count > 1000) detail::refuse(path, "'fresh' or a number from 1 to 1000", in);
  return {count};
}

nlohmann::json ViewsPerImage::to_json() const {
  return fresh() ? nlohmann::json("fresh") : nlohmann::json(count);
}

}  // namespace xrayclf
