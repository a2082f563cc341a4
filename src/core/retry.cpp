#include "xrayclf/core/retry.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <thread>

#include <spdlog/spdlog.h>

#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {
constexpr std::array<std::chrono::milliseconds, 2> kPauses{std::chrono::milliseconds(200),
                                                           std::chrono::milliseconds(1000)};
}

void retry_io(const std::function<void()>& write) {
  for (std::size_t attempt = 0;; ++attempt) {
    try {
      write();
      return;
    } catch (const IoError& e) {
      if (attempt == kPauses.size()) throw;
      spdlog::warn("{}; trying again", e.what());
      std::this_thread::sleep_for(kPauses[attempt]);
    }
  }
}

}  // namespace xrayclf
