#include "xrayclf/image/imputation.hpp"

#include <array>
#include <cmath>
#include <stdexcept>
#include <vector>

#include <opencv2/core.hpp>

namespace xrayclf {
namespace {

constexpr double kBeside = 1.0 / 6.0;
constexpr double kAcross = 1.0 / 12.0;
constexpr double kTolerance = 1e-4;
constexpr int kMostSteps = 500;

struct Neighbour {
  int dy, dx;
  double weight;
};
constexpr std::array<Neighbour, 8> kNeighbours = {{{-1, -1, kAcross},
                                                   {-1, 0, kBeside},
                                                   {-1, 1, kAcross},
                                                   {0, -1, kBeside},
                                                   {0, 1, kBeside},
                                                   {1, -1, kAcross},
                                                   {1, 0, kBeside},
                                                   {1, 1, kAcross}}};

/// The symmetric system: for each unknown sum(weights) x_i - sum(weight x_j) = sum(weight known_j).
struct System {
  std::vector<double> diagonal;
  std::vector<double> right;
  std::vector<std::array<std::int32_t, 8>> neighbours;  ///< unknown's index, or -1

  std::vector<double> times(const std::vector<double>& x) const {
    std::vector<double> out(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      double sum = diagonal[i] * x[i];
      for (std::size_t k = 0; k < kNeighbours.size(); ++k) {
        const std::int32_t j = neighbours[i][k];
        if (j >= 0) sum -= kNeighbours[k].weight * x[static_cast<std::size_t>(j)];
      }
      out[i] = sum;
    }
    return out;
  }
};

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

System make_system(const cv::Mat& image, const cv::Mat& removed,
                   const std::vector<cv::Point>& unknowns) {
  cv::Mat_<std::int32_t> index(image.size(), -1);
  for (std::size_t i = 0; i < unknowns.size(); ++i)
    index(unknowns[i]) = static_cast<std::int32_t>(i);
  System system;
  system.diagonal.assign(unknowns.size(), 0);
  system.right.assign(unknowns.size(), 0);
  system.neighbours.resize(unknowns.size());
  const cv::Rect inside({}, image.size());
  for (std::size_t i = 0; i < unknowns.size(); ++i) {
    for (std::size_t k = 0; k < kNeighbours.size(); ++k) {
      const cv::Point at = unknowns[i] + cv::Point(kNeighbours[k].dx, kNeighbours[k].dy);
      system.neighbours[i][k] = -1;
      if (!inside.contains(at)) continue;
      system.diagonal[i] += kNeighbours[k].weight;
      if (removed.at<uchar>(at) != 0) {
        system.neighbours[i][k] = index(at);
      } else {
        system.right[i] += kNeighbours[k].weight * image.at<float>(at);
      }
    }
  }
  return system;
}

std::vector<double> solve(const System& system, double start) {
  std::vector<double> x(system.right.size(), start);
  std::vector<double> residual = system.times(x);
  for (std::size_t i = 0; i < x.size(); ++i) residual[i] = system.right[i] - residual[i];
  std::vector<double> direction = residual;
  double square = dot(residual, residual);
  const double enough = square * kTolerance * kTolerance;
  for (int step = 0; step < kMostSteps && square > enough && square > 0; ++step) {
    const std::vector<double> image = system.times(direction);
    const double alpha = square / dot(direction, image);
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] += alpha * direction[i];
      residual[i] -= alpha * image[i];
    }
    const double next = dot(residual, residual);
    for (std::size_t i = 0; i < x.size(); ++i) {
      direction[i] = residual[i] + next / square * direction[i];
    }
    square = next;
  }
  return x;
}

}  // namespace

cv::Mat impute(const cv::Mat& image, const cv::Mat& removed) {
  if (image.type() != CV_32FC1 || removed.type() != CV_8UC1 || image.size() != removed.size()) {
    throw std::logic_error("impute takes a CV_32FC1 image and a CV_8UC1 mask of its size");
  }
  std::vector<cv::Point> unknowns;
  cv::findNonZero(removed, unknowns);
  cv::Mat out = image.clone();
  if (unknowns.size() == image.total()) {
    out.setTo(0);  // nothing is known
    return out;
  }
  if (unknowns.empty()) return out;
  const double mean = cv::mean(image, removed == 0)[0];
  const std::vector<double> x = solve(make_system(image, removed, unknowns), mean);
  for (std::size_t i = 0; i < x.size(); ++i) out.at<float>(unknowns[i]) = static_cast<float>(x[i]);
  return out;
}

}  // namespace xrayclf
