#include "xrayclf/core/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "xrayclf/core/progress.hpp"

namespace xrayclf {
namespace {

using testing::ElementsAre;

TEST(TextTest, NearestFindsTyposAndNothingFar) {
  EXPECT_EQ(nearest("trian", {"eval", "train", "predict"}), "train");
  EXPECT_EQ(nearest("xyzzy", {"eval", "train", "predict"}), "");
  EXPECT_EQ(did_you_mean("evl", {"eval"}), " (did you mean 'eval'?)");
}

TEST(TextTest, SplitKeepsEmptyParts) {
  EXPECT_THAT(split_text("a,,b,", ','), ElementsAre("a", "", "b", ""));
  EXPECT_THAT(split_text("", ','), ElementsAre());
}

TEST(TextTest, PrintableEscapesWhatSteersATerminal) {
  EXPECT_EQ(printable("a\x1b[2J\n"), "a\\x1B[2J\\x0A");
  EXPECT_EQ(printable("K\xC3\xB6ln \xE5\x8C\xBB"), "K\xC3\xB6ln \xE5\x8C\xBB");
  EXPECT_EQ(printable("\xC2\x9B"
                      "x"),
            "\\xC2\\x9Bx");
  EXPECT_EQ(printable("\xff\xc3"), "\\xFF\\xC3");
}

TEST(TextTest, Utf8IsCheckedStrictly) {
  EXPECT_TRUE(is_utf8("\xF0\x9F\xA9\xBB"));
  EXPECT_FALSE(is_utf8("\xC0\x80")) << "overlong";
  EXPECT_FALSE(is_utf8("\xED\xA0\x80")) << "surrogate";
  EXPECT_FALSE(is_utf8("\xF4\x90\x80\x80")) << "above U+10FFFF";
  EXPECT_FALSE(is_utf8("\xE5\x8C")) << "cut";
}

TEST(TextTest, ClockReadsAsPeopleWriteIt) {
  EXPECT_EQ(clock_text(7), "0:07");
  EXPECT_EQ(clock_text(245), "4:05");
  EXPECT_EQ(clock_text(3723), "1:02:03");
}

}  // namespace
}  // namespace xrayclf
