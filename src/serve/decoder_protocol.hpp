#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "xrayclf/serve/decoder.hpp"

/// What parent, nursery and child say to each other, over sockets of this machine.
namespace xrayclf {

/// From the parent to a child: so many bytes follow.
struct DecodeCommand {
  std::uint64_t size = 0;
};

/// From a child: the pixels follow row by row without gaps, or the reason; before them the
/// description.
struct DecodeAnswer {
  std::uint32_t good = 0;
  std::uint32_t depth = 0;  ///< bytes a pixel, 1 or 2
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;
  std::uint32_t format = 0;     ///< an ImageFormat
  std::uint32_t text_size = 0;  ///< of description or reason
  std::uint32_t last = 0;       ///< this child has computed enough and ends
};

/// Whole or false: the other side is gone, or `deadline` has passed.
using Deadline = std::chrono::steady_clock::time_point;
bool send_all(int socket, const void* data, std::size_t size, Deadline deadline);
bool receive_all(int socket, void* data, std::size_t size, Deadline deadline);
inline constexpr Deadline kNoDeadline = Deadline::max();

/// The nursery's life: waits for orders on `control` until it is closed.
[[noreturn]] void run_nursery(int control, const SandboxLimits& limits,
                              const DecodeFunction& decode);
/// A child's life, inside of the sandbox.
[[noreturn]] void run_decoder(int socket, const SandboxLimits& limits,
                              const DecodeFunction& decode);

/// Orders to the nursery; `spawn` comes with the child's socket as a descriptor.
struct NurseryOrder {
  enum : std::int32_t { spawn, end } what = spawn;
  std::int32_t process = 0;
};

bool send_order(int control, const NurseryOrder& order, int descriptor);
bool receive_order(int control, NurseryOrder& order, int& descriptor);

}  // namespace xrayclf
