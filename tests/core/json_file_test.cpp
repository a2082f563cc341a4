#include "xrayclf/core/json_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

using testing::HasSubstr;

std::string failure(const std::string& text) {
  try {
    parse_json(text, "c.json");
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "";
}

TEST(JsonFileTest, ReadsJson) { EXPECT_EQ(parse_json("{\"a\": [1, 2]}", "c")["a"][1], 2); }

TEST(JsonFileTest, DuplicateKeysAreRefusedAtTheirOwnLevelOnly) {
  EXPECT_EQ(failure(R"({"a": 1, "a": 2})"), "c.json: key 'a' stands twice");
  EXPECT_EQ(failure(R"({"a": {"b": 1, "b": 2}})"), "c.json: key 'b' stands twice");
  EXPECT_EQ(failure(R"({"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]})"), "");
}

TEST(JsonFileTest, SyntaxErrorsNameThePosition) {
  EXPECT_THAT(failure("{\n  \"a\": 1,\n  oops\n}"),
              HasSubstr("c.json: not valid JSON at line 3, column 3"));
  EXPECT_THAT(failure("{\"a\": 1"), HasSubstr("not valid JSON"));
  EXPECT_THAT(failure(""), HasSubstr("not valid JSON"));
}

TEST(JsonFileTest, ANulByteIsNotTheEnd) {
  EXPECT_THAT(failure(std::string("{\"a\": 1}\0{", 10)), HasSubstr("column 9: a NUL byte"));
}

TEST(JsonFileTest, DepthIsLimited) {
  EXPECT_THAT(failure(std::string(100, '[') + std::string(100, ']')), HasSubstr("64 levels"));
}

}  // namespace
}  // namespace xrayclf
