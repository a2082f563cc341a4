#include "xrayclf/model/safetensors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "support/temporary_directory.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

std::string length_prefix(std::uint64_t length) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(length >> (8 * i) & 0xFF);
  return bytes;
}

/// A file of that header and `data` zero bytes.
std::string file_of(const std::string& header, std::size_t data = 0) {
  return length_prefix(header.size()) + header + std::string(data, '\0');
}

/// {"a":{"dtype":...,"shape":...,"data_offsets":...}}
std::string tensor(const std::string& name, const std::string& dtype, const std::string& shape,
                   const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":" + dtype + ",\"shape\":" + shape +
         ",\"data_offsets\":" + offsets + "}";
}
std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return "{" + tensor("a", dtype, shape, offsets) + "}";
}
std::string named(const std::string& name) {
  return "{" + tensor(name, "\"F32\"", "[2]", "[0,8]") + "}";
}

SafetensorsHeader parse(const std::string& bytes) {
  return parse_safetensors_header(bytes, bytes.size(), "x.safetensors");
}

std::string many_tensors(int count) {
  std::string header = "{";
  for (int i = 0; i < count; ++i) {
    if (i > 0) header += ",";
    header += tensor("t" + std::to_string(i), "\"U8\"", "[0]", "[0,0]");
  }
  return header + "}";
}

struct Hostile {
  const char* name;
  std::string bytes;
  std::string reason;
};

