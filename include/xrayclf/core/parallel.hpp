#pragma once

#include <cstdint>
#include <functional>

namespace xrayclf {

/// Processors this process may use (the affinity mask, as in a container), at least 1.
std::int64_t processor_count();

/// Calls `work(i)` for i = 0 ... count-1 on `workers` threads (0 = processor_count()), each i once
/// and in about rising order. The first exception stops the handing out of further i and is
/// rethrown when all threads are done; among several the one with the lowest i.
void parallel_for(std::int64_t count, std::int64_t workers,
                  const std::function<void(std::int64_t)>& work);

}  // namespace xrayclf
