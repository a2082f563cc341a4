#include "xrayclf/augment/elastic.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "xrayclf/augment/blur.hpp"

namespace xrayclf::transforms {
namespace {

/// A Gaussian filter along an axis of n pixels as a band matrix. The reflections at the edges are
/// folded into it, so that a kernel much wider than the image costs no more than the image's side.
struct BandMatrix {
  cv::Mat weights;                          ///< n x n, CV_64F
  std::vector<std::pair<int, int>> extent;  ///< columns first ... last that are not zero, per row
};

BandMatrix gaussian_band(int n, double sigma) {
  const int radius = static_cast<int>(4.0 * sigma + 0.5);
  std::vector<double> tap(static_cast<std::size_t>(radius) + 1);
  double sum = 0;
  for (int x = 0; x <= radius; ++x) {
    tap[static_cast<std::size_t>(x)] = std::exp(-0.5 * x * x / (sigma * sigma));
    sum += (x == 0 ? 1.0 : 2.0) * tap[static_cast<std::size_t>(x)];
  }
  BandMatrix band{cv::Mat::zeros(n, n, CV_64F), {}};
  for (int row = 0; row < n; ++row) {
    auto* weights = band.weights.ptr<double>(row);
    for (int x = -radius; x <= radius; ++x) {
      const int source = cv::borderInterpolate(row + x, n, cv::BORDER_REFLECT);
      weights[source] += tap[static_cast<std::size_t>(std::abs(x))] / sum;
    }
    band.extent.emplace_back(std::max(0, row - radius), std::min(n - 1, row + radius));
  }
  return band;
}

/// Each column of `in` filtered, and the result transposed; twice this filters both axes.
cv::Mat filter_columns_transposed(const cv::Mat& in, const BandMatrix& band) {
  cv::Mat out = cv::Mat::zeros(in.size(), CV_64F);
  for (int row = 0; row < in.rows; ++row) {
    auto* to = out.ptr<double>(row);
    const auto* weights = band.weights.ptr<double>(row);
    for (int k = band.extent[static_cast<std::size_t>(row)].first;
         k <= band.extent[static_cast<std::size_t>(row)].second; ++k) {
      const auto* from = in.ptr<double>(k);
      const double weight = weights[k];
      for (int x = 0; x < in.cols; ++x) to[x] += weight * from[x];
    }
  }
  return out.t();
}

cv::Mat uniform_noise(Random& random, cv::Size size) {
  cv::Mat noise(size, CV_64F);
  std::generate_n(noise.ptr<double>(), noise.total(), [&] { return random.uniform(-1.0, 1.0); });
  return noise;
}

}  // namespace

std::array<cv::Point2f, 3> legacy_affine_points(cv::Size size) {
  const auto x = static_cast<float>(size.height / 2);
  const auto y = static_cast<float>(size.width / 2);
  const auto s = static_cast<float>(std::min(size.height, size.width) / 3);
  return {cv::Point2f(x + s, y + s), cv::Point2f(x + s, y - s), cv::Point2f(x - s, y - s)};
}

cv::Mat smooth_field_1_3_1(const cv::Mat& noise, double sigma, double alpha) {
  const cv::Mat columns = filter_columns_transposed(noise, gaussian_band(noise.rows, sigma));
  const cv::Mat both = filter_columns_transposed(columns, gaussian_band(noise.cols, sigma));
  cv::Mat field;
  both.convertTo(field, CV_32F, alpha);
  return field;
}

cv::Mat smooth_fields_2_0_8(const cv::Mat& noise, double sigma, double alpha) {
  double low = 0;
  double high = 0;
  cv::minMaxLoc(noise, &low, &high);
  const double largest = std::max(-low, high);
  cv::Mat fields = largest > 1e-6 ? cv::Mat(noise / largest) : noise;
  cv::Mat smooth;
  cv::GaussianBlur(fields, smooth, cv::Size(0, 0), sigma, 0, cv::BORDER_REPLICATE);
  return smooth * alpha;
}

Elastic::Parameters Elastic::sample(Random& random, cv::Size size) const {
  Parameters out;
  if (semantics == Semantics::albumentations_2_0_8) {
    const cv::Mat noise = normal_field(random, cv::Size(size.width, 2 * size.height));
    const cv::Mat fields = smooth_fields_2_0_8(noise, sigma, alpha);
    out.dx = fields.rowRange(0, size.height);
    out.dy = fields.rowRange(size.height, 2 * size.height);
    return out;
  }
  if (legacy_affine) {
    const auto from = legacy_affine_points(size);
    auto to = from;
    for (cv::Point2f& point : to) {
      point.x += static_cast<float>(random.uniform(-affine_jitter, affine_jitter));
      point.y += static_cast<float>(random.uniform(-affine_jitter, affine_jitter));
    }
    out.affine = cv::Matx23d(cv::getAffineTransform(from.data(), to.data()));
  }
  out.dx = smooth_field_1_3_1(uniform_noise(random, size), sigma, alpha);
  out.dy = smooth_field_1_3_1(uniform_noise(random, size), sigma, alpha);
  return out;
}

cv::Mat Elastic::apply(const cv::Mat& grey, const Parameters& parameters) const {
  const cv::Mat moved = parameters.affine ? warp(grey, *parameters.affine, border, fill) : grey;
  cv::Mat map_x(grey.size(), CV_32F);
  cv::Mat map_y(grey.size(), CV_32F);
  for (int y = 0; y < grey.rows; ++y) {
    for (int x = 0; x < grey.cols; ++x) {
      map_x.at<float>(y, x) = static_cast<float>(x + double{parameters.dx.at<float>(y, x)});
      map_y.at<float>(y, x) = static_cast<float>(y + double{parameters.dy.at<float>(y, x)});
    }
  }
  return pull(moved, map_x, map_y, border, fill);
}

void Elastic::validate(const std::string& path) const {
  if (legacy_affine && semantics == Semantics::albumentations_2_0_8) {
    throw ConfigError(path + ".legacy_affine needs the semantics albumentations_1_3_1");
  }
}

}  // namespace xrayclf::transforms
