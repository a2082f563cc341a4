#include "xrayclf/core/fields.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xrayclf {

enum class Colour { red, green };
template <>
struct EnumNames<Colour> {
  static constexpr std::array<std::pair<Colour, std::string_view>, 2> value{
      {{Colour::red, "red"}, {Colour::green, "green"}}};
};

namespace {

using nlohmann::json;
using testing::HasSubstr;

struct Inner {
  double rate = 0.5;
  Colour colour = Colour::red;
  template <class Field>
  static void fields(Field&& field) {
    field("rate", &Inner::rate, "A rate", in_range(0.0, 1.0), Unit{"per step"});
    field("colour", &Inner::colour, "A colour");
  }
};

struct Outer {
  std::string data;
  std::int64_t epochs = 3;
  bool shuffle = true;
  std::vector<double> fractions = {0.5, 0.5};
  Inner inner;
  std::vector<Inner> list;
  template <class Field>
  static void fields(Field&& field) {
    field("data", &Outer::data, "A folder", required());
    field("epochs", &Outer::epochs, "Passes", at_least(std::int64_t{1}));
    field("shuffle", &Outer::shuffle, "Whether");
    field("fractions", &Outer::fractions, "Parts");
    field("inner", &Outer::inner, "Inner settings");
    field("list", &Outer::list, "Several");
  }
};

std::string failure(const json& file, const json& flags = json::object()) {
  try {
    resolve_config<Outer>(file, flags);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "";
}

TEST(FieldsTest, FlagsWinOverFileAndFileOverDefaults) {
  const auto config = resolve_config<Outer>(
      {{"data", "d"}, {"epochs", 5}, {"inner", {{"rate", 0.1}}}}, {{"inner", {{"rate", 0.2}}}});
  EXPECT_EQ(config.epochs, 5);
  EXPECT_EQ(config.inner.rate, 0.2);
  EXPECT_TRUE(config.shuffle);
}

TEST(FieldsTest, WritesBackWhatItReads) {
  const json given = {{"data", "d"},
                      {"epochs", 7},
                      {"shuffle", false},
                      {"fractions", {0.25, 0.75}},
                      {"inner", {{"rate", 1.0}, {"colour", "green"}}},
                      {"list", json::array({{{"rate", 0.0}, {"colour", "red"}}})}};
  EXPECT_EQ(write_json(read_json<Outer>(given)), given);
}

TEST(FieldsTest, NullRestoresTheDefault) {
  EXPECT_EQ(resolve_config<Outer>({{"data", "d"}, {"epochs", 9}}, {{"epochs", nullptr}}).epochs, 3);
}

TEST(FieldsTest, UnknownKeyIsNamedWithItsPathAndTheNearestKnownOne) {
  EXPECT_EQ(failure({{"data", "d"}, {"inner", {{"rte", 1}}}}),
            "unknown key 'inner.rte' (did you mean 'rate'?)");
}

TEST(FieldsTest, WrongTypesAndRangesAreRefusedByName) {
  EXPECT_EQ(failure({{"data", "d"}, {"epochs", 2.5}}),
            "epochs must be a whole number of 64 bits, got 2.5");
  EXPECT_THAT(failure({{"data", "d"}, {"epochs", 1e30}}), HasSubstr("whole number"));
  EXPECT_EQ(failure({{"data", "d"}, {"epochs", 0}}), "epochs must be >= 1, got 0");
  EXPECT_EQ(failure({{"data", "d"}, {"shuffle", 1}}), "shuffle must be true or false, got 1");
  EXPECT_EQ(failure({{"data", 3}}), "data must be a text, got 3");
  EXPECT_THAT(
      failure({{"data", "d"}, {"inner", {{"colour", "gren"}}}}),
      HasSubstr("inner.colour must be one of red, green, got 'gren' (did you mean 'green'?)"));
  EXPECT_EQ(failure({{"data", "d"}, {"list", json::array({{{"rate", 2.0}}})}}),
            "list[0].rate must be in [0.0, 1.0], got 2.0");
}

TEST(FieldsTest, RequiredFieldsAreEnforcedExceptForPrinting) {
  EXPECT_THAT(failure(json::object()), HasSubstr("--data is required"));
  EXPECT_EQ(resolve_config<Outer>(json::object(), json::object(), Required::ignored).data, "");
}

TEST(FieldsTest, DescribesEveryLeaf) {
  const auto docs = describe<Outer>();
  ASSERT_EQ(docs.size(), 7u);
  EXPECT_EQ(docs[0].path, "data");
  EXPECT_TRUE(docs[0].required);
  EXPECT_EQ(docs[3].kind, FieldKind::list);
  EXPECT_EQ(docs[3].element, FieldKind::number);
  EXPECT_EQ(docs[4].path, "inner.rate");
  EXPECT_EQ(docs[4].demand, "in [0.0, 1.0]");
  EXPECT_EQ(docs[4].unit, "per step");
  EXPECT_EQ(docs[5].choices, (std::vector<std::string>{"red", "green"}));
  EXPECT_EQ(docs[6].kind, FieldKind::object_list);
}

}  // namespace
}  // namespace xrayclf
