#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace xrayclf::kernels {

/// Begins at a cache line, so that no vector of 64 bytes lies across two.
template <class T>
struct AlignedAllocator {
  using value_type = T;
  static constexpr std::align_val_t kAlignment{64};

  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) {}

  T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new(count * sizeof(T), kAlignment));
  }
  void deallocate(T* data, std::size_t) { ::operator delete(data, kAlignment); }
  bool operator==(const AlignedAllocator&) const = default;
};

template <class T>
using Aligned = std::vector<T, AlignedAllocator<T>>;

}  // namespace xrayclf::kernels
