#pragma once

#include <nlohmann/json.hpp>

namespace xrayclf {

/// "0.1.0"
const char* version();

/// Versions that a result depends on: xrayclf, git revision, compiler, build type, OpenCV, libpng,
/// libjpeg-turbo and the LibTorch it was built with.
nlohmann::ordered_json version_info();

}  // namespace xrayclf
