#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/program.hpp"
#include "support/temporary_directory.hpp"
#include "support/well_formed.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/csv.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using testing_support::Program;
using testing_support::ProgramResult;
using testing_support::run_xrayclf;
using testing_support::TemporaryDirectory;

const std::vector<std::string> kEvaluationPlots = {
    "confusion_matrix", "roc",          "precision_recall", "reliability", "score_distributions",
    "decision_curve",   "risk_coverage"};

/// The commands one after the other on phantoms, figures and all.
class FiguresIntegrationTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = new TemporaryDirectory;
    succeed({"phantoms", "--output", at("films"), "--patients", "18"});
    succeed({"preprocess", "--input", at("films/images.csv"), "--output", at("data"),
             "--image_size", "48", "--split.fractions", "0.5,0.25,0.25", "--baselines", "off",
             "--quiet"});
    succeed({"train", "--data", at("data"), "--output", at("run"), "--model.architecture",
             "efficientnet_lite0", "--model.weights", "none", "--epochs", "1", "--augment.preset",
             "chest", "--views_per_image", "1", "--device", "cpu"});
    succeed({"eval", "--checkpoint", at("run"), "--data", at("data"), "--output", at("test"),
             "--report.bootstrap_samples", "50"});
  }
  static void TearDownTestSuite() { delete directory_; }

  static std::string at(const std::string& name) { return *directory_ / name; }
  static ProgramResult succeed(const std::vector<std::string>& arguments) {
    auto result = run_xrayclf(arguments);
    EXPECT_EQ(result.exit_code, 0) << arguments.at(0) << ": " << result.err;
    return result;
  }
  static bool gnuplot() { return std::system("gnuplot --version > /dev/null 2>&1") == 0; }

  static void expect_figure(const std::string& folder, const std::string& name) {
    const std::string base = at(folder) + "/figures/" + name;
    EXPECT_FALSE(read_csv(base + ".csv").columns.empty());
    EXPECT_EQ(read_file(base + ".png").substr(1, 3), "PNG") << base;
    EXPECT_THAT(read_file(base + ".svg"), HasSubstr("</svg>")) << base;
  }

  static inline TemporaryDirectory* directory_ = nullptr;
};

TEST_F(FiguresIntegrationTest, EveryCommandLeavesItsFigures) {
  if (!gnuplot()) GTEST_SKIP() << "no gnuplot";
  expect_figure("data", "class_distribution");
  expect_figure("data", "sample_grid");
  expect_figure("run", "history");
  expect_figure("run", "augmentation_examples");
  for (const std::string& name : kEvaluationPlots) expect_figure("test", name);
  expect_figure("test", "misclassified");
}

TEST_F(FiguresIntegrationTest, WithoutGnuplotThereAreAWarningAndTheData) {
  const ProgramResult result = Program({"/usr/bin/env", "PATH=/nonexistent", XRAYCLF_PROGRAM,
                                        "eval", "--predictions", at("test/predictions.csv"),
                                        "--output", at("bare"), "--report.bootstrap_samples", "20"})
                                   .wait();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("gnuplot is not installed"));
  for (const std::string& name : kEvaluationPlots) {
    EXPECT_FALSE(read_csv(at("bare/figures/" + name + ".csv")).rows.empty()) << name;
    EXPECT_FALSE(fs::exists(at("bare/figures/" + name + ".png"))) << name;
  }
  EXPECT_TRUE(fs::exists(at("bare/figures/misclassified.png"))) << "needs no gnuplot";
  EXPECT_THAT(read_file(at("bare/report.html")), HasSubstr("Not drawn: "));
}

TEST_F(FiguresIntegrationTest, BothCanBeLeftOut) {
  succeed({"eval", "--predictions", at("test/predictions.csv"), "--output", at("plain"),
           "--figures", "off", "--html", "off", "--report.bootstrap_samples", "20"});
  EXPECT_FALSE(fs::exists(at("plain/figures")));
  EXPECT_FALSE(fs::exists(at("plain/report.html")));
  EXPECT_TRUE(fs::exists(at("plain/report.json")));
}

TEST_F(FiguresIntegrationTest, TheReportIsOneWellFormedPage) {
  const std::string page = read_file(at("test/report.html"));
  EXPECT_EQ(testing_support::markup_fault(page), "");
  for (const char* text : {"efficientnet_lite0", "model.safetensors", "sample_grid", "COVID-19",
                           "yes, by its SHA-256", "augmentation_examples"}) {
    EXPECT_THAT(page, HasSubstr(text));
  }
  EXPECT_THAT(page, Not(HasSubstr("href=\"http")));
  EXPECT_THAT(page, Not(HasSubstr("src=\"http")));

  const ProgramResult made = succeed({"report", "--run", at("run"), "--evaluation", at("test"),
                                      "--data", at("data"), "--output", at("page.html")});
  EXPECT_EQ(made.out, "");
  EXPECT_EQ(read_file(at("page.html")), page);
}

TEST_F(FiguresIntegrationTest, TheReportSaysWhatItMisses) {
  const auto fails = [](const std::vector<std::string>& more, int code, const char* message) {
    std::vector<std::string> arguments = {"report", "--output", at("x.html")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProgramResult result = run_xrayclf(arguments);
    EXPECT_EQ(result.exit_code, code) << result.err;
    EXPECT_THAT(result.err, HasSubstr(message));
  };
  fails({}, 2, "evaluation");
  fails({"--evaluation", at("data")}, 5, "has no report.json");
  fails({"--evaluation", at("test"), "--run", at("data")}, 5, "has no config.json");
  fails({"--evaluation", at("test"), "--data", at("run")}, 5, "has no dataset.json");
  fails({"--evaluation", at("test"), "--statements", at("absent.json")}, 5, "absent.json");
  EXPECT_FALSE(fs::exists(at("x.html")));
}

}  // namespace
}  // namespace xrayclf
