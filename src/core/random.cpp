#include "xrayclf/core/random.hpp"

#include <cmath>
#include <numbers>

namespace xrayclf {
namespace {

std::uint64_t splitmix64(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

}  // namespace

std::uint64_t derive_seed(std::uint64_t seed, std::initializer_list<std::uint64_t> parts) {
  std::uint64_t hash = splitmix64(seed);
  // Adding to a hash that is already mixed: no part can cancel the seed or another part.
  for (const std::uint64_t part : parts) hash = splitmix64(hash + part);
  return hash;
}

std::uint64_t Random::below(std::uint64_t bound) {
  // Reject the tail that would make low values likelier.
  const std::uint64_t reject_below = (0 - bound) % bound;
  std::uint64_t draw = engine_();
  while (draw < reject_below) draw = engine_();
  return draw % bound;
}

double Random::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

}  // namespace xrayclf
