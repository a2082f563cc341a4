#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/depthwise_stage.hpp"
#include "xrayclf/kernels/compiled_network.hpp"

namespace xrayclf::kernels {

/// Maps of at most so many pixels are computed for all images of a batch at once: there the weights
/// are more than the activations. Larger ones are computed image by image, to stay in the cache.
inline constexpr std::int64_t kJointPixels = 400;

inline std::size_t as_size(std::int64_t value) { return static_cast<std::size_t>(value); }

/// What one member of a team needs for itself.
template <class T>
struct Scratch {
  Aligned<T> ring, zeros, weights, rows;
  Aligned<float> gate, squeezed, dense, lines, stem_bias;
};

template <class T>
struct NetworkWorkspace : Workspace {
  Aligned<T> apart[2], joint[2];  ///< outputs of units, one image or all of them
  Aligned<T> depthwise;
  Aligned<float> sums, features;
  std::vector<Scratch<T>> scratch;
};

/// A map of several images.
template <class T>
struct Maps {
  T* data = nullptr;
  MapShape shape;

  std::int64_t stride() const { return round_up(shape.channels); }
  std::int64_t pixels() const { return shape.height * shape.width; }
  std::int64_t size() const { return pixels() * stride(); }
  T* image(std::int64_t i) const { return data + i * size(); }
};

template <class T>
class Compiled : public CompiledNetwork {
 public:
  Compiled(const NetworkPlan& plan, CpuLevel level)
      : table_(kernels<T>(level)),
        dense_(kernels<float>(level).dense),
        stem_(plan.stem),
        top_(plan.top, table_) {
    for (const BlockPlan& block : plan.blocks) {
      if ((block.kernel != 3 && block.kernel != 5) || (block.stride != 1 && block.stride != 2)) {
        throw std::invalid_argument("no depthwise convolution of " + std::to_string(block.kernel) +
                                    "x" + std::to_string(block.kernel) + " at stride " +
                                    std::to_string(block.stride));
      }
      blocks_.emplace_back(block, table_);
    }
    for (const LinearPlan& layer : plan.head) head_.emplace_back(layer);
  }

  MapShape shape(std::int64_t units, std::int64_t height, std::int64_t width) const override {
    MapShape shape{1, height, width};
    for (std::int64_t unit = 0; unit < units; ++unit) shape = next_shape(unit, shape);
    return shape;
  }

  std::unique_ptr<Workspace> workspace(std::int64_t units, std::int64_t count, std::int64_t height,
                                       std::int64_t width, int members) const override;
  void run(const Batch& batch, Workspace& workspace, TeamMember& member) const override;

 private:
  std::int64_t unit_count() const { return static_cast<std::int64_t>(blocks_.size()) + 2; }
  const PackedBlock<T>& block(std::int64_t unit) const { return blocks_[as_size(unit - 1)]; }
  bool is_top(std::int64_t unit) const { return unit + 1 == unit_count(); }

  MapShape next_shape(std::int64_t unit, const MapShape& in) const {
    if (unit == 0) {
      return {stem_.channels, convolve(in.height, 3, 2, stem_.padding).out,
              convolve(in.width, 3, 2, stem_.padding).out};
    }
    if (is_top(unit)) return {top_.out, in.height, in.width};
    const StageShape stage = stage_shape(block(unit), in.height, in.width);
    return {block(unit).project.out, stage.rows.out, stage.columns.out};
  }
  /// The first unit that takes all images at once.
  std::int64_t joint_unit(std::int64_t height, std::int64_t width) const {
    MapShape in{1, height, width};
    std::int64_t unit = 0;
    do in = next_shape(unit++, in);
    while (unit < unit_count() && in.height * in.width > kJointPixels);
    return unit;
  }
  /// The gate's factors go into the projection's weights where these are fewer than the pixels.
  static bool scales_weights(const PackedBlock<T>& block, std::int64_t pixels) {
    return pixels > block.project.out;
  }

  void run_stem(const std::uint8_t* image, const MapShape& size, const Maps<T>& out,
                Scratch<T>& scratch, const TeamMember& member) const;
  void run_unit(std::int64_t unit, std::int64_t count, const Maps<T>& in, const Maps<T>& out,
                NetworkWorkspace<T>& space, const TeamMember& member) const;
  void run_block(const PackedBlock<T>& block, std::int64_t count, const Maps<T>& in,
                 const Maps<T>& out, NetworkWorkspace<T>& space, const TeamMember& member) const;
  const float* run_gate(const PackedBlock<T>& block, const float* sums, std::int64_t pixels,
                        Scratch<T>& scratch) const;
  /// This member's share of a product; `prepare` may replace the rows that it reads.
  template <class Prepare>
  void share(Pointwise<T> p, const TeamMember& member, const Prepare& prepare) const;
  void deliver(const Batch& batch, const Maps<T>& map, NetworkWorkspace<T>& space,
               const TeamMember& member) const;

  const Kernels<T>& table_;
  void (*dense_)(const Dense&);
  PackedStem stem_;
  std::vector<PackedBlock<T>> blocks_;
  PackedLinear<T> top_;
  std::vector<PackedDense> head_;
};

}  // namespace xrayclf::kernels
