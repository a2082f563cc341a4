#pragma once

#include <cstdint>
#include <memory>

#include "xrayclf/kernels/cpu_level.hpp"
#include "xrayclf/kernels/network_plan.hpp"
#include "xrayclf/kernels/team.hpp"

namespace xrayclf::kernels {

struct MapShape {
  std::int64_t channels = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  bool operator==(const MapShape&) const = default;
};

/// Some 8-bit grey images of one size and where the results of each go; null for results that are
/// not wanted. Results lie one image after the other.
struct Batch {
  const std::uint8_t* const* images = nullptr;  ///< each height x width, rows without gaps
  std::int64_t count = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t units = 0;     ///< how many are run; features and logits need all
  float* map = nullptr;       ///< output of the last of them, [channels][height][width]
  float* features = nullptr;  ///< means over the map
  float* logits = nullptr;
};

/// The memory that one team computes in.
class Workspace {
 public:
  virtual ~Workspace() = default;
};

/// A network ready to run: weights packed for a set of instructions. Immutable, so threads share
/// it.
class CompiledNetwork {
 public:
  virtual ~CompiledNetwork() = default;

  /// Shape of the output of the first `units` units.
  virtual MapShape shape(std::int64_t units, std::int64_t height, std::int64_t width) const = 0;
  /// Room for batches of at most `count` images of that size through `units` units, computed by
  /// `members` threads.
  virtual std::unique_ptr<Workspace> workspace(std::int64_t units, std::int64_t count,
                                               std::int64_t height, std::int64_t width,
                                               int members) const = 0;
  /// Called by every member of a team with the same batch; all return when it is done. Allocates
  /// nothing. An image's results depend on nothing but the image.
  virtual void run(const Batch& batch, Workspace& workspace, TeamMember& member) const = 0;
};

/// Maps and weights are stored as T, float or Bfloat16. Throws std::invalid_argument for a kernel
/// or stride that there is no code for.
template <class T>
std::unique_ptr<CompiledNetwork> compile(const NetworkPlan& plan, CpuLevel level);

}  // namespace xrayclf::kernels
