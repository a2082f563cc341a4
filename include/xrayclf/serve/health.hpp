#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace xrayclf {

/// The status of a GET to a server, by plain sockets. Throws IoError where there is no whole answer
/// in time.
int http_status(const std::string& host, std::uint16_t port, const std::string& path,
                std::chrono::milliseconds timeout);

}  // namespace xrayclf
