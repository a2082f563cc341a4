#include "xrayclf/image/dicom.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <cmath>
#include <ctime>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/image/codec.hpp"
#include "xrayclf/image/preprocess.hpp"

namespace xrayclf {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::filesystem::path kFilms = std::filesystem::path(XRAYCLF_TEST_DATA) / "dicom";
const std::filesystem::path kShared = std::filesystem::path(XRAYCLF_SHARED) / "data/dicom";

std::string film(const std::string& name) { return read_file(kFilms / name); }

template <class Work>
std::string reason_of(Work&& work) {
  try {
    work();
  } catch (const DataError& e) {
    return e.what();
  }
  return "(not refused)";
}

/// The film's grey values beside pydicom's, both in 0...65535. Lossy decoders may differ by one
/// level of 8 bits, all others by one of 16 (the rounding).
void expect_as_pydicom(const cv::Mat& grey, const json& expected) {
  ASSERT_EQ(grey.cols, expected.at("width"));
  ASSERT_EQ(grey.rows, expected.at("height"));
  const double unit = grey.depth() == CV_8U ? 257 : 1;
  const double tolerance = expected.at("lossy").get<bool>() || unit > 1 ? 257 : 1;
  const auto at = [](int size, int i) { return static_cast<int>((size - 1) * i / 7.0); };
  for (int i = 0; i < 64; ++i) {
    const int y = at(grey.rows, i / 8);
    const int x = at(grey.cols, i % 8);
    const double value =
        unit * (unit > 1 ? grey.at<std::uint8_t>(y, x) : grey.at<std::uint16_t>(y, x));
    EXPECT_NEAR(value, expected.at("samples").at(static_cast<std::size_t>(i)).get<double>(),
                tolerance)
        << "x " << x << ", y " << y;
  }
  EXPECT_NEAR(cv::mean(grey)[0] * unit, expected.at("mean").get<double>(), tolerance);
}

TEST(DicomGoldenTest, ReadsEveryLegalFilmAsPydicomDoes) {
  const json files = read_json_file(kFilms / "expected.json").at("files");
  int legal = 0;
  for (const auto& [name, expected] : files.items()) {
    if (expected.contains("refused")) continue;
    SCOPED_TRACE(name);
    ++legal;
    DecodedImage image;
    ASSERT_EQ(reason_of([&, file = film(name)] { image = decode_image(file); }), "(not refused)");
    EXPECT_EQ(image.info.format, ImageFormat::dicom);
    EXPECT_EQ(image.grey.elemSize() * 8, expected.at("bits"));
    expect_as_pydicom(image.grey, expected);
  }
  EXPECT_GE(legal, 60);
}

TEST(DicomGoldenTest, RefusesEveryBrokenFilmWithItsReasonInBoundedTimeAndMemory) {
  const json files = read_json_file(kFilms / "expected.json").at("files");
  int broken = 0;
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  for (const auto& [name, expected] : files.items()) {
    if (!expected.contains("refused")) continue;
    ++broken;
    const std::string file = film(name);
    const std::clock_t start = std::clock();  // of the processor: a busy machine changes nothing
    EXPECT_THAT(reason_of([&] { decode_image(file); }),
                HasSubstr(expected.at("refused").get<std::string>()))
        << name;
    EXPECT_LT(std::clock() - start, 2 * CLOCKS_PER_SEC) << name;
  }
  getrusage(RUSAGE_SELF, &after);
  EXPECT_GE(broken, 60);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 300 * 1024);  // KiB
}

TEST(DicomGoldenTest, ReadsRealFilmsAsPydicomDoes) {
  if (!std::filesystem::exists(kShared)) GTEST_SKIP() << "no " << kShared;
  ImageLimits limits;
  limits.smallest_side = 1;
  limits.dicom.ignore_overlays = true;
  const json files = read_json_file(kFilms / "shared.json").at("files");
  int read = 0;
  for (const auto& [name, expected] : files.items()) {
    if (expected.at("width").get<int>() < 8 || !std::filesystem::exists(kShared / name)) continue;
    if (name.starts_with("HTJ2K") || name.starts_with("OBXXXX")) continue;  // refused
    SCOPED_TRACE(name);
    ++read;
    expect_as_pydicom(read_image(kShared / name, limits).grey, expected);
  }
  EXPECT_GE(read, 16);
}

