#include "xrayclf/evaluation/predictions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::TemporaryDirectory;

class PredictionsTest : public testing::Test {
 protected:
  Predictions read(const std::string& text) {
    write_file(directory_ / "p.csv", text);
    return read_predictions_csv(directory_ / "p.csv");
  }
  std::string refusal(const std::string& text) {
    try {
      read(text);
    } catch (const DataError& error) {
      return error.what();
    }
    return "no DataError";
  }
  TemporaryDirectory directory_;
};

TEST_F(PredictionsTest, ComesBackAsItWasWritten) {
  Predictions written;
  written.classes = {"COVID-19", "a, \"quoted\" class", "肺炎"};
  written.paths = {"a.png", "with,comma\nand newline.png"};
  written.truth = {2, -1};
  written.probabilities = {0.1, 0.2, 0.7000000000000001, 1.0 / 3, 1.0 / 3, 1.0 / 3};
  written.patients = {"p1", ""};
  write_predictions_csv(directory_ / "p.csv", written);
  const Predictions read = read_predictions_csv(directory_ / "p.csv");
  EXPECT_EQ(read.classes, written.classes);
  EXPECT_EQ(read.paths, written.paths);
  EXPECT_EQ(read.truth, written.truth);
  EXPECT_EQ(read.probabilities, written.probabilities);
  EXPECT_EQ(read.patients, written.patients);
  EXPECT_THAT(read_file(directory_ / "p.csv"),
              testing::StartsWith("path,true,predicted,prob_COVID-19,"));
  EXPECT_EQ(read.predicted(1), 0) << "the lowest index wins a tie";
}

TEST_F(PredictionsTest, FindsColumnsByNameAndDoesWithoutMostOfThem) {
  const Predictions predictions =
      read("prob_b,true,remark,prob_a\r\n 0.25 ,a,hm,0.75\r\n1,,\"x,y\",0\r\n");
  EXPECT_THAT(predictions.classes, ElementsAre("b", "a"));
  EXPECT_THAT(predictions.truth, ElementsAre(1, -1));
  EXPECT_THAT(predictions.probabilities, ElementsAre(0.25, 0.75, 1, 0));
  EXPECT_THAT(predictions.paths, ElementsAre("", ""));
  EXPECT_THAT(predictions.patients, ElementsAre("", ""));
}

TEST_F(PredictionsTest, RefusesBadNumbersWithLineAndColumn) {
  const std::string head = "path,true,prob_a,prob_b\nx,a,1,0\ny,a,";
  EXPECT_THAT(refusal(head + "nan,0.5\n"), AllOf(HasSubstr("line 3"), HasSubstr("'prob_a'")));
  EXPECT_THAT(refusal(head + "inf,0\n"), HasSubstr("not a probability"));
  EXPECT_THAT(refusal(head + "-0.1,1.1\n"), HasSubstr("not a probability"));
  EXPECT_THAT(refusal(head + "0.5x,0.5\n"), HasSubstr("'0.5x' is not a number"));
  EXPECT_THAT(refusal(head + ",1\n"), HasSubstr("'' is not a number"));
  EXPECT_THAT(refusal(head + "0.5,0.502\n"), AllOf(HasSubstr("line 3"), HasSubstr("sum to 1.002")));
  EXPECT_EQ(refusal(head + "0.5,0.5009\n"), "no DataError");
}

TEST_F(PredictionsTest, RefusesClassesWithoutAColumn) {
  EXPECT_THAT(refusal("true,prob_normal,prob_sick\nnormla,1,0\n"),
              AllOf(HasSubstr("line 2"), HasSubstr("'true'"), HasSubstr("did you mean 'normal'")));
  EXPECT_THAT(refusal("true,predicted,prob_a,prob_b\na,c,1,0\n"), HasSubstr("'predicted'"));
}

TEST_F(PredictionsTest, RefusesTablesThatAreNoPredictions) {
  EXPECT_THAT(refusal("path,label\nx,1\n"), AllOf(HasSubstr("prob_<class>"), HasSubstr("'label'")));
  EXPECT_THAT(refusal("true,prob_a\na,1\n"), HasSubstr("at least two classes"));
  EXPECT_THAT(refusal("true,prob_a,prob_\na,1,0\n"), HasSubstr("names no class"));
  EXPECT_THAT(refusal("true,prob_a,prob_b\n"), HasSubstr("no rows"));
  EXPECT_THROW(read_predictions_csv(directory_ / "absent.csv"), IoError);
}

TEST_F(PredictionsTest, WarnsOnceWherePredictedIsNotTheLargest) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const Predictions predictions =
      read("path,true,predicted,prob_a,prob_b\nx,a,b,1,0\nx,a,a,1,0\nz,a,b,0.9,0.1\n");
  const std::string output =
      testing::internal::GetCapturedStdout() + testing::internal::GetCapturedStderr();
  EXPECT_THAT(output,
              AllOf(HasSubstr("2 rows (first on line 2)"), HasSubstr("1 row (first on line 3)")));
  EXPECT_EQ(predictions.predicted(0), 0);
}

}  // namespace
}  // namespace xrayclf
