#include "xrayclf/explain/quality.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <opencv2/imgproc.hpp>

#include "xrayclf/core/numbers.hpp"
#include "xrayclf/core/random.hpp"
#include "xrayclf/image/imputation.hpp"
#include "xrayclf/image/lung_field.hpp"

namespace xrayclf {
namespace {

constexpr double kBlur = 10.0 / 224.0;  // sigma of insertion's start as a share of the side
constexpr int kRandomCells = 16;        // a side, of the order that knows nothing
constexpr double kRoadNoise = 0.01;     // of the imputed pixels, in units of the input

/// Streams of random numbers.
enum Stream : std::uint64_t { kTies = 1, kCells, kNoise };

/// Grey values 0 ... 255 in floats as the network's input, [1, 3, H, W].
torch::Tensor to_float_input(const cv::Mat& grey, const InputSpec& spec) {
  const cv::Mat packed = grey.isContinuous() ? grey : grey.clone();
  const torch::Tensor values =
      torch::from_blob(packed.data, {1, 1, packed.rows, packed.cols}, torch::kFloat32) / 255.0;
  std::vector<torch::Tensor> channels;
  for (std::size_t c = 0; c < 3; ++c) channels.push_back((values - spec.mean[c]) / spec.std[c]);
  return torch::cat(channels, 1);
}

cv::Mat to_float(const cv::Mat& grey) {
  cv::Mat out;
  grey.convertTo(out, CV_32F);
  return out;
}

/// Probabilities of one class for many inputs, a few at a time.
std::vector<double> probabilities_of(const Explainer& explainer, const torch::Tensor& inputs,
                                     std::int64_t cls) {
  std::vector<double> out;
  for (const torch::Tensor& part : inputs.split(explainer.config().passes)) {
    const torch::Tensor p = explainer.probabilities(part).select(1, cls).contiguous();
    out.insert(out.end(), p.data_ptr<double>(), p.data_ptr<double>() + p.numel());
  }
  return out;
}

/// The curve from `start` to `end` as their pixels are exchanged in this order.
PerturbationCurve exchange(const Explainer& explainer, const torch::Tensor& start,
                           const torch::Tensor& end, const cv::Mat& order, std::int64_t cls,
                           std::int64_t steps) {
  const torch::Tensor place =
      torch::from_blob(order.data, {1, 1, order.rows, order.cols}, torch::kInt32);
  std::vector<torch::Tensor> inputs;
  for (std::int64_t k = 0; k <= steps; ++k) {
    const auto changed = static_cast<std::int64_t>(order.total()) * k / steps;
    inputs.push_back(torch::where(place < changed, end, start));
  }
  return {probabilities_of(explainer, torch::cat(inputs), cls)};
}

cv::Mat random_cells(cv::Size size, std::uint64_t seed) {
  Random random(seed);
  cv::Mat cells(kRandomCells, kRandomCells, CV_32FC1);
  for (int i = 0; i < static_cast<int>(cells.total()); ++i) {
    cells.at<float>(i / kRandomCells, i % kRandomCells) = static_cast<float>(random.uniform());
  }
  cv::Mat out;
  cv::resize(cells, out, size, 0, 0, cv::INTER_NEAREST);
  return out;
}

/// The image with the pixels at these places of the order imputed.
cv::Mat without(const cv::Mat& grey, const cv::Mat& removed, double noise, std::uint64_t seed) {
  cv::Mat out = impute(grey, removed);
  Random random(seed);
  for (int y = 0; y < out.rows; ++y) {
    for (int x = 0; x < out.cols; ++x) {
      const auto by = static_cast<float>(random.normal() * noise);
      if (removed.at<uchar>(y, x) != 0) out.at<float>(y, x) += by;
    }
  }
  return out;
}

void measure_road(MapQuality& quality, const Explainer& explainer, const cv::Mat& grey,
                  const InputSpec& spec, std::int64_t cls, const cv::Mat& order,
                  std::uint64_t seed) {
  const double noise = kRoadNoise * spec.std[0] * 255;
  const auto total = static_cast<double>(order.total());
  std::vector<torch::Tensor> inputs;
  for (const double share : kRoadShares) {
    const int count = static_cast<int>(std::lround(share * total));
    const cv::Mat hottest = order < count;
    const cv::Mat coldest = order >= static_cast<int>(total) - count;
    inputs.push_back(to_float_input(without(grey, hottest, noise, seed), spec));
    inputs.push_back(to_float_input(without(grey, coldest, noise, seed), spec));
  }
  const std::vector<double> p = probabilities_of(explainer, torch::cat(inputs), cls);
  for (std::size_t i = 0; i < kRoadShares.size(); ++i) {
    quality.road_hottest.push_back(p[2 * i]);
    quality.road_coldest.push_back(p[2 * i + 1]);
    quality.road += (p[2 * i + 1] - p[2 * i]) / 2 / static_cast<double>(kRoadShares.size());
  }
}

cv::Mat shifted(const cv::Mat& image, int dx, int dy) {
  const cv::Matx23d move(1, 0, dx, 0, 1, dy);
  cv::Mat out;
  cv::warpAffine(image, out, move, image.size(), cv::INTER_NEAREST, cv::BORDER_REPLICATE);
  return out;
}

double measure_stability(const Explainer& explainer, const cv::Mat& prepared, const InputSpec& spec,
                         std::int64_t cls, const cv::Mat& heat, int by) {
  by = std::min({by, prepared.cols / 3, prepared.rows / 3});
  const std::vector<cv::Point> moves = {{by, 0}, {-by, 0}, {0, by}, {0, -by}};
  std::vector<cv::Mat> images;
  for (const cv::Point& move : moves) images.push_back(shifted(prepared, move.x, move.y));
  const std::vector<std::int64_t> classes(moves.size(), cls);
  const auto maps = explainer.maps(explainer.look(to_input(images, spec)), classes);
  double sum = 0;
  for (std::size_t i = 0; i < moves.size(); ++i) {
    const cv::Rect here(std::max(0, -moves[i].x), std::max(0, -moves[i].y),
                        heat.cols - std::abs(moves[i].x), heat.rows - std::abs(moves[i].y));
    sum += map_correlation(heat(here), maps[i].heat(here + moves[i]));
  }
  return sum / static_cast<double>(moves.size());
}

}  // namespace

double PerturbationCurve::area() const {
  double sum = 0;
  for (std::size_t i = 1; i < probability.size(); ++i) {
    sum += (probability[i - 1] + probability[i]) / 2;
  }
  return sum / static_cast<double>(probability.size() - 1);
}

double map_correlation(const cv::Mat& a, const cv::Mat& b) {
  cv::Scalar mean_a, spread_a, mean_b, spread_b;
  cv::meanStdDev(a, mean_a, spread_a);
  cv::meanStdDev(b, mean_b, spread_b);
  if (!(spread_a[0] > 0 && spread_b[0] > 0)) return kNan;
  const double product = cv::mean((a - mean_a[0]).mul(b - mean_b[0]))[0];
  return std::clamp(product / (spread_a[0] * spread_b[0]), -1.0, 1.0);
}

double energy_share(const cv::Mat& heat, const cv::Mat& mask) {
  const cv::Mat positive = cv::max(heat, 0.0);
  const double all = cv::sum(positive)[0];
  cv::Mat there = cv::Mat::zeros(heat.size(), heat.type());
  positive.copyTo(there, mask);
  return all > 0 ? cv::sum(there)[0] / all : kNan;
}

cv::Mat heat_order(const cv::Mat& heat, std::uint64_t seed) {
  struct Pixel {
    float heat;
    std::uint64_t tie;
    int index;
  };
  Random random(seed);
  std::vector<Pixel> pixels(heat.total());
  for (int i = 0; i < static_cast<int>(pixels.size()); ++i) {
    pixels[static_cast<std::size_t>(i)] = {heat.at<float>(i / heat.cols, i % heat.cols),
                                           random.bits(), i};
  }
  std::sort(pixels.begin(), pixels.end(), [](const Pixel& a, const Pixel& b) {
    return a.heat != b.heat ? a.heat > b.heat : a.tie < b.tie;
  });
  cv::Mat order(heat.size(), CV_32SC1);
  for (int place = 0; place < static_cast<int>(pixels.size()); ++place) {
    const int index = pixels[static_cast<std::size_t>(place)].index;
    order.at<int>(index / heat.cols, index % heat.cols) = place;
  }
  return order;
}

MapQuality measure_quality(const Explainer& explainer, const QualityConfig& config,
                           const cv::Mat& prepared, const InputSpec& input, std::int64_t cls,
                           const cv::Mat& heat) {
  MapQuality quality;
  const auto seed = static_cast<std::uint64_t>(explainer.config().seed);
  const cv::Mat grey = to_float(prepared);
  cv::Mat blurred;
  cv::GaussianBlur(grey, blurred, {}, kBlur * grey.cols);
  const torch::Tensor film = to_float_input(grey, input);
  const torch::Tensor blur = to_float_input(blurred, input);
  const torch::Tensor plain = torch::zeros_like(film);
  const cv::Mat order = heat_order(heat, derive_seed(seed, {kTies}));
  const cv::Mat no_order = heat_order(random_cells(heat.size(), derive_seed(seed, {kCells})),
                                      derive_seed(seed, {kTies}));
  const auto curve = [&](const torch::Tensor& start, const torch::Tensor& end, const cv::Mat& by) {
    return exchange(explainer, start, end, by, cls, config.steps);
  };
  quality.insertion = curve(blur, film, order);
  quality.insertion_random = curve(blur, film, no_order);
  quality.deletion = curve(film, plain, order);
  quality.deletion_random = curve(film, plain, no_order);
  measure_road(quality, explainer, grey, input, cls, order, derive_seed(seed, {kNoise}));

  cv::Mat border(heat.size(), CV_8UC1, cv::Scalar(255));
  const int width = std::max(1, static_cast<int>(std::lround(config.border * heat.cols)));
  border(cv::Rect(width, width, heat.cols - 2 * width, heat.rows - 2 * width)).setTo(0);
  const auto area = [](const cv::Mat& mask) {
    return cv::countNonZero(mask) / static_cast<double>(mask.total());
  };
  quality.border_energy = energy_share(heat, border);
  quality.border_area = area(border);
  const LungField lungs = lung_field(prepared);
  const cv::Mat outside = lungs.mask == 0;
  quality.outside_lung_energy = energy_share(heat, outside);
  quality.outside_lung_area = area(outside);
  quality.lungs_found = lungs.found;
  quality.stability =
      measure_stability(explainer, prepared, input, cls, heat, static_cast<int>(config.shift));
  return quality;
}

}  // namespace xrayclf
