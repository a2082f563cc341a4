#include "xrayclf/core/markup.hpp"

#include <gtest/gtest.h>

#include "xrayclf/core/base64.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

TEST(MarkupTest, NothingLeavesATextOrAnAttribute) {
  EXPECT_EQ(escape_markup("<script>\"x\" & 'y'</script>"),
            "&lt;script&gt;&quot;x&quot; &amp; &#39;y&#39;&lt;/script&gt;");
  EXPECT_EQ(escape_markup("K\xC3\xB6ln \xE8\x82\xBA\n\t"), "K\xC3\xB6ln \xE8\x82\xBA\n\t");
}

TEST(MarkupTest, WhatMarkupForbidsIsReplaced) {
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(escape_markup(std::string("a\0b\x1b", 4)), "a" + mark + "b" + mark);
  EXPECT_EQ(escape_markup("\xFF<"), mark + "&lt;");
  EXPECT_EQ(escape_markup("\xE8\x82"), mark + mark) << "cut off";
  EXPECT_EQ(escape_markup("\xE2\x80\xAE"), mark) << "right-to-left override";
  EXPECT_EQ(escape_markup("\xEF\xBF\xBF\xC2\x85"), mark + mark);
  EXPECT_TRUE(is_utf8(escape_markup("\xC3\x28\xF0\x9F\xA9\xBB\xF0")));
}

TEST(Base64Test, EqualsTheVectorsOfTheRfc) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xFB\xFF\xFE"), "+//+");
}

}  // namespace
}  // namespace xrayclf
