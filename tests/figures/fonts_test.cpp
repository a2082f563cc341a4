#include "xrayclf/figures/fonts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xrayclf {
namespace {

TEST(FontsTest, ReadsRangesAsFontconfigPrintsThem) {
  EXPECT_THAT(parse_code_points("20-7e a0\n1f600-1f64f nonsense 5- \n"),
              testing::ElementsAre(testing::Pair(0x20, 0x7e), testing::Pair(0xa0, 0xa0),
                                   testing::Pair(0x1f600, 0x1f64f)));
  EXPECT_TRUE(parse_code_points("").empty());
}

TEST(FontsTest, WhatNoFontHasBecomesAQuestionMark) {
  const std::string lung = "\xE8\x82\xBA";  // U+80BA
  EXPECT_EQ(with_characters_of("a" + lung + "\xF0\x9F\xA9\xBB.", {}), "a??.");
  EXPECT_EQ(with_characters_of("a" + lung + ".", {{0x80BA, 0x80BA}}), "a" + lung + ".");
  // Latin and the ellipsis of long names are always there.
  EXPECT_EQ(with_characters_of("K\xC3\xB6ln\xE2\x80\xA6", {}), "K\xC3\xB6ln\xE2\x80\xA6");
}

TEST(FontsTest, PlainTextNeedsNoFontList) {
  EXPECT_EQ(with_drawable_characters("plot x title 'a'"), "plot x title 'a'");
}

}  // namespace
}  // namespace xrayclf
