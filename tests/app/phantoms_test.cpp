#include "xrayclf/app/phantoms.hpp"

#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/csv.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/image/codec.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;

class PhantomsTest : public testing::Test {
 protected:
  PhantomsConfig config(const std::string& name) const {
    PhantomsConfig c;
    c.output = (folder_ / name).string();
    c.patients = 5;
    return c;
  }

  const testing_support::TemporaryDirectory folder_;
};

std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file())
      files[fs::relative(entry.path(), folder)] = read_file(entry.path());
  }
  return files;
}

TEST_F(PhantomsTest, WritesADataSetThatReadsBack) {
  std::ostringstream out;
  PhantomsConfig c = config("a");
  c.patients = 9;
  phantoms(c, out);
  const CsvTable table = read_csv(fs::path(c.output) / "images.csv");
  ASSERT_EQ(table.rows.size(), 18u);
  std::map<std::string, int> labels;
  std::set<std::int64_t> depths;
  for (const auto& row : table.rows) {
    const DecodedImage image = read_image(fs::path(c.output) / row[table.require("path")]);
    depths.insert(image.info.bit_depth);
    ++labels[row[table.require("label")]];
    EXPECT_GE(image.grey.cols, 448);
  }
  EXPECT_EQ(labels, (std::map<std::string, int>{{"COVID-19", 6}, {"Normal", 6}, {"Pneumonia", 6}}));
  EXPECT_EQ(depths, (std::set<std::int64_t>{8, 16}));
}

TEST_F(PhantomsTest, DoesNotDependOnTheWorkers) {
  std::ostringstream out;
  PhantomsConfig one = config("one"), four = config("four");
  one.workers = 1;
  four.workers = 4;
  phantoms(one, out);
  phantoms(four, out);
  EXPECT_EQ(contents(one.output), contents(four.output));
}

TEST_F(PhantomsTest, RefusesAFolderInUseAndRepeatedClasses) {
  std::ostringstream out;
  PhantomsConfig c = config("used");
  c.classes = {Finding::normal, Finding::normal};
  EXPECT_THROW(phantoms(c, out), ConfigError);
  c.classes = {};
  EXPECT_THROW(phantoms(c, out), ConfigError);
  c = config("used");
  make_directories(folder_ / "used");
  write_file(folder_ / "used" / "note.txt", "mine");
  EXPECT_THROW(phantoms(c, out), IoError);
}

}  // namespace
}  // namespace xrayclf
