#include "xrayclf/data/prepare.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/film_tree.hpp"
#include "support/temporary_directory.hpp"
#include "xrayclf/core/sha256.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using testing_support::read_text;
using testing_support::TemporaryDirectory;
using testing_support::write_film;
using testing_support::write_text;

SourceImage source(const std::string& name, const std::string& label,
                   const std::filesystem::path& root = ".") {
  SourceImage out;
  out.name = name;
  out.label = label;
  out.file = root / name;
  return out;
}

PreprocessConfig small() {
  PreprocessConfig config;
  config.image_size = 32;
  return config;
}

TEST(PreparedPathsTest, KeepNamesThatAreFineAsTheyAre) {
  EXPECT_THAT(
      prepared_paths({source("NORMAL/00001280_004.jpg", "NORMAL"),
                      source("train/NORMAL/b.png", "NORMAL"),
                      source("NORMAL/patient7/c.png", "NORMAL"), source("x/d.png", "COVID-19")}),
      ElementsAre("images/NORMAL/00001280_004.png", "images/NORMAL/train__b.png",
                  "images/NORMAL/patient7__c.png", "images/COVID-19/x__d.png"));
}

TEST(PreparedPathsTest, KeepCollidingNamesApartWhateverTheOrder) {
  const SourceImage jpg = source("A/a.jpg", "A");
  const SourceImage png = source("A/a.png", "A");
  const SourceImage upper = source("A/A.png", "A");
  const auto paths = prepared_paths({jpg, png, upper});
  EXPECT_EQ(std::set<std::string>(paths.begin(), paths.end()).size(), 3u);
  EXPECT_THAT(paths[0], MatchesRegex("images/A/a-[0-9a-f]+\\.png"));
  const auto turned = prepared_paths({upper, png, jpg});
  EXPECT_EQ(paths[0], turned[2]);
  EXPECT_EQ(paths[1], turned[1]);
}

TEST(PreparedPathsTest, AreSafeForAnyName) {
  std::vector<SourceImage> sources;
  for (const std::string& name :
       {std::string("new\nline"), std::string("quo\"te"), std::string("a,b"), std::string("a;b"),
        std::string("-x"), std::string(".."), std::string("\xff\xfe"), std::string(255, 'n'),
        std::string("\xC3\xA4")}) {
    sources.push_back(source(name + "/f.png", name));
    sources.push_back(source("A/" + name, "A"));
  }
  const auto paths = prepared_paths(sources);
  EXPECT_EQ(std::set<std::string>(paths.begin(), paths.end()).size(), paths.size());
  for (const std::string& path : paths) {
    EXPECT_TRUE(is_utf8(path));
    EXPECT_EQ(path.find_first_of("\n\",; "), std::string::npos) << path;
    EXPECT_EQ(path.find("/.."), std::string::npos) << path;
    EXPECT_EQ(path.find("/-"), std::string::npos) << path;
    for (const auto& part : std::filesystem::path(path)) EXPECT_LT(part.string().size(), 200u);
  }
  EXPECT_THAT(paths, ::testing::Contains("images/\xC3\xA4/f.png"));
}

class PrepareTest : public ::testing::Test {
 protected:
  PrepareTest() {
    for (int i = 0; i < 12; ++i) {
      const std::string name = (i % 2 == 0 ? "A/" : "B/") + std::to_string(i) + ".png";
      write_film(input_ / name, static_cast<std::uint64_t>(i), 30 + i, 40);
      sources_.push_back(source(name, name.substr(0, 1), input_.path()));
    }
  }
  Preparation prepare(const PreprocessConfig& config = small(), std::int64_t workers = 2) {
    return prepare_images(sources_, config, output_.path(), workers);
  }

  TemporaryDirectory input_;
  TemporaryDirectory output_;
  std::vector<SourceImage> sources_;
};