TEST(DicomGoldenTest, RefusesRealFilesThatAreNoFilm) {
  if (!std::filesystem::exists(kShared)) GTEST_SKIP() << "no " << kShared;
  const std::pair<const char*, const char*> expected[] = {
      {"HTJ2KLossless_08_RGB.dcm", "transfer syntax 1.2.840.10008.1.2.4.201"},
      {"MR_truncated.dcm", "damaged DICOM"},
      {"OBXXXX1A_rle_2frame.dcm", "multi-frame"},
      {"badVR.dcm", "without a film (RTDoseStorage)"},
      {"examples_overlay.dcm", "overlays"},
      {"liver_deflate.dcm", ""},
      {"meta_missing_tsyntax.dcm", "no transfer syntax"},
      {"no_meta.dcm", "nor a DICOM image"},
      {"reportsi.dcm", "without a film (BasicTextSRStorage)"},
      {"SC_rgb_small_odd_jpeg.dcm", "fewer than the least"}};
  for (const auto& [name, reason] : expected) {
    const std::string found = reason_of([&, n = name] { read_image(kShared / n); });
    EXPECT_NE(found, "(not refused)") << name;
    EXPECT_THAT(found, HasSubstr(reason)) << name;
  }
}

TEST(DicomTest, TellsWhatTheAttributesSay) {
  const ImageInfo info = probe_image(film("monochrome1.dcm"));
  EXPECT_EQ(info.format, ImageFormat::dicom);
  EXPECT_EQ(info.width, 40);
  EXPECT_EQ(info.height, 32);
  EXPECT_EQ(info.channels, 1);
  EXPECT_EQ(info.bit_depth, 12);
  EXPECT_EQ(info.description, "12-bit MONOCHROME1 DICOM, explicit little endian");
  ASSERT_NE(info.dicom, nullptr);
  EXPECT_EQ(info.dicom->view, "PA");
  EXPECT_EQ(info.dicom->sex, "F");
  EXPECT_EQ(info.dicom->age, "61");
  EXPECT_EQ(info.dicom->spacing, "0.15");
  EXPECT_EQ(info.dicom->modality, "DX");
  EXPECT_TRUE(info.dicom->inverted);
  ASSERT_TRUE(info.dicom->window);
  EXPECT_EQ(info.dicom->window->width, 2000);
  EXPECT_EQ(dicom_patient_id(film("monochrome1.dcm")), "P-17");
}

/// `file` with the text of equal length in the place of `old`.
std::string replaced(std::string file, const std::string& old, const std::string& text) {
  EXPECT_EQ(old.size(), text.size());
  const std::size_t at = file.find(old);
  EXPECT_NE(at, std::string::npos);
  return at == std::string::npos ? file : file.replace(at, old.size(), text);
}

TEST(DicomTest, AgesFromEightyNineOnAreOne) {
  const auto age = [](const char* text) {
    return probe_image(replaced(film("explicit.dcm"), "061Y", text)).dicom->age;
  };
  EXPECT_EQ(age("088Y"), "88");
  EXPECT_EQ(age("089Y"), "89+");
  EXPECT_EQ(age("103Y"), "89+");
  EXPECT_EQ(age("011M"), "0");
  EXPECT_EQ(age("030M"), "2");
  EXPECT_EQ(age("400D"), "1");
  EXPECT_EQ(age("62  "), "62");
  EXPECT_EQ(age("Anna"), "");
}

TEST(DicomTest, FreeTextOfAnAttributeIsNotPassedOn) {
  const auto view = [](const char* text) {
    return probe_image(replaced(film("explicit.dcm"), "PA", text)).dicom->view;
  };
  EXPECT_EQ(view("AP"), "AP");
  EXPECT_EQ(view("LL"), "LATERAL");
  EXPECT_EQ(view("XY"), "OTHER");
}

