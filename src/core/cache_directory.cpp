#include "xrayclf/core/cache_directory.hpp"

#include <cstdlib>
#include <string>

namespace xrayclf {
namespace {

std::string environment_variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::filesystem::path cache_directory() {
  if (const auto own = environment_variable("XRAYCLF_CACHE"); !own.empty()) return own;
  if (const auto xdg = environment_variable("XDG_CACHE_HOME"); !xdg.empty()) {
    return std::filesystem::path(xdg) / "xrayclf";
  }
  return std::filesystem::path(environment_variable("HOME")) / ".cache" / "xrayclf";
}

std::filesystem::path installed_weights(const std::string& architecture) {
  return cache_directory() / "weights" / (architecture + ".safetensors");
}

}  // namespace xrayclf