TEST_F(PrepareTest, WritesWhatThePreprocessorGives) {
  const Preparation result = prepare();
  ASSERT_TRUE(result.images[3]);
  const PreparedImage& image = *result.images[3];
  EXPECT_EQ(image.path, "images/B/3.png");
  EXPECT_EQ(image.info.width, 33);
  EXPECT_EQ(image.sha256, sha256_hex(read_text(input_ / "B/3.png")));
  const std::string png = read_text(output_ / "images/B/3.png");
  EXPECT_EQ(image.prepared_sha256, sha256_hex(png));
  const cv::Mat expected = Preprocessor(small())(read_image(input_ / "B/3.png").grey);
  EXPECT_EQ(png, encode_png(expected));
}

TEST_F(PrepareTest, GivesTheSameFilesForAnyNumberOfWorkers) {
  prepare(small(), 1);
  const auto one = testing_support::files_under(output_ / "images");
  const TemporaryDirectory other;
  prepare_images(sources_, small(), other.path(), 7);
  EXPECT_EQ(testing_support::files_under(other / "images"), one);
}

TEST_F(PrepareTest, RedoesOnlyWhatChanged) {
  EXPECT_EQ(prepare().reused, 0);
  EXPECT_EQ(prepare().reused, 12);
  write_film(input_ / "A/0.png", 99);                                             // another source
  write_text(output_ / "images/B/1.png", read_text(output_ / "images/B/5.png"));  // mixed up
  std::filesystem::remove(output_ / "images/A/2.png");                            // a lost image
  const Preparation result = prepare();
  EXPECT_EQ(result.reused, 9);
  EXPECT_EQ(result.images[1]->prepared_sha256, sha256_hex(read_text(output_ / "images/B/1.png")));
  PreprocessConfig other = small();
  other.clahe.enabled = false;
  EXPECT_EQ(prepare(other).reused, 0);
}

TEST_F(PrepareTest, GoesOnFromAJournalThatWasCutOff) {
  prepare();
  const auto journal = output_ / ".prepared.txt";
  const std::string text = read_text(journal);
  write_text(journal, text.substr(0, text.size() / 2));
  const Preparation result = prepare();
  EXPECT_GE(result.reused, 4);
  EXPECT_LT(result.reused, 12);
  EXPECT_EQ(prepare().reused, 12);
}

TEST_F(PrepareTest, RemovesImagesWithoutASourceAndNothingElse) {
  prepare();
  write_text(output_ / "images/A/mine.txt", "a note");
  write_text(output_ / "images/A/0.png.tmp-123", "half");
  sources_.pop_back();
  prepare();
  EXPECT_FALSE(std::filesystem::exists(output_ / "images/B/11.png"));
  EXPECT_FALSE(std::filesystem::exists(output_ / "images/A/0.png.tmp-123"));
  EXPECT_TRUE(std::filesystem::exists(output_ / "images/A/mine.txt"));
  EXPECT_TRUE(std::filesystem::exists(output_ / "images/A/0.png"));
}

TEST_F(PrepareTest, ListsEverySourceThatCannotBeRead) {
  const std::string whole = read_text(input_ / "A/0.png");
  write_text(input_ / "A/0.png", whole.substr(0, whole.size() / 2));
  write_text(input_ / "B/1.png", "");
  write_text(input_ / "A/2.png", "GIF89a......................");
  std::filesystem::remove(input_ / "B/3.png");
  std::filesystem::remove(input_ / "A/4.png");
  ASSERT_EQ(::mkfifo((input_ / "A/4.png").c_str(), 0600), 0);
  const Preparation result = prepare();
  ASSERT_EQ(result.unreadable.size(), 5u);
  EXPECT_EQ(result.unreadable[0].name, "A/0.png");
  EXPECT_NE(result.unreadable[0].reason, "");
  EXPECT_THAT(result.unreadable[2].reason, HasSubstr("GIF"));
  EXPECT_THAT(result.unreadable[3].reason, HasSubstr("no such file"));
  EXPECT_THAT(result.unreadable[4].reason, HasSubstr("not a regular file"));
  EXPECT_FALSE(result.images[0]);
  EXPECT_TRUE(result.images[5]);
}

}  // namespace
}  // namespace xrayclf
