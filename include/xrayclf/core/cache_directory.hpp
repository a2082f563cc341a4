#pragma once

#include <filesystem>
#include <string>

namespace xrayclf {

/// Where scripts/setup.sh and scripts/get_weights.sh put what they download: $XRAYCLF_CACHE, else
/// $XDG_CACHE_HOME/xrayclf, else $HOME/.cache/xrayclf.
std::filesystem::path cache_directory();

/// The ImageNet weights of an architecture that scripts/get_weights.sh installs there; they may be
/// absent.
std::filesystem::path installed_weights(const std::string& architecture);

}  // namespace xrayclf
