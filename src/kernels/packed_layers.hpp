#pragma once

#include <cstdint>
#include <optional>

#include "xrayclf/kernels/network_plan.hpp"
#include "xrayclf/kernels/pack.hpp"

/// The layers of a plan with their weights in the order of the kernels.
namespace xrayclf::kernels {

template <class T>
struct PackedLinear {
  PackedLinear(const LinearPlan& plan, const Kernels<T>& table)
      : in(plan.in),
        out(plan.out),
        weights(pack_pointwise(table, plan.weights, plan.in, plan.out)),
        bias(pad_block(plan.bias)),
        activation(plan.activation) {}

  std::int64_t in, out;
  Aligned<T> weights;
  Aligned<float> bias;
  Activation activation;
};

struct PackedDense {
  explicit PackedDense(const LinearPlan& plan)
      : in(plan.in),
        out(plan.out),
        weights(pack_dense(plan.weights, plan.in, plan.out)),
        bias(pad_block(plan.bias)),
        activation(plan.activation) {}

  Dense call(const float* x, float* y) const {
    return {x, in, weights.data(), bias.data(), out, activation, y};
  }

  std::int64_t in, out;
  Aligned<float> weights, bias;
  Activation activation;
};

struct PackedStem {
  explicit PackedStem(const StemPlan& plan);

  std::int64_t channels;
  Aligned<float> weights;    ///< [9][channels rounded up]
  Aligned<float> constants;  ///< [9][channels rounded up]
  Aligned<float> bias;
  Activation activation;
  Padding padding;
};

template <class T>
struct PackedBlock {
  PackedBlock(const BlockPlan& plan, const Kernels<T>& table)
      : channels(plan.channels),
        kernel(plan.kernel),
        stride(plan.stride),
        padding(plan.padding),
        weights(pack_depthwise(plan.weights, plan.channels, plan.kernel)),
        bias(pad_block(plan.bias)),
        activation(plan.activation),
        project(plan.project, table),
        residual(plan.residual) {
    if (plan.expand) expand.emplace(*plan.expand, table);
    if (plan.squeeze) {
      squeeze.emplace(*plan.squeeze);
      excite.emplace(*plan.excite);
    }
  }

  std::optional<PackedLinear<T>> expand;
  std::int64_t channels, kernel, stride;
  Padding padding;
  Aligned<float> weights, bias;
  Activation activation;
  std::optional<PackedDense> squeeze, excite;
  PackedLinear<T> project;
  bool residual;
};

}  // namespace xrayclf::kernels
