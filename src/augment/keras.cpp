#include "xrayclf/augment/keras.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <opencv2/core.hpp>

namespace xrayclf::transforms {
namespace {

/// Maps a position beyond the edge of n pixels into [-1, n] as scipy does; constant has been dealt
/// with.
double fold(double at, int n, FillMode mode) {
  const double last = n - 1;
  switch (mode) {
    case FillMode::nearest:
      return std::clamp(at, 0.0, last);
    case FillMode::reflect: {
      const double within = at - 2.0 * n * std::floor(at / (2.0 * n));
      return within > n - 0.5 ? 2.0 * n - 1 - within : within;
    }
    case FillMode::wrap: {
      if (n == 1) return 0;
      if (at < 0) return at + last * (std::trunc(-at / last) + 1);
      return at > last ? at - last * std::trunc(at / last) : at;
    }
    case FillMode::constant:
      return at;
  }
  throw std::logic_error("a fill mode without a rule");
}

/// Bilinear in double at row y, column x.
double interpolate(const cv::Mat& image, double y, double x) {
  const double floor_y = std::floor(y);
  const double floor_x = std::floor(x);
  const double fy = y - floor_y;
  const double fx = x - floor_x;
  // Positions between an edge pixel and its mirror image read the edge pixel twice.
  const auto inside = [](double at, int n) {
    return static_cast<int>(std::clamp(at, 0.0, static_cast<double>(n - 1)));
  };
  const int x0 = inside(floor_x, image.cols);
  const int x1 = inside(floor_x + 1, image.cols);
  const auto* above = image.ptr<float>(inside(floor_y, image.rows));
  const auto* below = image.ptr<float>(inside(floor_y + 1, image.rows));
  return (1 - fy) * ((1 - fx) * double{above[x0]} + fx * double{above[x1]}) +
         fy * ((1 - fx) * double{below[x0]} + fx * double{below[x1]});
}

cv::Mat warp_like_scipy(const cv::Mat& image, const cv::Matx23d& m, FillMode mode, double cval) {
  cv::Mat out(image.size(), CV_32F);
  const double last_row = image.rows - 1;
  const double last_column = image.cols - 1;
  for (int row = 0; row < image.rows; ++row) {
    auto* to = out.ptr<float>(row);
    for (int column = 0; column < image.cols; ++column) {
      const double y = m(0, 0) * row + m(0, 1) * column + m(0, 2);
      const double x = m(1, 0) * row + m(1, 1) * column + m(1, 2);
      const bool outside = y < 0 || y > last_row || x < 0 || x > last_column;
      if (!outside) {
        to[column] = static_cast<float>(interpolate(image, y, x));
      } else if (mode == FillMode::constant) {
        to[column] = static_cast<float>(cval);
      } else {
        to[column] = static_cast<float>(
            interpolate(image, fold(y, image.rows, mode), fold(x, image.cols, mode)));
      }
    }
  }
  return out;
}

/// PIL's brightness: grey levels cut to whole, times the factor in single precision, cut again.
void apply_brightness(cv::Mat& image, double factor, double full) {
  const auto scale = static_cast<float>(factor);
  for (int row = 0; row < image.rows; ++row) {
    auto* pixels = image.ptr<float>(row);
    for (int column = 0; column < image.cols; ++column) {
      const float whole = std::trunc(pixels[column]);
      const float scaled = scale == 1.0f ? whole : std::trunc(whole * scale);
      pixels[column] = std::clamp(scaled, 0.0f, static_cast<float>(full));
    }
  }
}

}  // namespace

cv::Matx23d keras_matrix(const KerasImageDataGenerator::Parameters& q, cv::Size size) {
  const double theta = q.theta * std::numbers::pi / 180.0;
  const double shear = q.shear * std::numbers::pi / 180.0;
  const cv::Matx33d rotate(std::cos(theta), -std::sin(theta), 0, std::sin(theta), std::cos(theta),
                           0, 0, 0, 1);
  const cv::Matx33d shift(1, 0, q.tx, 0, 1, q.ty, 0, 0, 1);
  const cv::Matx33d lean(1, -std::sin(shear), 0, 0, std::cos(shear), 0, 0, 0, 1);
  const cv::Matx33d zoom(q.zx, 0, 0, 0, q.zy, 0, 0, 0, 1);
  const double cx = size.height / 2.0 - 0.5;
  const double cy = size.width / 2.0 - 0.5;
  const cv::Matx33d to_centre(1, 0, cx, 0, 1, cy, 0, 0, 1);
  const cv::Matx33d from_centre(1, 0, -cx, 0, 1, -cy, 0, 0, 1);
  const cv::Matx33d xy = to_centre * (rotate * shift * lean * zoom) * from_centre;
  return {xy(1, 1), xy(1, 0), xy(1, 2), xy(0, 1), xy(0, 0), xy(0, 2)};
}

KerasImageDataGenerator::Parameters KerasImageDataGenerator::sample(Random& random,
                                                                    cv::Size size) const {
  const auto symmetric = [&](double range) { return random.uniform(-range, range); };
  Parameters out;
  out.theta = symmetric(rotation_range);
  out.tx = symmetric(height_shift_range) * size.height;
  out.ty = symmetric(width_shift_range) * size.width;
  out.shear = symmetric(shear_range);
  out.zx = zoom_range.draw(random);
  out.zy = zoom_range.draw(random);
  if (channel_shift_range > 0) out.channel_shift = symmetric(channel_shift_range);
  out.flip_horizontal = random.chance(0.5) && horizontal_flip;
  out.flip_vertical = random.chance(0.5) && vertical_flip;
  if (brightness_range.low != 1 || brightness_range.high != 1) {
    out.brightness = brightness_range.draw(random);
  }
  return out;
}

cv::Mat KerasImageDataGenerator::apply_to_float(const cv::Mat& grey,
                                                const Parameters& parameters) const {
  cv::Mat image;
  grey.convertTo(image, CV_32F);
  image = warp_like_scipy(image, keras_matrix(parameters, grey.size()), fill_mode, cval);
  if (parameters.channel_shift) {
    double low = 0;
    double high = 0;
    cv::minMaxLoc(image, &low, &high);
    image += *parameters.channel_shift;
    image = cv::min(cv::max(image, low), high);
  }
  if (parameters.flip_horizontal) cv::flip(image, image, 1);
  if (parameters.flip_vertical) cv::flip(image, image, 0);
  if (parameters.brightness) {
    apply_brightness(image, *parameters.brightness, grey.depth() == CV_16U ? 65535.0 : 255.0);
  }
  return image;
}

cv::Mat KerasImageDataGenerator::apply(const cv::Mat& grey, const Parameters& parameters) const {
  cv::Mat out;
  apply_to_float(grey, parameters).convertTo(out, grey.depth());
  return out;
}

}  // namespace xrayclf::transforms
