#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include <opencv2/imgproc.hpp>

#include "xrayclf/core/random.hpp"
#include "xrayclf/image/codec.hpp"

namespace xrayclf::testing_support {

/// A smooth random picture, different for every seed, as a film is to a hash: CV_8UC1.
inline cv::Mat random_film(std::uint64_t seed, int width = 48, int height = 40) {
  Random random(derive_seed(seed, {77}));
  cv::Mat coarse(7, 7, CV_8UC1);
  for (int y = 0; y < 7; ++y) {
    for (int x = 0; x < 7; ++x) {
      coarse.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(random.below(256));
    }
  }
  cv::Mat film;
  cv::resize(coarse, film, cv::Size(width, height), 0, 0, cv::INTER_CUBIC);
  return film;
}

inline void write_text(const std::filesystem::path& path, const std::string& content) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

inline void write_film(const std::filesystem::path& path, std::uint64_t seed, int width = 48,
                       int height = 40) {
  write_text(path, encode_png(random_film(seed, width, height)));
}

/// Every regular file under a directory by its relative path, with its content.
inline std::map<std::string, std::string> files_under(const std::filesystem::path& root) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.is_regular_file()) {
      files[entry.path().lexically_relative(root).string()] = read_text(entry.path());
    }
  }
  return files;
}

}  // namespace xrayclf::testing_support
