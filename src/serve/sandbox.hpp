#pragma once

#include <cstdint>

namespace xrayclf {

/// Takes from this process, for good, all it does not need to turn bytes into pixels: it may read
/// and write what is open, manage its memory and end. Opening anything fails, any other system call
/// kills it, and so does more than `cpu_seconds` of computing. `memory` is in bytes beyond what it
/// has now. Throws std::runtime_error where the kernel refuses.
void enter_sandbox(std::int64_t memory, std::int64_t cpu_seconds);

/// Closes all descriptors but 0 to 2 and `kept`, and makes 0 to 2 point nowhere.
void close_all_but(int kept);

}  // namespace xrayclf
