#include "xrayclf/core/version.hpp"

#include <cstdio>
#include <string>

#include <jpeglib.h>
#include <png.h>
#include <opencv2/core/version.hpp>

#include "build_info.hpp"

namespace xrayclf {

const char* version() { return XRAYCLF_VERSION; }

nlohmann::ordered_json version_info() {
  return {{"xrayclf", XRAYCLF_VERSION},
          {"git_revision", XRAYCLF_GIT_REVISION},
          {"compiler", XRAYCLF_COMPILER},
          {"build_type", XRAYCLF_BUILD_TYPE},
          {"libtorch", XRAYCLF_TORCH_VERSION},
          {"opencv", CV_VERSION},
          {"libpng", PNG_LIBPNG_VER_STRING},
          {"libjpeg_turbo", std::to_string(LIBJPEG_TURBO_VERSION_NUMBER / 1000000) + "." +
                                std::to_string(LIBJPEG_TURBO_VERSION_NUMBER / 1000 % 1000) + "." +
                                std::to_string(LIBJPEG_TURBO_VERSION_NUMBER % 1000)}};
}

}  // namespace xrayclf
