#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "kernels/packed_layers.hpp"

namespace xrayclf::kernels {

/// Sizes of a block's depthwise convolution on one image.
struct StageShape {
  std::int64_t in_height = 0, in_width = 0;
  Extent rows, columns;
};

template <class T>
StageShape stage_shape(const PackedBlock<T>& block, std::int64_t height, std::int64_t width) {
  return {height, width, convolve(height, block.kernel, block.stride, block.padding),
          convolve(width, block.kernel, block.stride, block.padding)};
}

/// How a block's expanded map passes through the cache: some channels at a time, and of these a
/// ring of rows that is filled by the expansion and read by the depthwise convolution, so that the
/// expanded map as a whole, the largest of the network, never exists. In the ring 16 channels of
/// all its rows lie together.
struct RingShape {
  std::int64_t band = 0;      ///< rows of output computed at once
  std::int64_t rows = 0;      ///< of input that are held
  std::int64_t width = 0;     ///< padding included
  std::int64_t channels = 0;  ///< at a time, in whole panels
  std::int64_t groups = 0;    ///< of so many channels

  std::int64_t block_size() const { return rows * width * kBlock; }
};

template <class T>
RingShape ring_shape(const PackedBlock<T>& block, const StageShape& shape, std::int64_t panel,
                     int members) {
  constexpr std::int64_t kRingBytes = 192 * 1024;
  constexpr std::int64_t kRowsOfProduct = 96;  // fewer would leave the expansion's tiles ragged
  RingShape ring;
  const std::int64_t row_pixels = shape.in_width * block.stride;
  ring.band = std::min((kRowsOfProduct + row_pixels - 1) / row_pixels, shape.rows.out);
  ring.rows = std::min((ring.band - 1) * block.stride + block.kernel, shape.in_height);
  if (ring.rows == shape.in_height) ring.band = shape.rows.out;
  ring.width = std::max(shape.in_width, (shape.columns.out - 1) * block.stride + block.kernel) +
               shape.columns.before;
  const std::int64_t unit = std::max(panel, kBlock);
  const std::int64_t units = (block.channels + unit - 1) / unit;
  const std::int64_t unit_bytes =
      ring.rows * ring.width * unit * static_cast<std::int64_t>(sizeof(T));
  const std::int64_t most = std::max<std::int64_t>(kRingBytes / unit_bytes, 1);
  std::int64_t groups = round_up((units + most - 1) / most, members);
  groups = std::min(groups, units);
  const std::int64_t units_each = (units + groups - 1) / groups;
  ring.channels = units_each * unit;
  ring.groups = (units + units_each - 1) / units_each;
  return ring;
}

/// Expansion and depthwise convolution of one group of channels of one image.
template <class T>
class DepthwiseStage {
 public:
  DepthwiseStage(const Kernels<T>& table, const PackedBlock<T>& block, const StageShape& shape,
                 const RingShape& ring, T* memory, const T* zeros)
      : table_(table), block_(block), shape_(shape), ring_(ring), memory_(memory), zeros_(zeros) {}

  /// Map [in_height][in_width][input channels rounded up] -> `out`, [rows][columns][channels
  /// rounded up], and their sums over the map, channels rounded up, where `sums` is given.
  void run(std::int64_t group, const T* in, T* out, float* sums) {
    first_ = group * ring_.channels;
    last_ = std::min(first_ + ring_.channels, block_.channels);
    if (sums != nullptr) std::fill(sums + first_, sums + round_up(last_), 0.0F);
    clear_padding();
    std::int64_t ready = 0;
    for (std::int64_t y = 0; y < shape_.rows.out; y += ring_.band) {
      const std::int64_t end = std::min(y + ring_.band, shape_.rows.out);
      const std::int64_t need = std::min(
          (end - 1) * block_.stride - shape_.rows.before + block_.kernel, shape_.in_height);
      while (ready < need) {
        const std::int64_t count = std::min(need - ready, ring_.rows - ready % ring_.rows);
        fill(in, ready, count);
        ready += count;
      }
      convolve_band(y, end, out, sums);
    }
  }

