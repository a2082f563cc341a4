#include <ostream>

#include <fmt/format.h>

#include "xrayclf/app/serve.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/serve/health.hpp"

namespace xrayclf {

void health(const HealthConfig& config, std::ostream& out) {
  const std::string path = config.ready ? "/ready" : "/health";
  const int status =
      http_status(config.host, static_cast<std::uint16_t>(config.port), path,
                  std::chrono::milliseconds(static_cast<std::int64_t>(config.timeout * 1000)));
  if (status != 200) {
    throw IoError(
        fmt::format("{} port {} answered {} with {}", config.host, config.port, path, status));
  }
  out << (config.ready ? "ready" : "alive") << "\n";
}

}  // namespace xrayclf