TEST(DicomTest, LimitsHoldBeforePixelsAreDecoded) {
  ImageLimits limits;
  limits.pixels = 40 * 32 - 1;
  EXPECT_THAT(reason_of([&] { decode_image(film("jpeg_2000.dcm"), limits); }), HasSubstr("in all"));
  limits.pixels = 40 * 32;
  EXPECT_NO_THROW(decode_image(film("jpeg_2000.dcm"), limits));
  limits.file_bytes = 2000;
  EXPECT_THAT(reason_of([&] { decode_image(film("deflated.dcm"), limits); }), HasSubstr("limit"));
}

TEST(DicomTest, AnOptionLetsBurnedInTextAndOverlaysIn) {
  ImageLimits limits;
  limits.dicom.allow_burned_in = true;
  EXPECT_TRUE(decode_image(film("burned_in.dcm"), limits).info.dicom->burned_in);
  EXPECT_THROW(decode_image(film("overlay.dcm"), limits), DataError);
  limits = {};
  limits.dicom.ignore_overlays = true;
  EXPECT_TRUE(decode_image(film("overlay.dcm"), limits).info.dicom->has_overlay);
  EXPECT_THROW(decode_image(film("burned_in.dcm"), limits), DataError);
}

TEST(DicomTest, EveryCutOfAFilmIsRefused) {
  for (const char* name : {"explicit.dcm", "implicit.dcm", "deflated.dcm", "rle.dcm",
                           "jpeg_lossless.dcm", "jpeg_ls.dcm", "jpeg_2000.dcm"}) {
    const std::string whole = film(name);
    for (std::size_t size = 0; size < whole.size(); size += 1 + size / 40) {
      ASSERT_NE(reason_of([&] { decode_image(whole.substr(0, size)); }), "(not refused)")
          << name << " cut to " << size;
    }
  }
}

TEST(DicomTest, SaysNothingOnStderrOrStdout) {
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  for (const auto& entry : std::filesystem::directory_iterator(kFilms)) {
    if (entry.path().extension() != ".dcm") continue;
    try {
      decode_image(read_file(entry.path()));
    } catch (const DataError&) {
    }
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

TEST(DicomTest, AProcessThatOpenedAFilmLeavesNoCoreFile) {
  decode_image(film("explicit.dcm"));
  rlimit core{};
  ASSERT_EQ(getrlimit(RLIMIT_CORE, &core), 0);
  EXPECT_EQ(core.rlim_cur, 0U);
  EXPECT_EQ(core.rlim_max, 0U);
  EXPECT_EQ(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
}

TEST(DicomTest, FilesAreNotCalledByTheirName) {
  EXPECT_TRUE(may_be_dicom("DOE_JANE.DCM", ""));
  EXPECT_TRUE(may_be_dicom("IM0001", film("explicit.dcm")));
  EXPECT_FALSE(may_be_dicom("film.png", "\x89PNG"));
  const ImageFile file = read_image_file(kFilms / "burned_in.dcm");
  EXPECT_EQ(file.name, dicom_public_name(film("burned_in.dcm")));
  EXPECT_THAT(reason_of([] { read_image(kFilms / "burned_in.dcm"); }),
              testing::StartsWith(file.name + ": a DICOM film with text burned into it"));
}

TEST(DicomTest, PreparingDoesNotSpreadWhatTheAttributesHaveScaled) {
  // 12 bits of which a film uses the lower half: half grey stays half grey.
  DecodedImage image;
  image.grey = cv::Mat(64, 64, CV_16UC1, cv::Scalar(30000));
  image.info.format = ImageFormat::dicom;
  PreprocessConfig config;
  config.image_size = 32;
  config.clahe.enabled = false;
  EXPECT_EQ(Preprocessor(config)(image).at<std::uint8_t>(5, 5), 117);
  image.info.format = ImageFormat::png;
  EXPECT_GT(Preprocessor(config)(image).at<std::uint8_t>(5, 5), 200);
}

}  // namespace
}  // namespace xrayclf
