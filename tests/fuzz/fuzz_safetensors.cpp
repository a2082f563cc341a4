#include <cstddef>
#include <cstdint>
#include <string_view>

#include "xrayclf/core/error.hpp"
#include "xrayclf/model/safetensors.hpp"

/// Whatever the bytes, the header is either refused with a ModelError or keeps its promises.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const xrayclf::SafetensorsHeader header =
        xrayclf::parse_safetensors_header(bytes, size, "fuzz");
    std::uint64_t covered = 0;
    for (const xrayclf::TensorEntry& tensor : header.tensors) {
      std::uint64_t count = 1;
      for (const std::int64_t extent : tensor.shape) count *= static_cast<std::uint64_t>(extent);
      const bool exact = tensor.end - tensor.begin == count * xrayclf::size_of(tensor.type);
      if (tensor.begin != covered || !exact) __builtin_trap();
      covered = tensor.end;
    }
    if (header.data_begin + covered != size) __builtin_trap();
  } catch (const xrayclf::ModelError&) {
  }
  return 0;
}
