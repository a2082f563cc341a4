#include <gtest/gtest.h>

#include <cstring>

#include <opencv2/core.hpp>

#include "xrayclf/image/npy.hpp"

namespace xrayclf {
namespace {

TEST(NpyTest, HeaderAndValuesAreWhereNumpyExpectsThem) {
  const cv::Mat matrix = (cv::Mat_<float>(2, 3) << 1, 2, 3, 4, 5.5, -6);
  const std::string bytes = encode_npy(matrix);
  EXPECT_EQ(bytes.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  const auto length =
      static_cast<unsigned char>(bytes[8]) + 256U * static_cast<unsigned char>(bytes[9]);
  EXPECT_EQ((10 + length) % 64, 0U);
  const std::string header = bytes.substr(10, length);
  EXPECT_NE(header.find("'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)"),
            std::string::npos);
  EXPECT_EQ(header.back(), '\n');
  ASSERT_EQ(bytes.size(), 10 + length + 6 * sizeof(float));
  float last = 0;
  std::memcpy(&last, bytes.data() + bytes.size() - sizeof last, sizeof last);
  EXPECT_EQ(last, -6.0F);
}

}  // namespace
}  // namespace xrayclf
