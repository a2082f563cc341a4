#include "kernels/compiled.hpp"

namespace xrayclf::kernels {

template <class T>
std::unique_ptr<Workspace> Compiled<T>::workspace(std::int64_t units, std::int64_t count,
                                                  std::int64_t height, std::int64_t width,
                                                  int members) const {
  auto space = std::make_unique<NetworkWorkspace<T>>();
  const std::int64_t joint = std::min(joint_unit(height, width), units);
  std::int64_t apart_size = 0, joint_size = 0, depthwise = 0, ring = 0, zeros = 0, weights = 0;
  std::int64_t rows = 0, channels = 0, dense = 0;
  MapShape in{1, height, width};
  for (std::int64_t unit = 0; unit < units; ++unit) {
    const MapShape out = next_shape(unit, in);
    const std::int64_t images = unit < joint ? 1 : count;
    (unit < joint ? apart_size : joint_size) =
        std::max(unit < joint ? apart_size : joint_size,
                 images * out.height * out.width * round_up(out.channels));
    if (unit + 1 == joint) {
      joint_size = std::max(joint_size, count * out.height * out.width * round_up(out.channels));
    }
    if (unit > 0 && !is_top(unit)) {
      const PackedBlock<T>& b = block(unit);
      const StageShape stage = stage_shape(b, in.height, in.width);
      for (const int team : {1, members}) {
        const RingShape r = ring_shape(b, stage, table_.panel_columns, team);
        ring = std::max(ring, r.block_size() * round_up(r.channels) / kBlock);
        zeros = std::max(zeros, r.width * kBlock);
      }
      const std::int64_t wide = round_up(b.channels);
      depthwise = std::max(depthwise, images * out.height * out.width * wide);
      rows = std::max(rows, images * out.height * out.width * wide);
      channels = std::max(channels, wide);
      if (b.squeeze) {
        dense = std::max(dense, round_up(b.squeeze->out));
        if (scales_weights(b, out.height * out.width)) {
          weights = std::max(weights, packed_size(table_, b.channels, b.project.out));
        }
      }
    }
    in = out;
  }
  for (const PackedDense& layer : head_) dense = std::max(dense, round_up(layer.out));
  for (auto& map : space->apart) map.resize(as_size(apart_size));
  for (auto& map : space->joint) map.resize(as_size(joint_size));
  space->depthwise.resize(as_size(depthwise));
  space->sums.resize(as_size(count * channels));
  space->features.resize(as_size(count * round_up(top_.out)));
  for (int i = 0; i < members; ++i) {
    Scratch<T>& own = space->scratch.emplace_back();
    own.ring.resize(as_size(ring));
    own.zeros.resize(as_size(zeros));
    own.weights.resize(as_size(weights));
    if (members > 1) own.rows.resize(as_size(rows));
    own.gate.resize(as_size(channels));
    own.squeezed.resize(as_size(dense));
    own.dense.resize(as_size(2 * dense));
    own.lines.resize(as_size(3 * (width + 4)));
    own.stem_bias.resize(as_size(3 * round_up(stem_.channels)));
  }
  return space;
}

template std::unique_ptr<Workspace> Compiled<float>::workspace(std::int64_t, std::int64_t,
                                                               std::int64_t, std::int64_t,
                                                               int) const;
template std::unique_ptr<Workspace> Compiled<Bfloat16>::workspace(std::int64_t, std::int64_t,
                                                                  std::int64_t, std::int64_t,
                                                                  int) const;

}  // namespace xrayclf::kernels
