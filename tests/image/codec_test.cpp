#include "xrayclf/image/codec.hpp"

#include <sys/resource.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/sha256.hpp"

namespace xrayclf {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

const std::filesystem::path kImages = std::filesystem::path(XRAYCLF_TEST_DATA) / "images";

std::string pixels_sha256(const cv::Mat& image) {
  const cv::Mat rows = image.isContinuous() ? image : image.clone();
  return sha256_hex({reinterpret_cast<const char*>(rows.data), rows.total() * rows.elemSize()});
}

std::string corpus(const std::string& name) { return read_file(kImages / name); }

template <class Work>
std::string reason_of(Work&& work) {
  try {
    work();
  } catch (const DataError& e) {
    return e.what();
  }
  return "(not refused)";
}

/// 24 x 20 or so, every value different from its neighbours.
cv::Mat pattern(int rows, int cols, int type) {
  cv::Mat image(rows, cols, type);
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < cols; ++x) {
      const int value = x * 1103 + y * 7919 + x * y * 31;
      if (type == CV_8UC1) image.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(value);
      if (type == CV_16UC1) image.at<std::uint16_t>(y, x) = static_cast<std::uint16_t>(value * 13);
      if (type == CV_8UC3) {
        image.at<cv::Vec3b>(y, x) =
            cv::Vec3b(static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value >> 3),
                      static_cast<std::uint8_t>(x * y));
      }
    }
  }
  return image;
}

TEST(CodecGoldenTest, DecodesEveryLegalFileAsOpenCvDoes) {
  const json files = read_json_file(kImages / "expected.json").at("files");
  int legal = 0;
  for (const auto& [name, expected] : files.items()) {
    if (expected.contains("refused")) continue;
    SCOPED_TRACE(name);
    ++legal;
    DecodedImage image;
    ASSERT_NO_THROW(image = decode_image(corpus(name)));
    EXPECT_EQ(image.grey.cols, expected.at("width"));
    EXPECT_EQ(image.grey.rows, expected.at("height"));
    EXPECT_EQ(image.grey.elemSize() * 8, expected.at("bits"));
    EXPECT_EQ(pixels_sha256(image.grey), expected.at("sha256"));
  }
  EXPECT_GE(legal, 60);
}

TEST(CodecGoldenTest, RefusesEveryBrokenFileWithItsReason) {
  const json files = read_json_file(kImages / "expected.json").at("files");
  int broken = 0;
  for (const auto& [name, expected] : files.items()) {
    if (!expected.contains("refused")) continue;
    ++broken;
    const auto start = std::chrono::steady_clock::now();
    EXPECT_THAT(reason_of([&] { decode_image(corpus(name)); }),
                HasSubstr(expected.at("refused").get<std::string>()))
        << name;
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2)) << name;
  }
  EXPECT_GE(broken, 80);
}

TEST(CodecGoldenTest, DecodesRealFilmsAsOpenCvDoes) {
  const std::filesystem::path shared = XRAYCLF_SHARED;
  const auto golden = shared / "golden/images/clahe_preprocess.json";
  if (!std::filesystem::exists(golden)) GTEST_SKIP() << "no " << golden;
  const json images = read_json_file(golden).at("images");
  for (const json& entry : images) {
    const auto path = entry.at("path").get<std::string>();
    if (!std::filesystem::exists(shared / path)) GTEST_SKIP() << "no " << shared / path;
    const DecodedImage image = read_image(shared / path);
    EXPECT_EQ(pixels_sha256(image.grey), entry.at("decoded_grey").at("sha256")) << path;
  }
}

TEST(CodecTest, EveryCutOfAFileIsRefused) {
  for (const char* name : {"grey8.png", "rgba16_interlaced.png", "grey.jpg", "progressive.jpg"}) {
    const std::string whole = corpus(name);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      ASSERT_NE(reason_of([&] { decode_image(whole.substr(0, size)); }), "(not refused)")
          << name << " cut to " << size;
    }
  }
}

TEST(CodecTest, EveryFlippedBitOfAPngIsRefusedOrHarmless) {
  const std::string whole = corpus("grey8_text.png");
  const std::string good = pixels_sha256(decode_image(whole).grey);
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    const std::string reason = reason_of(
        [&] { EXPECT_EQ(pixels_sha256(decode_image(damaged).grey), good) << "bit " << bit; });
    EXPECT_NE(reason, "") << bit;
  }
}

