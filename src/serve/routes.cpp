#include "routes.hpp"

#include <algorithm>

#include "xrayclf/core/text.hpp"
#include "xrayclf/serve/message.hpp"

namespace xrayclf {

const std::vector<Route>& routes() {
  static const std::vector<Route> table = {
      {"/", "GET", true, false, {}},
      {"/health", "GET", true, false, {}},
      {"/ready", "GET", true, false, {}},
      {"/openapi.json", "GET", true, false, {}},
      {"/metrics", "GET", false, false, {}},
      {"/model", "GET", false, false, {}},
      {"/predict", "POST", false, true, {"model"}},
      {"/batch", "POST", false, true, {"model"}},
      {"/film", "POST", false, true, {}},
      {"/gradcam",
       "POST",
       false,
       true,
       {"model", "method", "class", "opacity", "colour_map", "output"}},
  };
  return table;
}

const Route* find_route(std::string_view path) {
  for (const Route& route : routes()) {
    if (path == route.path) return &route;
  }
  return nullptr;
}

const Route& require_route(const RequestHead& head) {
  const Route* route = find_route(head.path);
  if (route == nullptr) throw Refusal(404, "not_found", "there is nothing at this path");
  const std::string method = route->method;
  if (head.method != method && !(method == "GET" && head.method == "HEAD")) {
    throw Refusal(405, "method_not_allowed", "this path takes " + method + " only",
                  {{"Allow", method == "GET" ? "GET, HEAD" : method}});
  }
  for (const auto& [name, value] : head.query) {
    if (std::find(route->parameters.begin(), route->parameters.end(), name) ==
        route->parameters.end()) {
      const std::vector<std::string> known(route->parameters.begin(), route->parameters.end());
      throw Refusal(
          400, "unknown_parameter",
          "this path has no parameter '" + printable(name) + "'" + did_you_mean(name, known));
    }
  }
  return *route;
}

}  // namespace xrayclf
