#include <chrono>
#include <csignal>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/film_tree.hpp"
#include "support/program.hpp"
#include "support/temporary_directory.hpp"

namespace xrayclf {
namespace {

using ::testing::HasSubstr;
using testing_support::files_under;
using testing_support::Program;
using testing_support::read_text;
using testing_support::run_xrayclf;
using testing_support::TemporaryDirectory;
using testing_support::write_film;
using testing_support::write_text;

void write_films(const TemporaryDirectory& root, int count, int side) {
  for (int i = 0; i < count; ++i) {
    write_film(root / ((i % 2 == 0 ? "A/" : "B/") + std::to_string(i) + ".png"),
               static_cast<std::uint64_t>(i), side, side);
  }
}

TEST(PreprocessCliTest, PrintsTheAuditAndNothingElseOnStdout) {
  const TemporaryDirectory input;
  const TemporaryDirectory output;
  write_films(input, 20, 40);
  const auto result = run_xrayclf(
      {"preprocess", "--input", input.path(), "--output", output / "data", "--image_size", "32"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("near-duplicates"));
  EXPECT_THAT(result.out, HasSubstr("majority"));
  EXPECT_THAT(result.err, HasSubstr("20 images prepared (0 from an earlier run)"));
  EXPECT_THAT(result.err, HasSubstr("the patient of 20 images is not known"));
  const auto again = run_xrayclf(
      {"preprocess", "--input", input.path(), "--output", output / "data", "--image_size", "32"});
  EXPECT_EQ(again.out, result.out);
  EXPECT_THAT(again.err, HasSubstr("20 images prepared (20 from an earlier run)"));
}

TEST(PreprocessCliTest, ChoosesFoldsByAnyColumn) {
  const TemporaryDirectory input;
  const TemporaryDirectory output;
  write_films(input, 12, 40);
  std::string csv = "path,label,fold\n";
  for (int i = 0; i < 12; ++i) {
    const std::string label = i % 2 == 0 ? "A" : "B";
    csv +=
        label + "/" + std::to_string(i) + ".png," + label + "," + std::to_string(1 + i / 4) + "\n";
  }
  write_text(input / "folds.csv", csv);
  const auto result = run_xrayclf({"preprocess", "--input", input / "folds.csv", "--output",
                                   output / "data", "--split.column", "fold", "--split.validation",
                                   "2", "--split.test", "1", "--image_size", "32"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const std::string manifest = read_text(output / "data/manifest.csv");
  EXPECT_THAT(manifest, HasSubstr("path,source,sha256,label,patient_id,split,fold,width,height,"
                                  "bit_depth"));
  EXPECT_THAT(manifest, HasSubstr(",test,1,40,40,8,"));
  EXPECT_THAT(manifest, HasSubstr(",validation,2,40,40,8,"));
  EXPECT_THAT(manifest, HasSubstr(",train,3,40,40,8,"));
}

TEST(PreprocessCliTest, SaysByItsExitCodeWhatWentWrong) {
  const TemporaryDirectory input;
  const TemporaryDirectory output;
  write_films(input, 8, 40);
  const std::string data = output / "data";
  EXPECT_EQ(run_xrayclf({"preprocess", "--output", data}).exit_code, 2) << "no input";
  EXPECT_EQ(run_xrayclf({"preprocess", "--input", input.path(), "--output", data,
                         "--split.fractions", "1,2,3"})
                .exit_code,
            2);
  EXPECT_EQ(run_xrayclf({"preprocess", "--input", input / "absent", "--output", data}).exit_code,
            5);
  EXPECT_EQ(
      run_xrayclf({"preprocess", "--input", input.path(), "--output", "/dev/null/x"}).exit_code, 5);
  std::filesystem::create_directories(input / "C");
  const auto empty = run_xrayclf({"preprocess", "--input", input.path(), "--output", data});
  EXPECT_EQ(empty.exit_code, 3);
  EXPECT_THAT(empty.err, HasSubstr("no readable image in the class 'C'"));
  EXPECT_EQ(empty.out, "");
}

TEST(PreprocessCliTest, AnInterruptedRunGoesOnToTheSameResult) {
  const TemporaryDirectory input;
  const TemporaryDirectory output;
  write_films(input, 60, 700);
  const auto command = [&](const std::string& name) {
    return std::vector<std::string>{XRAYCLF_PROGRAM, "preprocess",  "--input",   input.path(),
                                    "--output",      output / name, "--workers", "1"};
  };
  ASSERT_EQ(Program(command("whole")).wait().exit_code, 0);

  Program cut(command("cut"));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (read_text(output / "cut/.prepared.txt").size() < 500 &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  cut.signal(SIGTERM);
  const auto stopped = cut.wait();
  EXPECT_EQ(stopped.exit_code, 143);
  EXPECT_THAT(stopped.err, HasSubstr("the same command goes on from there"));
  EXPECT_FALSE(std::filesystem::exists(output / "cut/dataset.json"));

  const auto finished = Program(command("cut")).wait();
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_THAT(finished.err, ::testing::Not(HasSubstr("(0 from an earlier run)")));
  EXPECT_EQ(files_under(output / "cut"), files_under(output / "whole"));
}

TEST(PreprocessCliTest, RefusesASecondWriter) {
  const TemporaryDirectory input;
  const TemporaryDirectory output;
  write_films(input, 60, 700);
  const std::vector<std::string> command{XRAYCLF_PROGRAM, "preprocess", "--input",
                                         input.path(),    "--output",   output / "data",
                                         "--workers",     "1"};
  Program first(command);
  while (read_text(output / "data/.prepared.txt").empty()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  const auto second = Program(command).wait();
  EXPECT_EQ(second.exit_code, 5);
  EXPECT_THAT(second.err, HasSubstr("another process"));
  first.signal(SIGINT);
  EXPECT_EQ(first.wait().exit_code, 130);
}

}  // namespace
}  // namespace xrayclf
