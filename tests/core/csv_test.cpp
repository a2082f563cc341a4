#include "xrayclf/core/csv.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string failure(const std::string& text) {
  try {
    parse_csv(text, "t.csv");
  } catch (const DataError& e) {
    return e.what();
  }
  return "";
}

TEST(CsvTest, ReadsQuotesCommasNewlinesBomAndCrlf) {
  const auto table = parse_csv(
      "\xEF\xBB\xBF"
      "path,label\r\n\"a,b\",\"say \"\"hi\"\"\"\r\n\"two\nlines\",x\r\n",
      "t");
  EXPECT_THAT(table.columns, ElementsAre("path", "label"));
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_THAT(table.rows[0], ElementsAre("a,b", "say \"hi\""));
  EXPECT_THAT(table.rows[1], ElementsAre("two\nlines", "x"));
  EXPECT_THAT(table.lines, ElementsAre(2u, 3u));
}

TEST(CsvTest, KeepsEmptyFieldsAndNeedsNoFinalNewline) {
  EXPECT_THAT(parse_csv("a,b,c\n,,", "t").rows[0], ElementsAre("", "", ""));
}

TEST(CsvTest, WhatIsWrittenReadsBack) {
  const std::vector<std::string> fields = {"plain", "com,ma", "quo\"te", "new\nline",
                                           "",      "-x",     "\xff\xfe"};
  const auto table = parse_csv("a,b,c,d,e,f,g\n" + csv_line(fields), "t");
  EXPECT_EQ(table.rows[0], fields);
  EXPECT_THAT(parse_csv("a\n" + csv_line({""}), "t").rows[0], ElementsAre(""));
}

TEST(CsvTest, RefusesBrokenTablesNamingTheLine) {
  EXPECT_EQ(failure("a,b\n1\n"), "t.csv, line 2: 1 fields where the header has 2");
  EXPECT_EQ(failure("a,b\n1,\"2\n3"), "t.csv, line 2: a quote is opened and never closed");
  EXPECT_EQ(failure("a,a\n"), "t.csv, line 1: column 'a' stands twice");
  EXPECT_EQ(failure("a\n\"x\"y\n"), "t.csv, line 2: text after a closing quote");
  EXPECT_THAT(failure(std::string("a\nx\0y\n", 6)), HasSubstr("NUL"));
  EXPECT_EQ(failure(""), "t.csv: empty, no header");
}

TEST(CsvTest, MissingColumnNamesTheNearest) {
  try {
    parse_csv("path,lable\n", "t.csv").require("label");
    FAIL();
  } catch (const DataError& e) {
    EXPECT_STREQ(e.what(), "t.csv: no column 'label' (did you mean 'lable'?); it has: path, lable");
  }
}

TEST(CsvTest, NumbersReadBackExactly) {
  for (const double value : {0.1, 1.0 / 3.0, 1e-300, 123456789.125, 0.0}) {
    EXPECT_EQ(std::stod(csv_number(value)), value);
  }
  EXPECT_EQ(csv_number(std::nan("")), "");
}

}  // namespace
}  // namespace xrayclf