TEST(CodecTest, SaysNothingOnStderr) {
  testing::internal::CaptureStderr();
  for (const auto& entry : std::filesystem::directory_iterator(kImages)) {
    try {
      decode_image(read_file(entry.path()));
    } catch (const DataError&) {
    }
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(CodecTest, ProbeReadsWhatTheHeaderDeclares) {
  const ImageInfo png = probe_image(corpus("rgba16_interlaced.png"));
  EXPECT_EQ(png.format, ImageFormat::png);
  EXPECT_EQ(png.width, 24);
  EXPECT_EQ(png.height, 20);
  EXPECT_EQ(png.channels, 4);
  EXPECT_EQ(png.bit_depth, 16);
  EXPECT_EQ(png.description, "16-bit RGB PNG with alpha, interlaced");
  const ImageInfo palette = probe_image(corpus("palette4.png"));
  EXPECT_EQ(palette.channels, 1);
  EXPECT_EQ(palette.bit_depth, 4);
  EXPECT_EQ(palette.description, "4-bit palette PNG");
  const ImageInfo jpeg = probe_image(corpus("progressive.jpg"));
  EXPECT_EQ(jpeg.format, ImageFormat::jpeg);
  EXPECT_EQ(jpeg.width, 44);
  EXPECT_EQ(jpeg.height, 36);
  EXPECT_EQ(jpeg.channels, 3);
  EXPECT_EQ(jpeg.bit_depth, 8);
  EXPECT_EQ(jpeg.description, "8-bit YCbCr JPEG, progressive");
}

TEST(CodecTest, ProbeDoesNotNeedThePixels) {
  const std::string whole = corpus("grey16.png");
  EXPECT_EQ(probe_image(whole.substr(0, whole.size() / 2)).bit_depth, 16);
  EXPECT_THAT(reason_of([] { probe_image(corpus("bomb_100000.png")); }),
              HasSubstr("100000 x 100000"));
  EXPECT_THAT(reason_of([] { probe_image(corpus("cmyk.jpg")); }), HasSubstr("CMYK"));
}

TEST(CodecTest, OrientationIsReportedAndTurnsTheImage) {
  const DecodedImage image = decode_image(corpus("exif6.jpg"));
  EXPECT_EQ(image.orientation, 6);
  EXPECT_EQ(image.info.width, 44);
  EXPECT_EQ(image.grey.cols, 36);
  EXPECT_EQ(image.grey.rows, 44);
}

TEST(CodecTest, LimitsAreTakenFromTheCaller) {
  ImageLimits limits;
  limits.file_bytes = 100;
  EXPECT_THAT(reason_of([&] { decode_image(corpus("grey8.png"), limits); }), HasSubstr("bytes"));
  limits = {};
  limits.pixels = 24 * 20 - 1;
  EXPECT_THAT(reason_of([&] { decode_image(corpus("grey8.png"), limits); }), HasSubstr("in all"));
  limits.pixels = 24 * 20;
  EXPECT_NO_THROW(decode_image(corpus("grey8.png"), limits));
  limits = {};
  limits.jpeg_memory = 1000;
  EXPECT_THAT(reason_of([&] { decode_image(corpus("progressive.jpg"), limits); }),
              HasSubstr("MiB"));
  EXPECT_NO_THROW(decode_image(corpus("colour444.jpg"), ImageLimits{.jpeg_memory = 1000}));
}

TEST(CodecTest, BombsTakeNeitherTimeNorMemory) {
  const std::vector<std::string> bombs = {
      "bomb_100000.png",  "bomb_30000.png",        "bomb_16384.png", "bomb_text.png",
      "bomb_profile.png", "bomb_chunks.png",       "bomb_65500.jpg", "bomb_16000.jpg",
      "bomb_memory.jpg",  "thousands_of_scans.jpg"};
  std::vector<std::string> files;
  for (const std::string& name : bombs) files.push_back(corpus(name));
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  for (std::size_t i = 0; i < bombs.size(); ++i) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_NE(reason_of([&] { decode_image(files[i]); }), "(not refused)");
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(500)) << bombs[i];
  }
  getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss,
            300 * 1024);  // KiB; nothing like a bomb's gigabytes
}

TEST(CodecTest, ReadNamesThePathAndTheReason) {
  EXPECT_EQ(reason_of([] { read_image(kImages / "other.gif"); }),
            (kImages / "other.gif").string() +
                ": a GIF file, not a JPEG, PNG or DICOM image; convert it first");
  EXPECT_THROW(read_image(kImages / "absent.png"), IoError);
  EXPECT_THROW(read_image(kImages), IoError);
}

TEST(CodecTest, WrittenPngsReadBackTheSame) {
  for (const int type : {CV_8UC1, CV_16UC1}) {
    const cv::Mat image = pattern(21, 33, type);
    const std::string png = encode_png(image);
    const DecodedImage back = decode_image(png);
    EXPECT_EQ(back.info.bit_depth, type == CV_8UC1 ? 8 : 16);
    EXPECT_EQ(back.info.channels, 1);
    EXPECT_EQ(cv::norm(back.grey, image, cv::NORM_INF), 0);
    EXPECT_EQ(encode_png(image), png);
  }
}

TEST(CodecTest, WritesColourInTheRightOrder) {
  cv::Mat red(9, 10, CV_8UC3, cv::Scalar(0, 0, 255));
  const DecodedImage back = decode_image(encode_png(red));
  EXPECT_EQ(back.info.channels, 3);
  EXPECT_EQ(back.grey.at<std::uint8_t>(4, 4), 76);  // 0.299 x 255
}

TEST(CodecTest, WritesPartsOfLargerImages) {
  const cv::Mat whole = pattern(40, 50, CV_8UC1);
  const cv::Mat part = whole(cv::Rect(7, 5, 20, 16));
  EXPECT_EQ(cv::norm(decode_image(encode_png(part)).grey, part, cv::NORM_INF), 0);
}

}  // namespace
}  // namespace xrayclf
