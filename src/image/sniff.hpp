#pragma once

#include <string_view>

#include "xrayclf/image/codec.hpp"

namespace xrayclf {

/// Which decoder the first bytes call for. Throws DataError that names the format, where it is
/// another.
ImageFormat sniff_format(std::string_view bytes);

}  // namespace xrayclf
