#include "xrayclf/image/film_check.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <opencv2/imgproc.hpp>

#include "xrayclf/core/csv.hpp"
#include "xrayclf/core/parallel.hpp"
#include "xrayclf/core/random.hpp"
#include "xrayclf/image/codec.hpp"
#include "xrayclf/image/phantom.hpp"

namespace xrayclf {
namespace {

cv::Mat turned(const cv::Mat& film, int quarters) {
  cv::Mat out = film.clone();
  if (quarters > 0) cv::rotate(film, out, quarters - 1);  // ROTATE_90_CLOCKWISE is 0, and so on
  return out;
}

cv::Mat phantom(std::int64_t patient) {
  return draw_phantom({.seed = 5, .patient = patient, .width = 160, .height = 192});
}

TEST(FilmCheckTest, PhantomsPassAndTheirTurnsAndInversionsAreTold) {
  for (std::int64_t patient = 0; patient < 6; ++patient) {
    SCOPED_TRACE(patient);
    const cv::Mat film = phantom(patient);
    EXPECT_TRUE(check_film(film).passed());
    for (int quarters = 1; quarters < 4; ++quarters) {
      const FilmCheck check = check_film(turned(film, quarters));
      EXPECT_TRUE(check.wrong_orientation);
      EXPECT_EQ(check.quarter_turns, quarters);
      EXPECT_FALSE(check.not_xray || check.inverted);
    }
    const FilmCheck negative = check_film(65535 - film);
    EXPECT_TRUE(negative.inverted);
    EXPECT_FALSE(negative.not_xray || negative.wrong_orientation);
    EXPECT_NEAR(negative.midline, check_film(film).midline, 1e-3);
  }
}

TEST(FilmCheckTest, ExposureBitDepthAndSizeDoNotMatter) {
  const cv::Mat film = phantom(1);
  const double likeness = check_film(film).likeness;
  cv::Mat eight;
  film.convertTo(eight, CV_8U, 1 / 257.0);
  EXPECT_NEAR(check_film(eight).likeness, likeness, 0.01);
  cv::Mat dim;
  film.convertTo(dim, CV_16U, 0.2, 900);
  EXPECT_NEAR(check_film(dim).likeness, likeness, 0.001);
  cv::Mat large;
  cv::resize(film, large, {}, 3, 3, cv::INTER_LINEAR);
  EXPECT_NEAR(check_film(large).likeness, likeness, 0.02);
}

TEST(FilmCheckTest, FlatImagesAndPlanesAreNoFilms) {
  EXPECT_TRUE(check_film(cv::Mat(64, 64, CV_8UC1, cv::Scalar(77))).not_xray);
  EXPECT_TRUE(check_film(cv::Mat(8, 9, CV_16UC1, cv::Scalar(65535))).not_xray);
  cv::Mat plane(64, 64, CV_16UC1);
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 64; ++x)
      plane.at<std::uint16_t>(y, x) = static_cast<std::uint16_t>(500 * y + 300 * x);
  }
  const FilmCheck check = check_film(plane);
  EXPECT_TRUE(check.not_xray);
  EXPECT_FALSE(check.inverted || check.lateral || check.wrong_orientation);
}

TEST(FilmCheckTest, ADarkMiddleBetweenBrightSidesIsALateralView) {
  // Of a phantom the two halves change places: the lungs meet in the middle, the spine is outside.
  const cv::Mat film = phantom(2);
  cv::Mat blended;
  cv::addWeighted(film, 0.55, 65535 - film, 0.45, 0, blended);
  cv::Mat lateral = film.clone();
  const int half = film.cols / 2;
  const int quarter = film.cols / 4;
  const cv::Rect lungs(quarter, film.rows / 4, half, film.rows * 3 / 8);
  cv::Mat swapped;
  cv::hconcat(film(cv::Rect(half, lungs.y, quarter, lungs.height)),
              film(cv::Rect(quarter, lungs.y, quarter, lungs.height)), swapped);
  swapped.copyTo(lateral(lungs));
  const FilmCheck check = check_film(lateral);
  EXPECT_LT(check.midline, check_film(film).midline - 1);
}