std::vector<Hostile> hostile_files() {
  const std::string f32 = "\"F32\"";
  const std::string bad_json = "not valid JSON";
  return {
      // The frame.
      {"nothing", "", "too short"},
      {"seven bytes", std::string(7, 'x'), "too short"},
      {"length 0", length_prefix(0) + "{}", "the header is empty"},
      {"length just over the limit", length_prefix((1 << 20) + 1) + std::string(2 << 20, ' '),
       "over the limit of 1 MiB"},
      {"length 2^63", length_prefix(std::uint64_t{1} << 63) + "{}", "over the limit of 1 MiB"},
      {"length of all ones", length_prefix(~std::uint64_t{0}) + "{}", "over the limit of 1 MiB"},
      {"zip archive", std::string("PK\x03\x04\x00\x00\x08\x08\x00\x00", 10),
       "is this a safetensors file?"},
      {"pickle",
       "\x80\x02\x8a\x0al\xfc\x9c"
       "F\xf9 j\xa8P\x19.",
       "is this a safetensors file?"},
      {"web page", "<!DOCTYPE html><html></html>", "is this a safetensors file?"},
      {"length past the end", length_prefix(100) + "{}", "ends inside the header"},
      {"length one past the end", length_prefix(3) + "{}", "ends inside the header"},
      // The text.
      {"list", file_of("[]"), "does not begin with '{'"},
      {"blank first", file_of(" {}"), "does not begin with '{'"},
      {"byte order mark", file_of("\xEF\xBB\xBF{}"), "does not begin with '{'"},
      {"not UTF-8", file_of("{\"a\xFF\":1}"), "not UTF-8"},
      {"overlong UTF-8", file_of("{\"a\xC0\xAF\":1}"), "not UTF-8"},
      {"cut short", file_of("{\"a\":{\"dtype\":"), bad_json},
      {"text behind", file_of("{} x"), bad_json},
      {"second object", file_of("{}{}"), bad_json},
      {"padded with zeros", file_of(std::string("{}\0\0", 4)), "holds a zero byte"},
      {"text behind a zero", file_of(std::string("{}\0{}", 5)), "holds a zero byte"},
      {"comment", file_of("{/* a */}"), bad_json},
      {"comma at the end", file_of("{" + tensor("a", f32, "[0]", "[0,0]") + ",}"), bad_json},
      {"bare key", file_of("{a:1}"), bad_json},
      {"not a number", file_of(one(f32, "[NaN]", "[0,0]")), bad_json},
      {"half a surrogate pair", file_of(named("\\ud800"), 8), bad_json},
      {"control character", file_of(named("a\x01"), 8), bad_json},
      // The structure.
      {"tensor as list", file_of("{\"a\":[]}"), "tensor 'a' must be an object, not a list"},
      {"tensor as text", file_of("{\"a\":\"b\"}"), "tensor 'a' must be an object, not a text"},
      {"tensor as null", file_of("{\"a\":null}"), "tensor 'a' must be an object, not null"},
      {"tensor as number", file_of("{\"a\":1}"), "tensor 'a' must be an object, not a number"},
      {"tensor as truth", file_of("{\"a\":true}"), "tensor 'a' must be an object, not true"},
      {"metadata as list", file_of("{\"__metadata__\":[]}"), "__metadata__ must be an object"},
      {"metadata number", file_of("{\"__metadata__\":{\"k\":1}}"),
       "metadata 'k' must be a text, not a number"},
      {"metadata object", file_of("{\"__metadata__\":{\"k\":{}}}"),
       "metadata 'k' must be a text, not an object"},
      {"metadata null", file_of("{\"__metadata__\":{\"k\":null}}"),
       "metadata 'k' must be a text, not null"},
      {"metadata key twice", file_of(R"({"__metadata__":{"k":"1","k":"2"}})"),
       "key 'k' stands twice in __metadata__"},
      {"metadata twice", file_of(R"({"__metadata__":{},"__metadata__":{}})"),
       "'__metadata__' stands twice"},
      {"tensor twice",
       file_of(
           "{" + tensor("a", f32, "[1]", "[0,4]") + "," + tensor("a", f32, "[1]", "[4,8]") + "}",
           8),
       "tensor 'a' stands twice"},
      {"tensor twice, once escaped",
       file_of("{" + tensor("a", f32, "[1]", "[0,4]") + "," +
                   tensor("\\u0061", f32, "[1]", "[4,8]") + "}",
               8),
       "tensor 'a' stands twice"},
      {"dtype twice",
       file_of(R"({"a":{"dtype":"F32","dtype":"F16","shape":[2],"data_offsets":[0,8]}})", 8),
       "key 'dtype' stands twice in tensor 'a'"},
      {"unknown key",
       file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"strides":[1]}})", 8),
       "unknown key 'strides'"},
      {"no dtype", file_of(R"({"a":{"shape":[2],"data_offsets":[0,8]}})", 8),
       "no dtype in tensor 'a'"},
      {"no shape", file_of(R"({"a":{"dtype":"F32","data_offsets":[0,8]}})", 8),
       "no shape in tensor 'a'"},
      {"no offsets", file_of(R"({"a":{"dtype":"F32","shape":[2]}})", 8),
       "no data_offsets in tensor 'a'"},
      // The values.
      {"dtype number", file_of(one("32", "[2]", "[0,8]"), 8), "dtype must be a text, not a number"},
      {"dtype list", file_of(one("[\"F32\"]", "[2]", "[0,8]"), 8),
       "dtype must be a text, not a list"},
      {"dtype of another kind", file_of(one("\"F64\"", "[1]", "[0,8]"), 8),
       "dtype 'F64' is none of F32"},
      {"dtype in small letters", file_of(one("\"f32\"", "[2]", "[0,8]"), 8),
       "dtype 'f32' is none of"},
      {"dtype with an escape", file_of(one("\"\\u001b[31m\"", "[2]", "[0,8]"), 8),
       "dtype '\\x1B[31m' is none of"},
      {"shape text", file_of(one(f32, "\"2\"", "[0,8]"), 8), "shape must be a list, not a text"},
      {"shape number", file_of(one(f32, "2", "[0,8]"), 8), "shape must be a list, not a number"},
      {"shape nested", file_of(one(f32, "[[2]]", "[0,8]"), 8),
       "shape must hold numbers, not a list"},
      {"shape deeply nested", file_of(one(f32, std::string(100000, '['), "[0,8]")),
       "shape must hold numbers, not a list"},
      {"shape truth", file_of(one(f32, "[true]", "[0,8]"), 8), "shape must hold numbers, not true"},
      {"shape negative", file_of(one(f32, "[-2]", "[0,8]"), 8), "negative number -2"},
      {"shape fraction", file_of(one(f32, "[2.0]", "[0,8]"), 8), "number 2.0 is not whole"},
      {"shape beyond int64", file_of(one(f32, "[9223372036854775808]", "[0,8]"), 8),
       "9223372036854775808 is too large"},
      {"shape beyond uint64", file_of(one(f32, "[18446744073709551616]", "[0,8]"), 8),
       "18446744073709551616 is not whole"},
      {"rank 9", file_of(one(f32, "[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4), "more than 8 dimensions"},
      {"count overflows", file_of(one(f32, "[4294967296,4294967296]", "[0,0]")), "size overflows"},
      {"bytes overflow", file_of(one("\"I64\"", "[2305843009213693952]", "[0,0]")),
       "size overflows"},
      {"one offset", file_of(one(f32, "[2]", "[8]"), 8), "data_offsets must be two numbers"},
      {"three offsets", file_of(one(f32, "[2]", "[0,8,8]"), 8), "data_offsets must be two numbers"},
      {"offset list without end", file_of(one(f32, "[2]", "[0,1,2,3,4,5,6,7,8,9]"), 8),
       "data_offsets must be two numbers"},
      {"offsets negative", file_of(one(f32, "[2]", "[-8,0]"), 8), "negative number -8"},
      {"offsets backwards", file_of(one(f32, "[2]", "[8,0]"), 8), "data_offsets run backwards"},
      {"offsets object", file_of(one(f32, "[2]", "{}"), 8),
       "data_offsets must be a list, not an object"},
      {"span too short", file_of(one(f32, "[2]", "[0,4]"), 4),
       "span 4 bytes, but shape and dtype need 8"},
      {"span too long", file_of(one(f32, "[2]", "[0,12]"), 12),
       "span 12 bytes, but shape and dtype need 8"},
      {"span of a scalar", file_of(one(f32, "[]", "[0,0]")),
       "span 0 bytes, but shape and dtype need 4"},
      // The names and numbers of tensors.
      {"empty name", file_of(named(""), 8), "must be 1 to 256 printable ASCII"},
      {"long name", file_of(named(std::string(257, 'n')), 8), "must be 1 to 256 printable ASCII"},
      {"name beyond ASCII", file_of(named("gewicht\xC3\xA4"), 8),
       "must be 1 to 256 printable ASCII"},
      {"name with a new line", file_of(named("a\\nb"), 8), "must be 1 to 256 printable ASCII"},
      {"too many tensors", file_of(many_tensors(4097)), "more than 4096 tensors"},
      // The layout.
      {"hole in front", file_of(one(f32, "[1]", "[4,8]"), 8),
       "4 bytes belong to no tensor before tensor 'a'"},
      {"hole between",
       file_of(
           "{" + tensor("a", f32, "[1]", "[0,4]") + "," + tensor("b", f32, "[1]", "[6,10]") + "}",
           10),
       "2 bytes belong to no tensor before tensor 'b'"},
      {"overlap",
       file_of(
           "{" + tensor("a", f32, "[2]", "[0,8]") + "," + tensor("b", f32, "[1]", "[4,8]") + "}",
           8),
       "data overlap at tensor 'b'"},
      {"same place twice",
       file_of(
           "{" + tensor("a", f32, "[1]", "[0,4]") + "," + tensor("b", f32, "[1]", "[0,4]") + "}",
           4),
       "data overlap"},
      {"data cut short", file_of(one(f32, "[2]", "[0,8]"), 7),
       "the file ends before the end of tensor 'a'"},
      {"no data", file_of(one(f32, "[2]", "[0,8]")), "the file ends before the end of tensor 'a'"},
      {"offsets far outside",
       file_of(one("\"U8\"", "[4611686018427387904]", "[0,4611686018427387904]"), 8),
       "the file ends before the end of tensor 'a'"},
      {"bytes behind", file_of(one(f32, "[2]", "[0,8]"), 9), "1 bytes follow the last tensor"},
      {"bytes without a tensor", file_of("{}", 3), "3 bytes follow the last tensor"},
  };
}

class SafetensorsTest : public ::testing::Test {
 protected:
  const testing_support::TemporaryDirectory directory_;
};

TEST_F(SafetensorsTest, RefusesEveryHostileFileForItsOwnReason) {
  const fs::path path = directory_ / "hostile.safetensors";
  for (const Hostile& hostile : hostile_files()) {
    SCOPED_TRACE(hostile.name);
    try {
      parse(hostile.bytes);
      ADD_FAILURE() << "was accepted";
    } catch (const ModelError& error) {
      EXPECT_THAT(error.what(), HasSubstr("x.safetensors: "));
      EXPECT_THAT(error.what(), HasSubstr(hostile.reason));
    }
    write_file(path, hostile.bytes, Durability::killed_process);
    EXPECT_THROW(SafetensorsFile{path}, ModelError);
  }
}

TEST_F(SafetensorsTest, RefusesAFileOverOneGibibyteBeforeReadingIt) {
  const std::string bytes = file_of("{}");
  EXPECT_THROW(parse_safetensors_header(bytes, (std::uint64_t{1} << 30) + 1, "x"), ModelError);
}

TEST_F(SafetensorsTest, AcceptsTheEdgesOfTheFormat) {
  EXPECT_TRUE(parse(file_of("{}")).tensors.empty());
  EXPECT_TRUE(parse(file_of("{}      ")).tensors.empty());
  EXPECT_EQ(parse(file_of(one("\"F32\"", "[]", "[0,4]"), 4)).tensors[0].shape.size(), 0U);
  EXPECT_EQ(parse(file_of(one("\"F32\"", "[0,3]", "[0,0]"))).tensors[0].shape[1], 3);
  EXPECT_EQ(parse(file_of(one("\"BF16\"", "[1,1,1,1,1,1,1,2]", "[0,4]"), 4)).tensors[0].end, 4U);
  EXPECT_EQ(parse(file_of(named(std::string(256, 'n')), 8)).tensors.size(), 1U);
  EXPECT_EQ(parse(file_of(many_tensors(4096))).tensors.size(), 4096U);
  EXPECT_EQ(parse(file_of(R"({"__metadata__":{"k":"ä"}})")).metadata.at("k"), "ä");
  // Entries in another order than their data, and an unaligned one.
  const SafetensorsHeader header =
      parse(file_of("{" + tensor("b", "\"F32\"", "[1]", "[1,5]") + "," +
                        tensor("a", "\"U8\"", "[1]", "[0,1]") + "}",
                    5));
  EXPECT_EQ(header.tensors[0].name, "a");
  EXPECT_EQ(header.tensors[1].name, "b");
}

TEST_F(SafetensorsTest, ReadsAFileOfThePythonLibrary) {
  const SafetensorsFile file(XRAYCLF_TEST_DATA "/safetensors/python_reference.safetensors");
  EXPECT_EQ(file.header().metadata.at("note"), "Häuser \"quoted\"");
  std::map<std::string, const TensorEntry*> entries;
  for (const TensorEntry& entry : file.header().tensors) entries[entry.name] = &entry;
  ASSERT_EQ(entries.size(), 7U);
  EXPECT_EQ(entries.at("f32")->shape, (std::vector<std::int64_t>{2, 3}));
  float values[6];
  file.read(*entries.at("f32"), values);
  EXPECT_EQ(values[4], 0.5F);
  EXPECT_EQ(values[5], 1e-30F);
  std::int64_t integers[2];
  file.read(*entries.at("i64"), integers);
  EXPECT_EQ(integers[0], std::int64_t{1} << 40);
  EXPECT_EQ(integers[1], -1);
  float scalar = 0;
  file.read(*entries.at("scalar"), &scalar);
  EXPECT_EQ(scalar, 7.25F);
  EXPECT_EQ(entries.at("empty")->shape, (std::vector<std::int64_t>{0, 3}));
  EXPECT_EQ(entries.at("f16")->type, TensorType::f16);
  EXPECT_EQ(entries.at("bool")->type, TensorType::boolean);
  EXPECT_EQ(entries.at("u8")->end - entries.at("u8")->begin, 3U);
}

TEST_F(SafetensorsTest, ReadsBackWhatItWrote) {
  const float weights[] = {1.5F, -2.0F, 3.25F};
  const std::int64_t count = 42;
  const fs::path path = directory_ / "own.safetensors";
  write_safetensors(path,
                    {{"w", TensorType::f32, {3, 1}, weights},
                     {"n", TensorType::i64, {}, &count},
                     {"e", TensorType::u8, {0}, nullptr}},
                    {{"format", "x"}, {"note", "quote \" and ä"}});
  const SafetensorsFile file(path);
  EXPECT_EQ(file.header().metadata.at("note"), "quote \" and ä");
  EXPECT_EQ(file.header().data_begin % 8, 0U);
  for (const TensorEntry& entry : file.header().tensors) {
    std::string bytes(entry.end - entry.begin, '\0');
    file.read(entry, bytes.data());
    if (entry.name == "w") {
      EXPECT_EQ(std::memcmp(bytes.data(), weights, sizeof weights), 0);
    } else if (entry.name == "n") {
      EXPECT_EQ(std::memcmp(bytes.data(), &count, sizeof count), 0);
    }
  }
  EXPECT_EQ(file.header().tensors.size(), 3U);
}

TEST_F(SafetensorsTest, WritesNothingThatItWouldNotRead) {
  const float value = 0;
  const fs::path path = directory_ / "refused.safetensors";
  const auto refused = [&](std::vector<TensorData> tensors,
                           const std::map<std::string, std::string>& metadata = {}) {
    EXPECT_THROW(write_safetensors(path, std::move(tensors), metadata), ModelError);
    EXPECT_FALSE(fs::exists(path));
  };
  refused({{"", TensorType::f32, {}, &value}});
  refused({{"__metadata__", TensorType::f32, {}, &value}});
  refused({{"a", TensorType::f32, {}, &value}, {"a", TensorType::f32, {}, &value}});
  refused({{"a", TensorType::f32, {1, 1, 1, 1, 1, 1, 1, 1, 1}, &value}});
  refused({{"a", TensorType::f32, {std::int64_t{1} << 62, 4}, &value}});
  refused({}, {{"k", "\xFF"}});
  refused({}, {{"k", std::string(2 << 20, 'x')}});
}

TEST_F(SafetensorsTest, SaysSoWhenAFileShrinksWhileItIsRead) {
  const fs::path path = directory_ / "shrinks.safetensors";
  write_file(path, file_of(named("a"), 8), Durability::killed_process);
  const SafetensorsFile file(path);
  fs::resize_file(path, fs::file_size(path) - 1);
  float values[2];
  EXPECT_THROW(file.read(file.header().tensors[0], values), ModelError);
}

TEST_F(SafetensorsTest, AFileThatCannotBeReadIsAnIoError) {
  EXPECT_THROW(SafetensorsFile{directory_ / "absent"}, IoError);
  EXPECT_THROW(SafetensorsFile{directory_.path()}, IoError);
}

}  // namespace
}  // namespace xrayclf