 private:
  void clear_padding() {
    const std::int64_t before = shape_.columns.before * kBlock;
    const std::int64_t after = (ring_.width - shape_.in_width) * kBlock - before;
    const std::int64_t lines = (round_up(last_ - first_) / kBlock) * ring_.rows;
    for (std::int64_t line = 0; line < lines; ++line) {
      T* const row = memory_ + line * ring_.width * kBlock;
      std::fill_n(row, before, T{});
      std::fill_n(row + before + shape_.in_width * kBlock, after, T{});
    }
  }

  /// Rows [y, y + count) of the expanded map; they are neighbours in the ring.
  void fill(const T* in, std::int64_t y, std::int64_t count) {
    T* const to = memory_ + ((y % ring_.rows) * ring_.width + shape_.columns.before) * kBlock;
    const std::int64_t in_channels = block_.expand ? block_.expand->in : block_.channels;
    const std::int64_t in_stride = round_up(in_channels);
    const T* const from = in + y * shape_.in_width * in_stride;
    if (!block_.expand) {
      copy(from, in_stride, to, count);
      return;
    }
    Pointwise<T> p;
    p.a = from;
    p.a_stride = in_stride;
    p.rows = count * shape_.in_width;
    p.depth = in_channels;
    p.b = block_.expand->weights.data() + packed_size(table_, in_channels, first_);
    p.columns = last_ - first_;
    p.bias = block_.expand->bias.data() + first_;
    p.activation = block_.expand->activation;
    p.c = to;
    p.c_stride = kBlock;
    p.c_block_stride = ring_.block_size();
    p.image_width = shape_.in_width;
    p.image_gap = (ring_.width - shape_.in_width) * kBlock;
    table_.pointwise(p);
  }

  void copy(const T* from, std::int64_t in_stride, T* to, std::int64_t count) const {
    for (std::int64_t c = first_; c < last_; c += kBlock, to += ring_.block_size()) {
      for (std::int64_t y = 0; y < count; ++y) {
        const T* pixel = from + y * shape_.in_width * in_stride + c;
        T* out = to + y * ring_.width * kBlock;
        for (std::int64_t x = 0; x < shape_.in_width; ++x, pixel += in_stride, out += kBlock) {
          std::memcpy(out, pixel, kBlock * sizeof(T));
        }
      }
    }
  }

  void convolve_band(std::int64_t y, std::int64_t end, T* out, float* sums) {
    const std::int64_t stride = round_up(block_.channels);
    for (std::int64_t c = first_; c < last_; c += kBlock) {
      const T* const block = memory_ + (c - first_) / kBlock * ring_.block_size();
      // A band may be long (small maps are one band), so its lines go in pieces.
      constexpr std::int64_t kLines = 64;
      const T* lines_of[kLines];
      const std::int64_t rows_each = (kLines - block_.kernel) / block_.stride + 1;
      for (std::int64_t row = y; row < end; row += rows_each) {
        const std::int64_t rows = std::min(rows_each, end - row);
        const std::int64_t top = row * block_.stride - shape_.rows.before;
        for (std::int64_t i = 0; i < (rows - 1) * block_.stride + block_.kernel; ++i) {
          const bool inside = top + i >= 0 && top + i < shape_.in_height;
          lines_of[i] = inside ? block + (top + i) % ring_.rows * ring_.width * kBlock : zeros_;
        }
        Depthwise<T> d;
        d.kernel = static_cast<int>(block_.kernel);
        d.stride = static_cast<int>(block_.stride);
        d.rows = lines_of;
        d.out_rows = rows;
        d.out_width = shape_.columns.out;
        d.weights = block_.weights.data() + c * block_.kernel * block_.kernel;
        d.bias = block_.bias.data() + c;
        d.activation = block_.activation;
        d.out = out + row * shape_.columns.out * stride + c;
        d.out_stride = stride;
        d.sums = sums == nullptr ? nullptr : sums + c;
        table_.depthwise(d);
      }
    }
  }

  const Kernels<T>& table_;
  const PackedBlock<T>& block_;
  const StageShape& shape_;
  const RingShape& ring_;
  T* const memory_;
  const T* const zeros_;
  std::int64_t first_ = 0, last_ = 0;  ///< channels of the group
};

}  // namespace xrayclf::kernels