/// Pictures that a folder may hold beside films. None was used in fitting the template.
const std::vector<std::pair<std::string, std::function<cv::Mat(Random&)>>>& pictures() {
  static const std::vector<std::pair<std::string, std::function<cv::Mat(Random&)>>> kinds = {
      {"gradients",
       [](Random& random) {
         cv::Mat out(128, 128, CV_8UC1);
         const double a = random.uniform(-1, 1), b = random.uniform(-1, 1),
                      c = random.uniform(-1, 1);
         for (int y = 0; y < 128; ++y) {
           for (int x = 0; x < 128; ++x) {
             const double u = x / 64.0 - 1, v = y / 64.0 - 1;
             out.at<uchar>(y, x) =
                 cv::saturate_cast<uchar>(128 + 60 * (a * u + b * v + c * (u * u + v * v - 0.7)));
           }
         }
         return out;
       }},
      {"text",
       [](Random& random) {
         cv::Mat out(256, 256, CV_8UC1, cv::Scalar(245));
         for (int y = 20; y < 256; y += 16) {
           std::string words;
           const auto length = static_cast<std::size_t>(random.uniform(5, 34));
           while (words.size() < length) {
             words += random.chance(0.2) ? ' ' : static_cast<char>('a' + random.below(26));
           }
           cv::putText(out, words, {8, y}, cv::FONT_HERSHEY_SIMPLEX, 0.4, cv::Scalar(15));
         }
         return out;
       }},
      {"drawings",
       [](Random& random) {
         cv::Mat out(128, 128, CV_8UC1, cv::Scalar(random.uniform(0, 255)));
         const auto shapes = static_cast<int>(random.uniform(3, 12));
         for (int i = 0; i < shapes; ++i) {
           const cv::Point at(static_cast<int>(random.below(128)),
                              static_cast<int>(random.below(128)));
           const cv::Scalar grey(random.uniform(0, 255));
           if (random.chance(0.5)) {
             cv::circle(out, at, static_cast<int>(random.uniform(4, 45)), grey, cv::FILLED);
           } else {
             cv::rectangle(out, at,
                           at + cv::Point(static_cast<int>(random.uniform(5, 80)),
                                          static_cast<int>(random.uniform(5, 80))),
                           grey, cv::FILLED);
           }
         }
         return out;
       }},
      {"textures", [](Random& random) {
         // Octaves of smooth noise: clouds, walls, leaves from afar.
         cv::Mat out(128, 128, CV_32FC1, cv::Scalar(0));
         const double fall = random.uniform(0.4, 1.0);
         double strength = 1;
         for (int side = 2; side <= 128; side *= 2, strength *= fall) {
           cv::Mat grid(side, side, CV_32FC1);
           for (int y = 0; y < side; ++y) {
             for (int x = 0; x < side; ++x)
               grid.at<float>(y, x) = static_cast<float>(random.normal());
           }
           cv::resize(grid, grid, out.size(), 0, 0, cv::INTER_CUBIC);
           out += grid * strength;
         }
         cv::Mat grey;
         cv::normalize(out, grey, 0, 255, cv::NORM_MINMAX, CV_8U);
         return grey;
       }}};
  return kinds;
}

struct Rates {
  double not_xray = 0, wrong_orientation = 0, inverted = 0, lateral = 0, passed = 0;
};

Rates rates_of(const std::vector<cv::Mat>& images) {
  Rates out;
  const double one = 1.0 / static_cast<double>(images.size());
  for (const cv::Mat& image : images) {
    const FilmCheck check = check_film(image);
    out.not_xray += check.not_xray ? one : 0;
    out.wrong_orientation += check.wrong_orientation ? one : 0;
    out.inverted += check.inverted ? one : 0;
    out.lateral += check.lateral ? one : 0;
    out.passed += check.passed() ? one : 0;
  }
  return out;
}

void tell(const std::string& what, std::size_t count, const Rates& rates) {
  std::printf(
      "%-28s %5zu  not an X-ray %.3f  turned %.3f  inverted %.3f  lateral %.3f  passed %.3f\n",
      what.c_str(), count, rates.not_xray, rates.wrong_orientation, rates.inverted, rates.lateral,
      rates.passed);
}

TEST(FilmCheckGoldenTest, MostOrdinaryPicturesAreNoFilms) {
  for (const auto& [kind, draw] : pictures()) {
    std::vector<cv::Mat> images;
    for (std::uint64_t i = 0; i < 200; ++i) {
      Random random(derive_seed(17, {i}));
      images.push_back(draw(random));
    }
    const Rates rates = rates_of(images);
    tell(kind, images.size(), rates);
    EXPECT_GT(rates.not_xray, 0.6) << kind;
    EXPECT_LT(rates.passed, 0.25) << kind;
  }
}

/// Up to `most` films of the two folds that the template was not fitted on, evenly chosen, small.
std::vector<cv::Mat> films_of(const std::string& set, std::size_t most) {
  const std::filesystem::path folder = std::filesystem::path(XRAYCLF_SHARED) / "data" / set;
  if (!std::filesystem::exists(folder / "folds.csv")) return {};
  const CsvTable table = read_csv(folder / "folds.csv");
  std::vector<std::filesystem::path> paths;
  for (const auto& row : table.rows) {
    const std::string& fold = row[table.require("fold")];
    if (fold == "3" || fold == "4") paths.push_back(folder / row[table.require("path")]);
  }
  const std::size_t step = std::max<std::size_t>(1, paths.size() / most);
  std::vector<cv::Mat> films((paths.size() + step - 1) / step);
  parallel_for(static_cast<std::int64_t>(films.size()), 0, [&](std::int64_t i) {
    const cv::Mat grey = read_image(paths[static_cast<std::size_t>(i) * step]).grey;
    cv::resize(grey, films[static_cast<std::size_t>(i)], {64, 64}, 0, 0, cv::INTER_AREA);
  });
  return films;
}

TEST(FilmCheckGoldenTest, RealFilmsPassAndTheirTurnsAndInversionsAreTold) {
  for (const std::string set : {"cxr3", "pediatric"}) {
    const std::vector<cv::Mat> films = films_of(set, 500);
    if (films.empty()) GTEST_SKIP() << "no " << set;
    const Rates upright = rates_of(films);
    tell(set, films.size(), upright);
    EXPECT_GT(upright.passed, 0.93) << set;
    for (int quarters = 1; quarters < 4; ++quarters) {
      std::vector<cv::Mat> others;
      for (const cv::Mat& film : films) others.push_back(turned(film, quarters));
      const Rates rates = rates_of(others);
      tell(set + " turned by " + std::to_string(90 * quarters), films.size(), rates);
      EXPECT_GT(rates.wrong_orientation, 0.93) << set << " " << quarters;
    }
    std::vector<cv::Mat> negatives;
    for (const cv::Mat& film : films) negatives.push_back(255 - film);
    const Rates rates = rates_of(negatives);
    tell(set + " inverted", films.size(), rates);
    EXPECT_GT(rates.inverted, 0.93) << set;
  }
}

}  // namespace
}  // namespace xrayclf
