#include "xrayclf/kernels/compiled_network.hpp"

#include "kernels/compiled.hpp"

namespace xrayclf::kernels {

PackedStem::PackedStem(const StemPlan& plan)
    : channels(plan.channels),
      weights(pack_dense(plan.weights, 9, plan.channels)),
      constants(pack_dense(plan.constants, 9, plan.channels)),
      bias(pad_block(plan.bias)),
      activation(plan.activation),
      padding(plan.padding) {}

template <class T>
void Compiled<T>::run(const Batch& batch, Workspace& workspace, TeamMember& member) const {
  auto& space = static_cast<NetworkWorkspace<T>&>(workspace);
  Scratch<T>& own = space.scratch[as_size(member.rank)];
  const MapShape size{1, batch.height, batch.width};
  const std::int64_t joint = std::min(joint_unit(batch.height, batch.width), batch.units);
  Maps<T> map;
  for (std::int64_t i = 0; i < batch.count; ++i) {
    map.shape = size;
    for (std::int64_t unit = 0; unit < joint; ++unit) {
      Maps<T> out{nullptr, next_shape(unit, map.shape)};
      out.data = space.apart[unit % 2].data();
      if (unit + 1 == joint) out.data = space.joint[0].data() + i * out.size();
      if (unit == 0) {
        run_stem(batch.images[i], size, out, own, member);
        member.wait();
      } else {
        run_unit(unit, 1, map, out, space, member);
      }
      map = out;
    }
  }
  map.data = space.joint[0].data();
  for (std::int64_t unit = joint; unit < batch.units; ++unit) {
    const Maps<T> out{space.joint[(unit - joint + 1) % 2].data(), next_shape(unit, map.shape)};
    run_unit(unit, batch.count, map, out, space, member);
    map = out;
  }
  deliver(batch, map, space, member);
}

template <class T>
void Compiled<T>::run_stem(const std::uint8_t* image, const MapShape& size, const Maps<T>& out,
                           Scratch<T>& own, const TeamMember& member) const {
  const Extent rows = convolve(size.height, 3, 2, stem_.padding);
  const Extent columns = convolve(size.width, 3, 2, stem_.padding);
  const std::int64_t stride = out.stride();
  const std::int64_t line = size.width + 4;
  std::fill(own.lines.begin(), own.lines.end(), 0.0F);
  std::int64_t ready = 2 * member.first(rows.out);
  for (std::int64_t y = member.first(rows.out); y < member.last(rows.out); ++y) {
    Stem<T> s;
    for (; ready < 2 * y + 3; ++ready) {
      float* const to = own.lines.data() + ready % 3 * line;
      const std::int64_t from = ready - rows.before;
      const bool inside = from >= 0 && from < size.height;
      for (std::int64_t x = 0; x < size.width; ++x) {
        to[columns.before + x] = inside ? static_cast<float>(image[from * size.width + x]) : 0.0F;
      }
    }
    for (std::int64_t i = 0; i < 3; ++i) s.rows[i] = own.lines.data() + (2 * y + i) % 3 * line;
    for (std::int64_t position = 0; position < 3; ++position) {
      float* const bias = own.stem_bias.data() + position * stride;
      std::copy(stem_.bias.begin(), stem_.bias.end(), bias);
      const std::int64_t left = position == 0   ? -columns.before
                                : position == 2 ? 2 * (columns.out - 1) - columns.before
                                                : 0;
      for (std::int64_t tap = 0; tap < 9; ++tap) {
        const std::int64_t at_y = 2 * y - rows.before + tap / 3;
        const std::int64_t at_x = left + tap % 3;
        if (at_y < 0 || at_y >= size.height || at_x < 0 || at_x >= size.width) continue;
        const float* const constants = stem_.constants.data() + tap * stride;
        for (std::int64_t c = 0; c < stride; ++c) bias[c] += constants[c];
      }
    }
    s.out_width = columns.out;
    s.channels = stem_.channels;
    s.weights = stem_.weights.data();
    s.bias = own.stem_bias.data();
    s.activation = stem_.activation;
    s.out = out.data + y * columns.out * stride;
    s.out_stride = stride;
    table_.stem(s);
  }
}

template <class T>
template <class Prepare>
void Compiled<T>::share(Pointwise<T> p, const TeamMember& member, const Prepare& prepare) const {
  if (member.size > 1 && p.rows < p.columns) {
    // Few rows, many weights: each member reads its own columns' weights only.
    const std::int64_t panel = std::max(table_.panel_columns, kBlock);
    const std::int64_t panels = (p.columns + panel - 1) / panel;
    const std::int64_t first = member.first(panels) * panel;
    const std::int64_t last = std::min(member.last(panels) * panel, p.columns);
    if (first >= last) return;
    prepare(p, true);
    p.b += packed_size(table_, p.depth, first);
    p.bias += first;
    p.c += first;
    if (p.residual != nullptr) p.residual += first;
    p.columns = last - first;
  } else {
    const std::int64_t first = member.first(p.rows);
    p.rows = member.last(p.rows) - first;
    if (p.rows == 0) return;
    p.a += first * p.a_stride;
    p.c += first * p.c_stride;
    if (p.residual != nullptr) p.residual += first * p.residual_stride;
    prepare(p, false);
  }
  table_.pointwise(p);
}

template <class T>
void Compiled<T>::run_unit(std::int64_t unit, std::int64_t count, const Maps<T>& in,
                           const Maps<T>& out, NetworkWorkspace<T>& space,
                           const TeamMember& member) const {
  if (!is_top(unit)) {
    run_block(block(unit), count, in, out, space, member);
    return;
  }
  Pointwise<T> p;
  p.a = in.data;
  p.a_stride = in.stride();
  p.rows = count * in.pixels();
  p.depth = top_.in;
  p.b = top_.weights.data();
  p.columns = top_.out;
  p.bias = top_.bias.data();
  p.activation = top_.activation;
  p.c = out.data;
  p.c_stride = out.stride();
  share(p, member, [](Pointwise<T>&, bool) {});
  member.wait();
}

template <class T>
const float* Compiled<T>::run_gate(const PackedBlock<T>& block, const float* sums,
                                   std::int64_t pixels, Scratch<T>& own) const {
  const float scale = 1.0F / static_cast<float>(pixels);
  for (std::int64_t c = 0; c < block.channels; ++c) own.gate[as_size(c)] = sums[c] * scale;
  dense_(block.squeeze->call(own.gate.data(), own.squeezed.data()));
  dense_(block.excite->call(own.squeezed.data(), own.gate.data()));
  return own.gate.data();
}

template <class T>
void Compiled<T>::run_block(const PackedBlock<T>& block, std::int64_t count, const Maps<T>& in,
                            const Maps<T>& out, NetworkWorkspace<T>& space,
                            const TeamMember& member) const {
  Scratch<T>& own = space.scratch[as_size(member.rank)];
  const Maps<T> wide{space.depthwise.data(), {block.channels, out.shape.height, out.shape.width}};
  const StageShape shape = stage_shape(block, in.shape.height, in.shape.width);
  const RingShape ring = ring_shape(block, shape, table_.panel_columns, member.size);
  DepthwiseStage<T> stage(table_, block, shape, ring, own.ring.data(), own.zeros.data());
  const auto sums = [&](std::int64_t i) {
    return block.squeeze ? space.sums.data() + i * wide.stride() : nullptr;
  };
  for (std::int64_t group = member.rank; group < ring.groups; group += member.size) {
    for (std::int64_t i = 0; i < count; ++i) stage.run(group, in.image(i), wide.image(i), sums(i));
  }
  member.wait();

  Pointwise<T> p;
  p.a_stride = wide.stride();
  p.depth = block.channels;
  p.columns = block.project.out;
  p.bias = block.project.bias.data();
  p.activation = block.project.activation;
  p.residual_stride = in.stride();
  p.c_stride = out.stride();
  const auto project = [&](std::int64_t first, std::int64_t images, const T* weights,
                           const auto& prepare) {
    p.a = wide.image(first);
    p.rows = images * wide.pixels();
    p.b = weights;
    p.residual = block.residual ? in.image(first) : nullptr;
    p.c = out.image(first);
    share(p, member, prepare);
  };
  const auto as_they_are = [](Pointwise<T>&, bool) {};
  const T* const weights = block.project.weights.data();
  if (!block.squeeze) {
    project(0, count, weights, as_they_are);
  } else if (scales_weights(block, wide.pixels())) {
    for (std::int64_t i = 0; i < count; ++i) {
      table_.scale_weights(weights, own.weights.data(), block.channels, block.project.out,
                           run_gate(block, sums(i), wide.pixels(), own));
      project(i, 1, own.weights.data(), as_they_are);
    }
  } else if (member.size == 1) {
    for (std::int64_t i = 0; i < count; ++i) {
      table_.scale_rows(wide.image(i), wide.image(i), wide.pixels(), block.channels, wide.stride(),
                        run_gate(block, sums(i), wide.pixels(), own));
    }
    project(0, count, weights, as_they_are);
  } else {
    for (std::int64_t i = 0; i < count; ++i) {
      const float* const gate = run_gate(block, sums(i), wide.pixels(), own);
      project(i, 1, weights, [&](Pointwise<T>& part, bool) {
        table_.scale_rows(part.a, own.rows.data(), part.rows, block.channels, wide.stride(), gate);
        part.a = own.rows.data();
      });
    }
  }
  member.wait();
}

template <class T>
void Compiled<T>::deliver(const Batch& batch, const Maps<T>& map, NetworkWorkspace<T>& space,
                          const TeamMember& member) const {
  Scratch<T>& own = space.scratch[as_size(member.rank)];
  const std::int64_t pixels = map.pixels();
  for (std::int64_t i = 0; i < batch.count; ++i) {
    if (batch.map != nullptr) {
      float* const to = batch.map + i * map.shape.channels * pixels;
      const T* const from = map.image(i);
      for (std::int64_t c = member.first(map.shape.channels); c < member.last(map.shape.channels);
           ++c) {
        for (std::int64_t p = 0; p < pixels; ++p) {
          to[c * pixels + p] = to_float(from[p * map.stride() + c]);
        }
      }
    }
    if (i % member.size != member.rank) continue;
    if (batch.features == nullptr && batch.logits == nullptr) continue;
    float* const features = space.features.data() + i * map.stride();
    std::fill_n(features, map.stride(), 0.0F);
    table_.add_rows(map.image(i), pixels, map.shape.channels, map.stride(), features);
    const float scale = 1.0F / static_cast<float>(pixels);
    for (std::int64_t c = 0; c < map.shape.channels; ++c) features[c] *= scale;
    if (batch.features != nullptr) {
      std::copy_n(features, map.shape.channels, batch.features + i * map.shape.channels);
    }
    if (batch.logits == nullptr) continue;
    const float* x = features;
    float* buffers[2] = {own.dense.data(), own.dense.data() + own.dense.size() / 2};
    for (std::size_t layer = 0; layer < head_.size(); ++layer) {
      dense_(head_[layer].call(x, buffers[layer % 2]));
      x = buffers[layer % 2];
    }
    std::copy_n(x, head_.back().out, batch.logits + i * head_.back().out);
  }
  member.wait();
}

template <class T>
std::unique_ptr<CompiledNetwork> compile(const NetworkPlan& plan, CpuLevel level) {
  return std::make_unique<Compiled<T>>(plan, level);
}

template std::unique_ptr<CompiledNetwork> compile<float>(const NetworkPlan&, CpuLevel);
template std::unique_ptr<CompiledNetwork> compile<Bfloat16>(const NetworkPlan&, CpuLevel);

}  // namespace xrayclf::kernels
