#include "xrayclf/augment/range.hpp"

#include <vector>

namespace xrayclf::transforms {
namespace {

/// The two numbers of a range, in order.
template <class Number>
std::pair<Number, Number> read_ends(const nlohmann::json& in, const std::string& path,
                                    Required mode) {
  if (!in.is_array() || in.size() != 2) detail::refuse(path, "a list [low, high]", in);
  const auto ends = read_json<std::vector<Number>>(in, path, mode);
  if (!(ends[0] <= ends[1])) detail::refuse(path, "a list [low, high] with low <= high", in);
  return {ends[0], ends[1]};
}

}  // namespace

Range Range::from_json(const nlohmann::json& in, const std::string& path, Required mode) {
  const auto [low, high] = read_ends<double>(in, path, mode);
  return {low, high};
}

CountRange CountRange::from_json(const nlohmann::json& in, const std::string& path, Required mode) {
  const auto [low, high] = read_ends<std::int64_t>(in, path, mode);
  return {low, high};
}

Check<Range> ends_in(double low, double high) {
  return {"within [" + nlohmann::json(low).dump() + ", " + nlohmann::json(high).dump() + "]",
          [low, high](const Range& r) { return r.low >= low && r.high <= high; }};
}

Check<CountRange> ends_in(std::int64_t low, std::int64_t high) {
  return {"within [" + std::to_string(low) + ", " + std::to_string(high) + "]",
          [low, high](const CountRange& r) { return r.low >= low && r.high <= high; }};
}

}  // namespace xrayclf::transforms
