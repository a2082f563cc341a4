#include "xrayclf/serve/decoder.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/film_tree.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/image/codec.hpp"

namespace xrayclf {
namespace {

using testing_support::random_film;

/// A decoder that a file can tell to misbehave, as a flaw in a codec would.
Film obedient_decoder(std::string_view bytes) {
  const std::string order(bytes);
  const auto pixels = [](int value) { return Film{cv::Mat(8, 8, CV_8UC1, cv::Scalar(value)), ""}; };
  if (order == "crash") ::raise(SIGSEGV);
  if (order == "abort") std::abort();
  if (order == "loop") {
    while (true) std::this_thread::yield();
  }
  if (order == "throw") throw DataError("no image");
  if (order == "memory") return {cv::Mat(40000, 60000, CV_8UC1, cv::Scalar(1)), ""};
  if (order == "open") return pixels(::open("/etc/passwd", O_RDONLY) < 0 ? 1 : 2);
  if (order == "create") return pixels(::open("/tmp/xrayclf-escaped", O_CREAT | O_RDWR, 0600) < 0);
  if (order == "socket") ::socket(AF_INET, SOCK_STREAM, 0);
  if (order == "fork") ::fork();
  if (order == "kill") ::kill(::getppid(), SIGKILL);
  if (order == "huge") return {cv::Mat(20000, 10, CV_8UC1, cv::Scalar(1)), ""};
  if (order == "name") return {cv::Mat(8, 8, CV_16UC1, cv::Scalar(1)), "a\x1b[31m\n"};
  if (order == "descriptors") {
    int open = 0;
    for (int i = 0; i < 1024; ++i) open += ::write(i, "", 0) == 0 ? 1 : 0;
    return pixels(open);
  }
  return pixels(7);
}

class SandboxedDecoderTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    SandboxLimits limits;
    limits.time = std::chrono::milliseconds(700);
    nursery_ = new std::shared_ptr<DecoderNursery>(
        std::make_shared<DecoderNursery>(limits, obedient_decoder));
  }
  static void TearDownTestSuite() {
    delete nursery_;
    nursery_ = nullptr;
  }
  static inline std::shared_ptr<DecoderNursery>* nursery_ = nullptr;
  SandboxedDecoder decoder_{*nursery_};

  int value_of(const std::string& order) { return decoder_.decode(order).grey.at<uchar>(0, 0); }
};

TEST_F(SandboxedDecoderTest, WhateverHappensInThereTheNextImageIsDecoded) {
  for (const char* order : {"crash", "abort", "loop", "socket", "fork", "kill", "huge"}) {
    EXPECT_THROW(decoder_.decode(order), DecoderDied) << order;
    EXPECT_EQ(value_of("good"), 7) << order;
  }
}

TEST_F(SandboxedDecoderTest, SaysWhetherItWasTimeOrACrash) {
  const auto why = [&](const char* order) -> std::string {
    try {
      decoder_.decode(order);
      return "";
    } catch (const DecoderDied& died) {
      return died.what();
    }
  };
  EXPECT_THAT(why("loop"), ::testing::HasSubstr("longer than 0.7 s"));
  EXPECT_THAT(why("crash"), ::testing::HasSubstr("failed"));
}

TEST_F(SandboxedDecoderTest, HasNoFilesAndNoDescriptorsButItsOwn) {
  EXPECT_EQ(value_of("open"), 1);
  EXPECT_EQ(value_of("create"), 1);
  EXPECT_FALSE(std::filesystem::exists("/tmp/xrayclf-escaped"));
  EXPECT_EQ(value_of("descriptors"), 4);  // 0 to 2 lead nowhere
}

TEST_F(SandboxedDecoderTest, ReasonsPassAndTextIsCleaned) {
  EXPECT_THROW(decoder_.decode("throw"), DataError);
  const Film film = decoder_.decode("name");
  EXPECT_EQ(film.description, "a\\x1B[31m\\x0A");
  EXPECT_EQ(film.grey.type(), CV_16UC1);
}

#ifndef __SANITIZE_ADDRESS__
TEST_F(SandboxedDecoderTest, MemoryIsBounded) {
  EXPECT_THROW(decoder_.decode("memory"), DataError);
  EXPECT_EQ(value_of("good"), 7);
}
#endif

TEST(SandboxedDecoder, DecodesAsTheLibraryDoes) {
  const auto nursery = std::make_shared<DecoderNursery>();
  SandboxedDecoder decoder(nursery);
  cv::Mat sixteen;
  random_film(3, 300, 200).convertTo(sixteen, CV_16U, 257);
  for (const std::string& bytes : {encode_png(random_film(1)), encode_jpeg(random_film(2), 90),
                                   encode_png(sixteen), encode_png(random_film(4, 2000, 1500))}) {
    const Film film = decoder.decode(bytes);
    const DecodedImage expected = decode_image(bytes);
    ASSERT_EQ(film.grey.type(), expected.grey.type());
    ASSERT_EQ(film.grey.size(), expected.grey.size());
    EXPECT_EQ(cv::norm(film.grey, expected.grey, cv::NORM_INF), 0);
    EXPECT_EQ(film.description, expected.info.description);
  }
  for (const char* name : {"explicit", "rle", "jpeg_lossless", "jpeg_ls", "jpeg_2000"}) {
    const std::string bytes =
        read_file(std::string(XRAYCLF_TEST_DATA "/dicom/") + name + ".dcm", 1 << 20);
    const Film film = decoder.decode(bytes);
    EXPECT_EQ(film.format, ImageFormat::dicom);
    EXPECT_EQ(cv::norm(film.grey, decode_image(bytes).grey, cv::NORM_INF), 0) << name;
  }
  EXPECT_THROW(decoder.decode("GIF89a"), DataError);
  EXPECT_THROW(decoder.decode(encode_png(random_film(1)).substr(0, 100)), DataError);
}

TEST(SandboxedDecoder, SeveralWorkSideBySide) {
  const auto nursery = std::make_shared<DecoderNursery>(SandboxLimits(), obedient_decoder);
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      SandboxedDecoder decoder(nursery);
      for (int i = 0; i < 20; ++i) {
        try {
          good += decoder.decode(i % 5 == 4 ? "crash" : "good").grey.at<uchar>(0, 0) == 7 ? 1 : 0;
        } catch (const DecoderDied&) {
          continue;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 4 * 16);
}

}  // namespace
}  // namespace xrayclf
