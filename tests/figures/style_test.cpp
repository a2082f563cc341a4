#include "xrayclf/figures/style.hpp"

#include <set>

#include <gtest/gtest.h>

#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

TEST(StyleTest, SeriesAreToldApartByColourOrDash) {
  std::set<std::pair<std::string, int>> styles;
  for (std::size_t i = 0; i < 21; ++i) {
    styles.insert({gnuplot_colour(series_colour(i)), dash_type(i)});
  }
  EXPECT_EQ(styles.size(), 21U);
  EXPECT_EQ(gnuplot_colour(series_colour(0)), "'#0072B2'");
}

TEST(StyleTest, NothingInANameLeavesAGnuplotText) {
  EXPECT_EQ(gnuplot_text("'; system('x') #"),
            "'\xE2\x80\x99; system(\xE2\x80\x99x\xE2\x80\x99) #'");
  EXPECT_EQ(gnuplot_text("100 %"), "'100 %'");
  EXPECT_EQ(gnuplot_tic("100 %"), "'100 %%'");
}

TEST(StyleTest, ControlCharactersBecomeSpacesAndBadBytesAreReplaced) {
  EXPECT_EQ(display_name("a\nb\tc\x7F", 20), "a b c ");
  EXPECT_EQ(display_name("a\xE2\x80\xAE"
                         "b",
                         20),
            "a b");  // right-to-left override
  EXPECT_TRUE(is_utf8(display_name("\xFF\xC3", 20)));
  EXPECT_EQ(display_name("", 20), "");
}

TEST(StyleTest, LongNamesKeepTheirBeginningAndTheirEnd) {
  EXPECT_EQ(display_name("0123456789", 10), "0123456789");
  EXPECT_EQ(display_name("0123456789A", 10),
            "012345\xE2\x80\xA6"
            "89A");
  // Wide characters count twice and are never cut.
  const std::string wide = display_name("\xE8\x82\xBA\xE7\x82\x8E\xE7\xB5\x90\xE6\xA0\xB8", 6);
  EXPECT_TRUE(is_utf8(wide));
  EXPECT_EQ(wide, "\xE8\x82\xBA\xE2\x80\xA6\xE6\xA0\xB8");
}

}  // namespace
}  // namespace xrayclf
