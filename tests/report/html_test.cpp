#include "xrayclf/report/html.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"
#include "support/well_formed.hpp"
#include "xrayclf/core/atomic_file.hpp"

namespace xrayclf {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing_support::markup_fault;

TEST(HtmlTest, ATextIsEscapedWhereverItGoesIn) {
  const std::string name = "<script>alert('x')</script> & \"y\"";
  const std::string escaped = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;y&quot;";
  EXPECT_EQ(Html(name).str(), escaped);
  EXPECT_EQ(html::element("p", name).str(), "<p>" + escaped + "</p>\n");
  for (const Html& made :
       {html::table({name}, {{name, name}}), html::pairs({{name, name}}), html::list({name}),
        html::details(name, name), html::image("bytes", "image/png", name)}) {
    EXPECT_THAT(made.str(), HasSubstr(escaped));
    EXPECT_THAT(made.str(), Not(HasSubstr("<script")));
    EXPECT_EQ(markup_fault(made.str()), "");
  }
}

TEST(HtmlTest, TheCheckOfThesePagesFindsFaults) {
  EXPECT_NE(markup_fault("<p>a < b</p>"), "");
  EXPECT_NE(markup_fault("<p><b>a</p></b>"), "");
  EXPECT_NE(markup_fault("<p>a"), "");
  EXPECT_NE(markup_fault("<p title=\"a>b</p>"), "");
  EXPECT_NE(markup_fault("<p id=\"a\"></p><p id=\"a\"></p>"), "");
  EXPECT_EQ(markup_fault("<p id=\"a\">x<br>&lt;</p>"), "");
}

TEST(HtmlTest, NumbersStandToTheRightAndEmptyPairsAreLeftOut) {
  EXPECT_THAT(html::table({"a", "b"}, {{"x", "-1.5 (2)"}}).str(), HasSubstr("class=\"number\""));
  EXPECT_THAT(html::table({"a", "b"}, {{"1", "-"}}).str(), Not(HasSubstr("class=\"number\"")));
  EXPECT_TRUE(html::pairs({{"a", ""}}).empty());
  EXPECT_TRUE(html::table({"a"}, {}).empty());
  EXPECT_TRUE(html::list({}).empty());
}

TEST(HtmlTest, AFigureIsItsDrawingOrItsPixelsOrAWordAboutItsData) {
  const testing_support::TemporaryDirectory directory;
  const std::filesystem::path folder = directory / "figures";
  make_directories(folder);
  EXPECT_TRUE(html::figure(folder, "roc", "Caption").empty());
  write_file(folder / "roc.csv", "x\n");
  EXPECT_THAT(html::figure(folder, "roc", "Caption").str(), HasSubstr("roc.csv"));
  write_file(folder / "roc.png", "pixels");
  EXPECT_THAT(html::figure(folder, "roc", "Caption").str(),
              HasSubstr("data:image/png;base64,cGl4ZWxz"));
  write_file(folder / "roc.svg", "<svg/>");
  EXPECT_THAT(html::figure(folder, "roc", "Caption").str(),
              HasSubstr("data:image/svg+xml;base64,"));
  write_file(folder / "roc.svg", std::string(3 << 20, ' '));
  EXPECT_THAT(html::figure(folder, "roc", "Caption").str(), HasSubstr("data:image/png"));
}

TEST(HtmlTest, APageLeavesOutEmptySectionsAndFetchesNothing) {
  const std::string page =
      html_page("<T>", "intro", {{"a", "First", "body"}, {"b", "None", {}}}, "end");
  EXPECT_EQ(markup_fault(page), "");
  EXPECT_THAT(page, HasSubstr("href=\"#a\""));
  EXPECT_THAT(page, Not(HasSubstr("None")));
  EXPECT_THAT(page, HasSubstr("<title>&lt;T&gt;</title>"));
  EXPECT_THAT(page, HasSubstr("default-src 'none'; img-src data:"));
  EXPECT_THAT(page, Not(HasSubstr("http:")));
  EXPECT_THAT(page, HasSubstr("prefers-color-scheme: dark"));
}

}  // namespace
}  // namespace xrayclf
