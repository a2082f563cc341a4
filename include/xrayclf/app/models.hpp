#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

#include "xrayclf/core/fields.hpp"

namespace xrayclf {

/// `xrayclf models`: what there is to train.
struct ModelsConfig {
  std::string architecture;
  std::int64_t image_size = 0;
  std::int64_t num_classes = 3;
  bool json = false;

  template <class Field>
  static void fields(Field&& field) {
    field("architecture", &ModelsConfig::architecture, "Only this one");
    field("image_size", &ModelsConfig::image_size,
          "Side of the images that multiply-adds are counted for; 0 for each network's own",
          in_range(std::int64_t{0}, std::int64_t{4096}), Unit{"pixels"});
    field("num_classes", &ModelsConfig::num_classes, "Classes of the heads",
          in_range(std::int64_t{1}, std::int64_t{100000}));
    field("json", &ModelsConfig::json, "One JSON array instead of the table");
  }
};

/// Prints one line an architecture: parameters, multiply-adds, input size, flavours, installed
/// weights. Throws ConfigError if there is none of that name or the images are too small for it.
void models(const ModelsConfig& config, std::ostream& out);

}  // namespace xrayclf
