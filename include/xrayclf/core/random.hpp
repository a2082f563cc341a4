#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>
#include <utility>
#include <vector>

namespace xrayclf {

/// A seed that is a function of its parts, for example derive_seed(seed, {epoch, index}): any
/// change of any part gives an unrelated stream (splitmix64, Steele et al. 2014). Nothing random in
/// xrayclf depends on the number of workers or on the order of work, because every draw is seeded
/// so.
std::uint64_t derive_seed(std::uint64_t seed, std::initializer_list<std::uint64_t> parts);

/// Draws that are the same on every platform: std::mt19937_64, whose sequence the standard fixes,
/// under distributions of our own (the standard's are not fixed).
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t bits() { return engine_(); }
  /// In [0, 1), 53 bits.
  double uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// In 0 ... bound-1 without bias; bound >= 1.
  std::uint64_t below(std::uint64_t bound);
  /// Standard normal (Box-Muller).
  double normal();
  bool chance(double probability) { return uniform() < probability; }

  /// Fisher-Yates.
  template <class T>
  void shuffle(std::vector<T>& values) {
    for (std::size_t i = values.size(); i > 1; --i) {
      std::swap(values[i - 1], values[static_cast<std::size_t>(below(i))]);
    }
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace xrayclf
