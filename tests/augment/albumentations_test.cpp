#include <random>

#include <gtest/gtest.h>
#include <opencv2/imgproc.hpp>

#include "augment/golden.hpp"
#include "xrayclf/augment/config.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/sha256.hpp"
#include "xrayclf/image/codec.hpp"

namespace xrayclf::testing {
namespace {

using namespace transforms;
using nlohmann::json;

/// Noise as numpy's legacy generator draws it: 53-bit doubles of MT19937.
class NumpyRandomState {
 public:
  explicit NumpyRandomState(std::uint32_t seed) : engine_(seed) {}
  double rand() {
    const std::uint32_t high = engine_() >> 5;
    const std::uint32_t low = engine_() >> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
  }
  double uniform(double low, double high) { return low + (high - low) * rand(); }
  cv::Mat noise(cv::Size size) {
    cv::Mat out(size, CV_64F);
    for (double& v : cv::Mat_<double>(out)) v = rand() * 2 - 1;
    return out;
  }

 private:
  std::mt19937 engine_;
};

Border border_of(const json& parameters) {
  return parameters.at("border") == "REFLECT_101" ? Border::reflect_101 : Border::constant;
}

/// ElasticTransform of 1.3.1, from the seed that the library drew from.
Elastic::Parameters elastic_1_3_1(const json& p, cv::Size size) {
  NumpyRandomState random(p.at("numpy_RandomState_seed"));
  const double jitter = p.at("alpha_affine");
  Elastic::Parameters out;
  const auto from = legacy_affine_points(size);
  auto to = from;
  for (cv::Point2f& point : to) {
    point.x += static_cast<float>(random.uniform(-jitter, jitter));
    point.y += static_cast<float>(random.uniform(-jitter, jitter));
  }
  if (jitter > 0) out.affine = cv::Matx23d(cv::getAffineTransform(from.data(), to.data()));
  out.dx = smooth_field_1_3_1(random.noise(size), p.at("sigma"), p.at("alpha"));
  out.dy = smooth_field_1_3_1(random.noise(size), p.at("sigma"), p.at("alpha"));
  return out;
}

std::optional<Elastic::Parameters> elastic_parameters(const json& row, cv::Size size) {
  const json& p = row.at("parameters");
  if (p.contains("numpy_RandomState_seed")) return elastic_1_3_1(p, size);
  if (row.contains("noise")) {
    const cv::Mat fields =
        smooth_fields_2_0_8(matrix_of(row.at("noise"), CV_32F), p.at("sigma"), p.at("alpha"));
    return Elastic::Parameters{
        {}, fields.rowRange(0, size.height), fields.rowRange(size.height, 2 * size.height)};
  }
  if (row.contains("dx_full")) {
    return Elastic::Parameters{
        {}, matrix_of(row.at("dx_full"), CV_32F), matrix_of(row.at("dy_full"), CV_32F)};
  }
  return std::nullopt;
}

cv::Point2f point_of(const json& in) { return {in.at(0).get<float>(), in.at(1).get<float>()}; }

}  // namespace

std::optional<cv::Mat> repeat_albumentations(const cv::Mat& input, const json& row,
                                             Semantics version) {
  const std::string name = row.at("transform");
  const json& p = row.at("parameters");
  if (name == "Rotate") {
    return Rotate{.border = border_of(p)}.apply(input, {.degrees = p.at("angle")});
  }
  if (name == "HorizontalFlip") return HorizontalFlip{}.apply(input, {});
  if (name == "RandomBrightnessContrast") {
    const auto of = p.at("by_max").get<bool>() ? OffsetOf::full_scale : OffsetOf::mean;
    return BrightnessContrast{.offset_of = of, .semantics = version}.apply(
        input, {p.at("alpha"), p.at("beta")});
  }
  if (name == "GaussianBlur") {
    return GaussianBlur{.semantics = version}.apply(input, {p.at("ksize"), p.at("sigma")});
  }
  if (name == "GridDistortion") {
    return GridDistortion{.num_steps = p.at("num_steps"),
                          .normalized = p.at("normalized"),
                          .semantics = version,
                          .border = border_of(p)}
        .apply(input, {p.at("steps_x"), p.at("steps_y")});
  }
  if (name == "ElasticTransform" || name == "ElasticTransform_full") {
    const auto parameters = elastic_parameters(row, input.size());
    if (!parameters) return std::nullopt;
    return Elastic{.semantics = version, .border = border_of(p)}.apply(input, *parameters);
  }
  if (name == "ElasticTransform_affine_part") {
    std::array<cv::Point2f, 3> from, to;
    for (std::size_t i = 0; i < 3; ++i) {
      from[i] = point_of(p.at("points_from")[i]);
      to[i] = point_of(p.at("points_to")[i]);
    }
    EXPECT_EQ(from, legacy_affine_points(input.size()));
    return warp(input, cv::Matx23d(cv::getAffineTransform(from.data(), to.data())), border_of(p),
                0);
  }
  if (name == "CoarseDropout") {
    CoarseDropout::Parameters holes;
    for (const json& h : p.at("holes_x1_y1_x2_y2")) {
      const int x = h.at(0), y = h.at(1);
      holes.holes.emplace_back(x, y, h.at(2).get<int>() - x, h.at(3).get<int>() - y);
    }
    return CoarseDropout{}.apply(input, holes);
  }
  if (name == "OpticalDistortion") {
    const bool fisheye = p.value("mode", "camera") == "fisheye";
    return OpticalDistortion{.model = fisheye ? LensModel::fisheye : LensModel::camera,
                             .border = border_of(p)}
        .apply(input, {p.at("k")});
  }
  ADD_FAILURE() << "an unknown transform " << name;
  return std::nullopt;
}

namespace {

/// Grey levels by which a recorded result may differ. Fields rounded to 1e-4 in the record move a
/// few source positions to the next 1/32 pixel; what that does to the library itself is recorded
/// too.
double tolerance(const json& row) {
  const bool from_rounded_field =
      row.contains("dx_full") && !row.at("parameters").contains("numpy_RandomState_seed");
  return from_rounded_field ? std::max(1.0, row.at("max_diff_rounded_field").get<double>()) : 0;
}

TEST(AlbumentationsGoldenTest, FunctionsEqualTheLibrariesOnFilms) {
  const std::filesystem::path folder = std::filesystem::path(XRAYCLF_SHARED) / "golden/images";
  if (!exists(folder / "albumentations.json")) GTEST_SKIP() << "no shared golden images";
  const json golden = read_json_file(folder / "albumentations.json");
  int compared = 0;
  int without_parameters = 0;
  for (const auto& [version, rows] : golden.at("versions").items()) {
    const auto semantics =
        version == "1.3.1" ? Semantics::albumentations_1_3_1 : Semantics::albumentations_2_0_8;
    for (const json& row : rows) {
      const cv::Mat input = read_image(folder / row.at("input").get<std::string>()).grey;
      const cv::Mat expected = read_image(folder / row.at("output").get<std::string>()).grey;
      const auto got = repeat_albumentations(input, row, semantics);
      if (!got) {
        ++without_parameters;
        continue;
      }
      ++compared;
      EXPECT_LE(largest_difference(*got, expected), tolerance(row))
          << version << " " << row.at("output");
    }
  }
  EXPECT_GT(compared, 100);
  // 2.0.8's displacement fields are recorded in full for one input only.
  EXPECT_LE(without_parameters, 8);
}

TEST(AlbumentationsGoldenTest, FunctionsEqualTheLibrariesOnASyntheticImage) {
  const json golden = read_json_file(std::filesystem::path(XRAYCLF_TEST_DATA) /
                                     "golden/augment/albumentations.json");
  for (const auto& [version, rows] : golden.at("versions").items()) {
    const auto semantics =
        version == "1.3.1" ? Semantics::albumentations_1_3_1 : Semantics::albumentations_2_0_8;
    for (const json& row : rows) {
      const auto got = repeat_albumentations(matrix_of(golden.at("input"), CV_8U), row, semantics);
      ASSERT_TRUE(got);
      EXPECT_EQ(largest_difference(*got, matrix_of(row.at("output"), CV_8U)), 0)
          << version << " " << row.at("transform") << " " << row.at("parameters");
    }
  }
}

TEST(AlbumentationsGoldenTest, DisplacementFieldsEqualTheLibraries) {
  const std::filesystem::path folder = std::filesystem::path(XRAYCLF_SHARED) / "golden/images";
  if (!exists(folder / "albumentations.json")) GTEST_SKIP() << "no shared golden images";
  const json golden = read_json_file(folder / "albumentations.json");
  for (const json& row : golden.at("versions").at("1.3.1")) {
    if (row.at("transform") != "ElasticTransform") continue;
    const cv::Mat input = read_image(folder / row.at("input").get<std::string>()).grey;
    const cv::Mat sample = matrix_of(row.at("dx_sample"), CV_32F);
    const auto parameters = elastic_1_3_1(row.at("parameters"), input.size());
    for (int y = 0; y < sample.rows; ++y) {
      for (int x = 0; x < sample.cols; ++x) {
        EXPECT_NEAR(parameters.dx.at<float>(4 + 8 * y, 4 + 8 * x), sample.at<float>(y, x), 2e-6);
      }
    }
  }
}

TEST(AlbumentationsGoldenTest, GridSourcesEqualTheRecordedMaps) {
  const std::filesystem::path folder = std::filesystem::path(XRAYCLF_SHARED) / "golden/images";
  if (!exists(folder / "albumentations.json")) GTEST_SKIP() << "no shared golden images";
  const json golden = read_json_file(folder / "albumentations.json");
  for (const auto& [version, rows] : golden.at("versions").items()) {
    const auto semantics =
        version == "1.3.1" ? Semantics::albumentations_1_3_1 : Semantics::albumentations_2_0_8;
    for (const json& row : rows) {
      if (row.at("transform") != "GridDistortion") continue;
      const json& p = row.at("parameters");
      const std::vector<double> map_x = row.at("map_x");
      const auto sources = grid_sources(static_cast<std::int64_t>(map_x.size()), p.at("steps_x"),
                                        p.at("normalized"), semantics);
      for (std::size_t x = 0; x < map_x.size(); ++x) EXPECT_NEAR(sources[x], map_x[x], 1e-5);
    }
  }
}

}  // namespace
}  // namespace xrayclf::testing
