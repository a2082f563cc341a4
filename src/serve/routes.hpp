#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "xrayclf/serve/request_head.hpp"

namespace xrayclf {

/// One path of the API.
struct Route {
  const char* path;
  const char* method;  ///< GET answers HEAD, too
  bool open;           ///< needs no token: it says nothing about films or models
  bool takes_images;
  std::vector<const char*> parameters;  ///< of the query; others are refused
};

const std::vector<Route>& routes();
/// Null where there is no such path.
const Route* find_route(std::string_view path);

/// Throws Refusal: 404, 405, 400 for an unknown parameter.
const Route& require_route(const RequestHead& head);

}  // namespace xrayclf
