#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/program.hpp"
#include "support/temporary_directory.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/csv.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/image/codec.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;
using testing_support::ProgramResult;
using testing_support::run_xrayclf;
using testing_support::TemporaryDirectory;

/// Phantoms and a tiny run on them, shared by the tests.
class GradcamIntegrationTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = new TemporaryDirectory;
    succeed({"phantoms", "--output", at("films"), "--patients", "18", "--seed", "5"});
    succeed({"preprocess", "--input", at("films") + "/images.csv", "--output", at("data"),
             "--image_size", "64", "--split.fractions", "0.5,0.25,0.25", "--quiet"});
    succeed({"train", "--data", at("data"), "--output", at("run"), "--model.architecture",
             "efficientnet_lite0", "--model.weights", "none", "--epochs", "2", "--device", "cpu"});
  }
  static void TearDownTestSuite() { delete directory_; }

  static std::string at(const std::string& name) { return *directory_ / name; }

  static ProgramResult succeed(const std::vector<std::string>& arguments) {
    auto result = run_xrayclf(arguments);
    EXPECT_EQ(result.exit_code, 0) << arguments.at(0) << ": " << result.err;
    return result;
  }
  static ProgramResult explain(const std::string& output, std::vector<std::string> more,
                               const std::string& list = "") {
    more.insert(more.begin(),
                {"gradcam", "--checkpoint", at("run"), "--output", at(output), "--device", "cpu"});
    return run_xrayclf(more, list);
  }
  static void expect_failure(const ProgramResult& result, int code, const std::string& message) {
    EXPECT_EQ(result.exit_code, code) << result.err;
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_EQ(result.out, code == 8 ? result.out : "");
  }
  static std::string some_film(int index = 0) {
    const auto manifest = read_csv(at("data") + "/manifest.csv");
    return at("films") + "/" +
           manifest.rows.at(static_cast<std::size_t>(index))[manifest.require("source")];
  }

  static inline TemporaryDirectory* directory_ = nullptr;
};

