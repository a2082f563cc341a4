#pragma once

#include <cstdint>

#include "xrayclf/core/fields.hpp"

namespace xrayclf {

/// What one client, and all of them together, may ask of the server.
struct HttpLimits {
  std::int64_t header_bytes = 8192;
  std::int64_t header_fields = 64;
  std::int64_t target_bytes = 2048;
  std::int64_t body_bytes = std::int64_t{32} << 20;
  std::int64_t bodies_bytes = std::int64_t{256} << 20;
  double header_seconds = 5;
  double body_seconds = 30;
  std::int64_t body_rate = 4096;
  double idle_seconds = 15;
  double write_seconds = 30;
  std::int64_t requests = 100;
  std::int64_t connections = 64;
  std::int64_t connections_per_address = 8;

  template <class Field>
  static void fields(Field&& field) {
    field("header_bytes", &HttpLimits::header_bytes, "Request line and header together",
          in_range(std::int64_t{256}, std::int64_t{1} << 20), Unit{"bytes"});
    field("header_fields", &HttpLimits::header_fields, "Lines of a header",
          in_range(std::int64_t{8}, std::int64_t{1000}));
    field("target_bytes", &HttpLimits::target_bytes, "Path and query",
          in_range(std::int64_t{64}, std::int64_t{1} << 16), Unit{"bytes"});
    field("body_bytes", &HttpLimits::body_bytes, "One body, however it is sent",
          in_range(std::int64_t{1} << 10, std::int64_t{1} << 30), Unit{"bytes"});
    field("bodies_bytes", &HttpLimits::bodies_bytes, "All bodies that are held at a time",
          in_range(std::int64_t{1} << 10, std::int64_t{1} << 36), Unit{"bytes"});
    field("header_seconds", &HttpLimits::header_seconds, "From a header's first byte to its last",
          in_range(0.05, 3600.0), Unit{"seconds"});
    field("body_seconds", &HttpLimits::body_seconds, "For a whole body", in_range(0.05, 3600.0),
          Unit{"seconds"});
    field("body_rate", &HttpLimits::body_rate, "Slowest body, as a mean from its second second on",
          at_least(std::int64_t{0}), Unit{"bytes a second"});
    field("idle_seconds", &HttpLimits::idle_seconds, "Between two requests of a connection",
          in_range(0.05, 3600.0), Unit{"seconds"});
    field("write_seconds", &HttpLimits::write_seconds, "For a client to take its answer",
          in_range(0.05, 3600.0), Unit{"seconds"});
    field("requests", &HttpLimits::requests, "Of one connection", at_least(std::int64_t{1}));
    field("connections", &HttpLimits::connections, "At a time",
          in_range(std::int64_t{1}, std::int64_t{10000}));
    field("connections_per_address", &HttpLimits::connections_per_address,
          "At a time from one address (of IPv6 its first 64 bits)", at_least(std::int64_t{1}));
  }
};

}  // namespace xrayclf
