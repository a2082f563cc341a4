#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "xrayclf/core/file_names.hpp"

namespace xrayclf {
namespace {

TEST(FileNamesTest, PlainNamesStayAndOthersGetAHashOfTheirKey) {
  const auto names = distinct_names({{"a", "film"},
                                     {"b", "Film"},
                                     {"c", "other"},
                                     {"d", "..hidden"},
                                     {"e", "two/parts"},
                                     {"f", std::string(300, 'x')}});
  EXPECT_EQ(names.at("c"), "other");
  EXPECT_EQ(names.at("a").substr(0, 5), "film-") << "equal to another but for case";
  EXPECT_EQ(names.at("d").substr(0, 9), "_..hidden");
  EXPECT_EQ(names.at("e").substr(0, 10), "two_parts-");
  EXPECT_LT(names.at("f").size(), 150U);
  std::set<std::string> all;
  for (const auto& entry : names) all.insert(entry.second);
  EXPECT_EQ(all.size(), names.size());
}

}  // namespace
}  // namespace xrayclf
