#include "xrayclf/data/sources.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/film_tree.hpp"
#include "support/temporary_directory.hpp"
#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing_support::TemporaryDirectory;
using testing_support::write_film;
using testing_support::write_text;

std::vector<std::string> names(const SourceList& list) {
  std::vector<std::string> out;
  for (const SourceImage& image : list.images) out.push_back(image.name);
  return out;
}

std::string reason_of(const SourceList& list, const std::string& name) {
  for (const SkippedFile& file : list.skipped) {
    if (file.name == name) return file.reason;
  }
  return "";
}

template <class Failure>
std::string message_of(const std::filesystem::path& input, const SourceOptions& options = {}) {
  try {
    find_sources(input, options);
  } catch (const Failure& e) {
    return e.what();
  }
  return "no such failure";
}

TEST(SourcesTest, FindsAFolderPerClass) {
  const TemporaryDirectory root;
  write_film(root / "Sick/b.png", 1);
  write_film(root / "Sick/patient7/c.png", 2);
  write_film(root / "Healthy/a.png", 3);
  const SourceList list = find_sources(root.path(), {});
  EXPECT_EQ(list.layout, SourceLayout::class_folders);
  EXPECT_THAT(list.classes, ElementsAre("Healthy", "Sick"));
  EXPECT_THAT(names(list), ElementsAre("Healthy/a.png", "Sick/b.png", "Sick/patient7/c.png"));
  EXPECT_EQ(list.images[2].label, "Sick");
  EXPECT_FALSE(list.has_splits);
}

TEST(SourcesTest, FindsTrainValTestUnderTheirUsualNames) {
  const TemporaryDirectory root;
  for (const char* split : {"Train", "valid", "testing"}) {
    write_film(root.path() / split / "A/1.png", 1);
    write_film(root.path() / split / "B/1.png", 2);
  }
  const SourceList list = find_sources(root.path(), {});
  EXPECT_EQ(list.layout, SourceLayout::split_folders);
  EXPECT_THAT(list.classes, ElementsAre("A", "B"));
  EXPECT_EQ(list.images[0].split, "train");
  EXPECT_EQ(list.images[2].split, "test");
  EXPECT_EQ(list.images[4].split, "validation");
}

TEST(SourcesTest, RefusesSplitsWithUnlikeClassesAndFoldersBesideThem) {
  const TemporaryDirectory root;
  write_film(root / "train/A/1.png", 1);
  write_film(root / "train/B/1.png", 2);
  write_film(root / "test/A/1.png", 3);
  EXPECT_THAT(message_of<DataError>(root.path()), HasSubstr("no folder for the class 'B'"));
  write_film(root / "test/B/1.png", 4);
  write_film(root / "extra/B/1.png", 5);
  EXPECT_THAT(message_of<DataError>(root.path()), HasSubstr("there is 'extra'"));
}

TEST(SourcesTest, TakesTheClassesInTheOrderAskedForAndNoOthers) {
  const TemporaryDirectory root;
  write_film(root / "A/1.png", 1);
  write_film(root / "B/1.png", 2);
  SourceOptions options;
  options.classes = {"B", "A"};
  EXPECT_THAT(find_sources(root.path(), options).classes, ElementsAre("B", "A"));
  options.classes = {"B", "C"};
  const std::string message = message_of<DataError>(root.path(), options);
  EXPECT_THAT(message, HasSubstr("missing: 'C'"));
  EXPECT_THAT(message, HasSubstr("extra: 'A'"));
}

TEST(SourcesTest, RefusesClassesThatDifferOnlyInCase) {
  const TemporaryDirectory root;
  write_film(root / "Normal/1.png", 1);
  write_film(root / "NORMAL/1.png", 2);
  EXPECT_THAT(message_of<DataError>(root.path()), HasSubstr("differ only in case"));
  SourceOptions options;
  options.classes = {"NORMAL", "Normal"};
  EXPECT_EQ(find_sources(root.path(), options).classes.size(), 2u);
}

TEST(SourcesTest, ListsWhatIsNoImageAndNeverFollowsLinks) {
  const TemporaryDirectory root;
  const TemporaryDirectory outside;
  write_film(outside / "secret.png", 9);
  write_film(root / "A/1.png", 1);
  write_film(root / "A/no_extension", 2);
  write_text(root / "A/README", "about A");
  write_text(root / "A/.DS_Store", "x");
  write_text(root / "A/broken.png", "not a PNG");
  write_text(root / "notes.txt", "x");
  std::filesystem::create_symlink(outside / "secret.png", root / "A/link.png");
  std::filesystem::create_symlink(root.path(), root / "A/loop");
  std::filesystem::create_symlink(root / "nowhere", root / "A/dangling.png");
  ASSERT_EQ(::mkfifo((root / "A/fifo.png").c_str(), 0600), 0);
  const SourceList list = find_sources(root.path(), {});
  EXPECT_THAT(names(list), ElementsAre("A/1.png", "A/broken.png", "A/no_extension"));
  EXPECT_THAT(reason_of(list, "A/README"), HasSubstr("not an image"));
  EXPECT_EQ(reason_of(list, "A/.DS_Store"), "hidden");
  EXPECT_THAT(reason_of(list, "A/link.png"), HasSubstr("symbolic link"));
  EXPECT_THAT(reason_of(list, "A/loop"), HasSubstr("symbolic link"));
  EXPECT_THAT(reason_of(list, "A/dangling.png"), HasSubstr("symbolic link"));
  EXPECT_EQ(reason_of(list, "A/fifo.png"), "a FIFO");
  EXPECT_NE(reason_of(list, "notes.txt"), "");

  SourceOptions options;
  options.follow_symlinks = true;
  const SourceList followed = find_sources(root.path(), options);
  EXPECT_THAT(names(followed),
              ElementsAre("A/1.png", "A/broken.png", "A/link.png", "A/no_extension"));
  EXPECT_THAT(reason_of(followed, "A/loop"), HasSubstr("listed already"));
  EXPECT_THAT(reason_of(followed, "A/dangling.png"), HasSubstr("dangling"));
}