TEST_F(GradcamIntegrationTest, APreparedSplitBecomesOverlaysOfTheFilmsRowsAndMontages) {
  const auto result =
      explain("split", {"--input", at("data"), "--split", "test", "--panel", "--map", "npy"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto rows = read_csv(at("split") + "/gradcam.csv");
  ASSERT_GE(rows.rows.size(), 3U);
  EXPECT_THAT(result.out, HasSubstr(std::to_string(rows.rows.size()) + " heat maps of"));
  std::set<std::string> overlays;
  for (const auto& row : rows.rows) {
    const auto field = [&](const char* name) { return row[rows.require(name)]; };
    EXPECT_EQ(field("error"), "");
    EXPECT_EQ(field("class"), field("predicted"));
    EXPECT_NE(field("true"), "");
    const cv::Mat film = read_image(at("films") + "/" + field("source")).grey;
    const std::string bytes = read_file(at("split") + "/" + field("overlay"));
    const ImageInfo info = probe_image(bytes);
    EXPECT_EQ(info.width, film.cols) << "the overlay is of the film, at its own size";
    EXPECT_EQ(info.height, film.rows);
    EXPECT_EQ(info.channels, 3);
    EXPECT_GE(std::stoi(field("peak_x")), 0);
    EXPECT_LT(std::stoi(field("peak_x")), film.cols);
    EXPECT_LT(std::stoi(field("peak_y")), film.rows);
    EXPECT_LE(std::stod(field("area_over_half")), 1);
    EXPECT_TRUE(fs::exists(at("split") + "/" + field("panel")));
    EXPECT_EQ(read_file(at("split") + "/" + field("map")).substr(1, 5), "NUMPY");
    overlays.insert(field("overlay"));
  }
  EXPECT_EQ(overlays.size(), rows.rows.size());
  const json summary = read_json_file(at("split") + "/gradcam.json");
  EXPECT_EQ(summary["layer"], "features.8");
  ASSERT_EQ(summary["figures"].size(), 3U);
  for (const auto& figure : summary["figures"]) {
    EXPECT_TRUE(fs::exists(at("split") + "/" + figure["file"].get<std::string>()));
    EXPECT_NE(figure["alt"], "");
  }
}

TEST_F(GradcamIntegrationTest, ProbabilitiesAreThoseOfPredict) {
  const auto predicted =
      run_xrayclf({"predict", "--checkpoint", at("run"), "--format", "jsonl", some_film()});
  const json probabilities = json::parse(predicted.out)["probabilities"];
  ASSERT_EQ(explain("same", {some_film(), "--target", "all", "--rows", "jsonl"}).exit_code, 0);
  std::istringstream lines(read_file(at("same") + "/gradcam.jsonl"));
  int classes = 0;
  for (std::string line; std::getline(lines, line); ++classes) {
    const json row = json::parse(line);
    EXPECT_NEAR(row["probability"].get<double>(),
                probabilities[row["class"].get<std::string>()].get<double>(), 1e-6);
    EXPECT_THAT(row["overlay"].get<std::string>(), HasSubstr(row["class"].get<std::string>()));
  }
  EXPECT_EQ(classes, 3);
}

TEST_F(GradcamIntegrationTest, ABrokenFileHasItsRowAndTheOthersGoOn) {
  std::ofstream(at("broken.png")) << "no image";
  const auto result = explain("partial", {some_film(), at("broken.png"), at("absent.png"), "-"},
                              some_film(1) + "\n");
  expect_failure(result, 8, "2 of 4 images could not be explained");
  const auto rows = read_csv(at("partial") + "/gradcam.csv");
  ASSERT_EQ(rows.rows.size(), 4U);
  const auto error = rows.require("error");
  EXPECT_EQ(rows.rows[0][error], "");
  EXPECT_THAT(rows.rows[1][error], HasSubstr("broken.png"));
  EXPECT_THAT(rows.rows[2][error], HasSubstr("absent.png"));
  EXPECT_EQ(rows.rows[3][error], "");
  EXPECT_EQ(read_json_file(at("partial") + "/gradcam.json")["failed"], 2);
}

TEST_F(GradcamIntegrationTest, NamesOfOverlaysNeverCollide) {
  fs::create_directories(at("alike/Normal"));
  fs::create_directories(at("alike/sub"));
  fs::copy(some_film(0), at("alike/Normal/a.png"));
  fs::copy(some_film(1), at("alike/a.png"));
  fs::copy(some_film(2), at("alike/A.png"));
  fs::copy(some_film(3), at("alike/a.jpeg"));
  fs::copy(some_film(4), at("alike/sub/odd name;.png"));
  const auto result = explain("alike-out", {at("alike"), at("alike/a.png")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto rows = read_csv(at("alike-out") + "/gradcam.csv");
  ASSERT_EQ(rows.rows.size(), 5U) << "an image given twice is explained once";
  std::set<std::string> names;
  for (const auto& row : rows.rows) {
    names.insert(row[rows.require("overlay")]);
    const bool labelled = row[rows.require("path")].find("/Normal/") != std::string::npos;
    EXPECT_EQ(row[rows.require("true")], labelled ? "Normal" : "");
  }
  EXPECT_EQ(names.size(), 5U);
  EXPECT_TRUE(names.count("overlays/Normal__a.png"));
  expect_failure(explain("alike/out", {at("alike")}), 2, "lies in the input");
}

TEST_F(GradcamIntegrationTest, TrueClassesComeFromACsvAndMissingOnesAreRows) {
  std::ofstream(at("films") + "/some.csv")
      << "path,label,split\n"
      << fs::relative(some_film(0), at("films")).string() << ",Pneumonia,val\n"
      << fs::relative(some_film(1), at("films")).string() << ",,val\n"
      << fs::relative(some_film(2), at("films")).string() << ",Normal,train\n";
  const auto result =
      explain("csv", {at("films") + "/some.csv", "--split", "validation", "--target", "true"});
  expect_failure(result, 8, "1 of 2 images");
  const auto rows = read_csv(at("csv") + "/gradcam.csv");
  EXPECT_EQ(rows.rows[0][rows.require("class")], "Pneumonia");
  EXPECT_THAT(rows.rows[1][rows.require("error")], HasSubstr("true class is not known"));
}

TEST_F(GradcamIntegrationTest, QualityIsWrittenPerImageAndInSumWithWords) {
  const auto result =
      explain("quality", {some_film(0), some_film(1), "--quality", "--measure.steps", "4"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("insertion"));
  EXPECT_THAT(result.out, HasSubstr("randomised_similarity"));
  const auto figures = read_csv(at("quality") + "/quality.csv");
  ASSERT_EQ(figures.rows.size(), 2U);
  for (const char* name :
       {"insertion", "deletion", "road", "border_energy", "outside_lung_energy", "stability"}) {
    EXPECT_TRUE(read_csv(at("quality") + "/gradcam.csv").find(name)) << name;
    const double value = std::stod(figures.rows[0][figures.require(name)]);
    EXPECT_TRUE(value >= -1 && value <= 1) << name << " " << value;
  }
  const json summary = read_json_file(at("quality") + "/quality.json");
  EXPECT_EQ(summary["maps"], 2);
  for (const auto& finding : summary["findings"]) {
    EXPECT_NE(finding["bad_means"], "");
    EXPECT_NE(finding["verdict"], "not measured") << finding;
  }
  EXPECT_TRUE(fs::exists(at("quality") + "/figures/explanation_quality.gp"));
}

TEST_F(GradcamIntegrationTest, EveryMethodDrawsAndTheSameSeedDrawsTheSame) {
  for (const char* method :
       {"gradcam++", "hirescam", "xgradcam", "layercam", "eigencam", "eigengradcam", "ablationcam",
        "occlusion", "integrated_gradients", "smoothgrad"}) {
    std::string first;
    for (const char* output : {"m1", "m2"}) {
      const std::string folder = std::string(output) + "-" + method;
      const auto result =
          explain(folder, {some_film(), "--method", method, "--montage_images", "0",
                           "--smoothgrad.samples", "2", "--integration_steps", "2"});
      ASSERT_EQ(result.exit_code, 0) << method << ": " << result.err;
      const auto rows = read_csv(at(folder) + "/gradcam.csv");
      const std::string bytes =
          read_file(at(folder) + "/" + rows.rows.at(0)[rows.require("overlay")]);
      if (first.empty()) first = bytes;
      EXPECT_EQ(bytes, first) << method;
    }
  }
}

TEST_F(GradcamIntegrationTest, WhatMakesNoSenseIsRefusedWithItsExitCode) {
  expect_failure(explain("x", {some_film(), "--target", "Pneumona"}), 2,
                 "did you mean 'Pneumonia'?");
  expect_failure(explain("x", {some_film(), "--layer", "features.9"}), 2, "no layer 'features.9'");
  expect_failure(explain("x", {some_film(), "--layer", "features.6", "--method", "occlusion"}), 2,
                 "works on the pixels");
  expect_failure(explain("x", {some_film(), "--method", "gradcan"}), 2, "gradcam");
  expect_failure(explain("x", {at("films"), "--split", "test"}), 2, "--split is for");
  expect_failure(explain("x", {at("data"), "--split", "tset"}), 3, "did you mean 'test'?");
  expect_failure(run_xrayclf({"gradcam", "--checkpoint", at("films"), "--output", at("x"), "a"}), 4,
                 "films");
  EXPECT_FALSE(fs::exists(at("x")));
}

}  // namespace
}  // namespace xrayclf
