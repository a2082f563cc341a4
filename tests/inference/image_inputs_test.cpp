#include "xrayclf/inference/image_inputs.hpp"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"
#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

using ::testing::ElementsAre;
using testing_support::TemporaryDirectory;

std::vector<std::string> expand(const std::vector<std::string>& inputs,
                                const std::string& list = "") {
  std::istringstream in(list);
  std::vector<std::string> paths;
  for_each_image(inputs, in, [&](const std::filesystem::path& path) {
    paths.push_back(path.string());
    return true;
  });
  return paths;
}

TEST(ImageInputsTest, KeepsTheOrderAndSortsWithinDirectories) {
  const TemporaryDirectory d;
  std::filesystem::create_directories(d / "sub/.hidden");
  for (const char* name :
       {"b.PNG", "a.jpg", "readme.txt", ".x.png", "sub/c.jpeg", "sub/.hidden/d.png"}) {
    std::ofstream(d / name) << "x";
  }
  EXPECT_THAT(expand({"z.png", d.path().string(), "-", "y"}, "one\r\n\ntwo\n"),
              ElementsAre("z.png", (d / "a.jpg").string(), (d / "b.PNG").string(),
                          (d / "sub/c.jpeg").string(), "one", "two", "y"));
}

TEST(ImageInputsTest, ALoopOfLinksEnds) {
  const TemporaryDirectory d;
  std::ofstream(d / "a.png") << "x";
  std::filesystem::create_directory_symlink(d.path(), d / "loop");
  EXPECT_THAT(expand({d.path().string()}), ElementsAre((d / "a.png").string()));
}

TEST(ImageInputsTest, ADirectoryWithoutImagesAndASecondListAreRefused) {
  const TemporaryDirectory d;
  EXPECT_THROW(expand({d.path().string()}), DataError);
  EXPECT_THROW(expand({"-", "-"}), ConfigError);
}

TEST(ImageInputsTest, StopsWhenTold) {
  int calls = 0;
  std::istringstream none;
  for_each_image({"a", "b", "c"}, none, [&](const std::filesystem::path&) { return ++calls < 2; });
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace xrayclf