TEST(SourcesTest, ListsADirectoryThatCannotBeRead) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
  const TemporaryDirectory root;
  write_film(root / "A/1.png", 1);
  write_film(root / "A/closed/2.png", 2);
  ::chmod((root / "A/closed").c_str(), 0);
  const SourceList list = find_sources(root.path(), {});
  ::chmod((root / "A/closed").c_str(), 0700);
  EXPECT_THAT(reason_of(list, "A/closed"), HasSubstr("cannot be listed"));
}

TEST(SourcesTest, ReadsACsvWithPatientSplitAndMetadata) {
  const TemporaryDirectory root;
  write_text(root / "films.csv",
             "path,label,patient_id,split,age,width\n"
             "b.png,Sick,p1,val,44,9\n"
             "\"a,1.png\",Healthy,p2,TRAIN,45,8\n");
  const SourceList list = find_sources(root / "films.csv", {});
  EXPECT_EQ(list.layout, SourceLayout::csv);
  EXPECT_TRUE(list.has_splits);
  EXPECT_THAT(names(list), ElementsAre("a,1.png", "b.png"));
  EXPECT_EQ(list.images[1].patient_id, "p1");
  EXPECT_EQ(list.images[1].split, "validation");
  EXPECT_EQ(list.images[0].split, "train");
  EXPECT_EQ(list.images[1].metadata.at("age"), "44");
  EXPECT_EQ(list.images[1].metadata.at("input_width"), "9") << "width is the manifest's own column";
  EXPECT_EQ(list.images[1].metadata.count("split"), 0u);
}

TEST(SourcesTest, TakesTheSplitFromAnyColumnAndValues) {
  const TemporaryDirectory root;
  write_text(root / "films.csv", "path,label,part\n1.png,A,x\n2.png,A,y\n3.png,B,z\n4.png,B,\n");
  SourceOptions options;
  options.split_column = "part";
  options.validation_values = {"y"};
  options.test_values = {"z"};
  const SourceList list = find_sources(root / "films.csv", options);
  std::vector<std::string> splits;
  for (const SourceImage& image : list.images) splits.push_back(image.split);
  EXPECT_THAT(splits, ElementsAre("train", "validation", "test", "train"));
  EXPECT_EQ(list.images[0].metadata.at("part"), "x");
  options.test_values = {"Z"};
  EXPECT_THAT(message_of<DataError>(root / "films.csv", options), HasSubstr("no row has 'Z'"));
  options.split_column = "parts";
  EXPECT_THAT(message_of<DataError>(root / "films.csv", options), HasSubstr("did you mean 'part'"));
}

TEST(SourcesTest, KeepsTheFoldsOfACsv) {
  const TemporaryDirectory root;
  write_text(root / "films.csv", "path,label,fold\n1.png,A,3\n2.png,B,1\n");
  const SourceList list = find_sources(root / "films.csv", {});
  EXPECT_EQ(list.images[0].fold, 3);
  EXPECT_FALSE(list.has_splits);
}

TEST(SourcesTest, RefusesACsvThatContradictsItself) {
  const TemporaryDirectory root;
  const auto refused = [&](const std::string& text) {
    write_text(root / "films.csv", text);
    return message_of<DataError>(root / "films.csv");
  };
  EXPECT_THAT(refused("path,label\na.png,A\n./a.png,B\n"),
              HasSubstr("line 3: its path stands in line 2"));
  EXPECT_THAT(refused("path,label\na.png,\n"), HasSubstr("line 2: the label is empty"));
  EXPECT_THAT(refused("path,label\n,A\n"), HasSubstr("the path is empty"));
  EXPECT_THAT(refused("path,class\na.png,A\n"), HasSubstr("no column 'label'"));
  EXPECT_THAT(refused("path,label,split\na.png,A,fold9\n"), HasSubstr("'fold9' is no split"));
  EXPECT_THAT(refused("path,label\n"), HasSubstr("no image"));
}

TEST(SourcesTest, SaysWhatIsWrongWithTheInput) {
  const TemporaryDirectory root;
  EXPECT_THAT(message_of<IoError>(root / "absent"), HasSubstr("No such file"));
  EXPECT_THAT(message_of<DataError>(root.path()), HasSubstr("no folder in it"));
  std::filesystem::create_directories(root / "A");
  EXPECT_THAT(message_of<DataError>(root.path()), HasSubstr("no image found"));
}

}  // namespace
}  // namespace xrayclf
