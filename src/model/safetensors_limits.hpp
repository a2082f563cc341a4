#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "xrayclf/model/safetensors.hpp"

/// What the reader and the writer of safetensors agree on.
namespace xrayclf::safetensors {

inline constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 30;
inline constexpr std::uint64_t kMaxHeaderBytes = std::uint64_t{1} << 20;
inline constexpr std::size_t kMaxTensors = 4096;
inline constexpr std::size_t kMaxRank = 8;
inline constexpr std::size_t kMaxNameBytes = 256;

bool is_tensor_name(std::string_view name);

/// Bytes of a tensor, or none if the number does not fit 64 bits. Extents must not be negative.
std::optional<std::uint64_t> byte_count(TensorType type, const std::vector<std::int64_t>& shape);

}  // namespace xrayclf::safetensors
