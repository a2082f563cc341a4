#include "xrayclf/image/npy.hpp"

#include <bit>
#include <stdexcept>

#include <fmt/format.h>

namespace xrayclf {

std::string encode_npy(const cv::Mat& matrix) {
  static_assert(std::endian::native == std::endian::little);
  if (matrix.empty() || matrix.type() != CV_32FC1) {
    throw std::logic_error("encode_npy takes CV_32FC1 matrices");
  }
  constexpr std::size_t kAlignment = 64;
  constexpr std::size_t kPreamble = 10;  // magic, version, length of the header
  std::string header = fmt::format(
      "{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", matrix.rows, matrix.cols);
  while ((kPreamble + header.size() + 1) % kAlignment != 0) header += ' ';
  header += '\n';
  std::string out("\x93NUMPY\x01\x00", 8);
  out += static_cast<char>(header.size() & 0xFF);
  out += static_cast<char>(header.size() >> 8);
  out += header;
  for (int y = 0; y < matrix.rows; ++y) {
    out.append(reinterpret_cast<const char*>(matrix.ptr<float>(y)),
               static_cast<std::size_t>(matrix.cols) * sizeof(float));
  }
  return out;
}

}  // namespace xrayclf
