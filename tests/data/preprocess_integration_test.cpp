#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/film_tree.hpp"
#include "support/temporary_directory.hpp"
#include "xrayclf/app/preprocess.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/data/prepared_set.hpp"

namespace xrayclf {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing_support::files_under;
using testing_support::read_text;
using testing_support::TemporaryDirectory;
using testing_support::write_film;
using testing_support::write_text;

/// Two classes, twenty patients with two films each, named PATIENT_FILM.png.
class PreprocessIntegrationTest : public ::testing::Test {
 protected:
  PreprocessIntegrationTest() {
    for (int patient = 0; patient < 20; ++patient) {
      for (int film = 0; film < 2; ++film) {
        const std::string name = std::to_string(patient) + "_" + std::to_string(film) + ".png";
        write_film(input_ / ((patient % 2 == 0 ? "Healthy/" : "Sick/") + name),
                   static_cast<std::uint64_t>(patient * 10 + film));
      }
    }
    config_.input = input_.path();
    config_.output = output();
    config_.image_size = 32;
    config_.baselines = false;
  }

  std::filesystem::path output() const { return directory_ / "prepared"; }
  std::string run() {
    std::ostringstream out;
    preprocess(config_, out);
    return out.str();
  }
  template <class Failure>
  std::string failure() {
    try {
      run();
    } catch (const Failure& e) {
      return e.what();
    }
    return "no such failure";
  }
  nlohmann::json audit() const { return read_json_file(output() / "audit.json"); }
  std::string source(const std::string& name) const { return read_text(input_ / name); }

  TemporaryDirectory input_;
  TemporaryDirectory directory_;
  PrepareConfig config_;
};

TEST_F(PreprocessIntegrationTest, WritesASetThatOpensAndReads) {
  config_.patient_regex = "^([0-9]+)_";
  const std::string text = run();
  const PreparedSet set = PreparedSet::open(output());
  EXPECT_THAT(set.classes, ElementsAre("Healthy", "Sick"));
  EXPECT_EQ(set.records.size(), 40u);
  EXPECT_EQ(set.preprocessing.image_size, 32);
  EXPECT_EQ(set.split("train").size(), 28u);
  EXPECT_EQ(set.split("validation").size() + set.split("test").size(), 12u);
  std::map<std::string, std::set<std::string>> splits;
  for (const Record& record : set.records) {
    splits[record.patient_id].insert(record.split);
    const cv::Mat image = set.read(record);
    EXPECT_EQ(image.size(), cv::Size(32, 32));
    EXPECT_EQ(set.class_index(record), record.label == "Sick" ? 1 : 0);
    EXPECT_EQ(record.path, "images/" + record.source);
    EXPECT_EQ(record.width, 48);
    EXPECT_EQ(record.height, 40);
    EXPECT_EQ(record.bit_depth, 8);
  }
  EXPECT_EQ(splits.size(), 20u);
  for (const auto& patient : splits) EXPECT_EQ(patient.second.size(), 1u) << patient.first;
  EXPECT_THAT(text, HasSubstr("Healthy"));
  EXPECT_THAT(text, HasSubstr("exact duplicates"));
  EXPECT_EQ(set.info["counts"]["train"]["Sick"].get<int>(), 14);
}

TEST_F(PreprocessIntegrationTest, NeverTouchesTheInput) {
  const auto before = files_under(input_.path());
  run();
  EXPECT_EQ(files_under(input_.path()), before);
}

TEST_F(PreprocessIntegrationTest, GivesTheSameBytesAgainAndForAnyNumberOfWorkers) {
  config_.baselines = true;
  config_.workers = 1;
  const std::string text = run();
  const auto first = files_under(output());
  EXPECT_EQ(run(), text);
  EXPECT_EQ(files_under(output()), first);
  std::filesystem::remove_all(output());
  config_.workers = 5;
  EXPECT_EQ(run(), text);
  auto second = files_under(output());
  EXPECT_EQ(second, first);
}

TEST_F(PreprocessIntegrationTest, TheSplitDoesNotDependOnTheOrderOfACsv) {
  std::vector<std::string> rows;
  for (const auto& file : files_under(input_.path())) {
    rows.push_back(file.first + "," + file.first.substr(0, file.first.find('/')) + "\n");
  }
  const auto manifest_of = [&](const std::vector<std::string>& lines) {
    std::string csv = "path,label\n";
    for (const std::string& line : lines) csv += line;
    write_text(input_ / "films.csv", csv);
    config_.input = input_ / "films.csv";
    run();
    return read_text(output() / "manifest.csv");
  };
  const std::string first = manifest_of(rows);
  std::reverse(rows.begin(), rows.end());
  EXPECT_EQ(manifest_of(rows), first);
}

TEST_F(PreprocessIntegrationTest, MakesFoldsThatKeepPatientsWhole) {
  config_.patient_regex = "^([0-9]+)_";
  config_.split.folds = 5;
  run();
  std::map<std::string, std::int64_t> fold_of;
  std::map<std::int64_t, int> sizes;
  for (const Record& record : PreparedSet::open(output()).records) {
    EXPECT_EQ(fold_of.try_emplace(record.patient_id, record.fold).first->second, record.fold);
    ++sizes[record.fold];
  }
  EXPECT_EQ(sizes.size(), 5u);
  for (const auto& fold : sizes) EXPECT_EQ(fold.second, 8);
}

TEST_F(PreprocessIntegrationTest, OurOwnSplitNeverSeparatesIdenticalImages) {
  for (int copy = 0; copy < 12; ++copy) {
    write_text(input_ / ("Sick/copy" + std::to_string(copy) + ".png"), source("Sick/1_0.png"));
  }
  run();
  EXPECT_EQ(audit()["exact_duplicates"].size(), 1u);
  EXPECT_EQ(audit()["exact_duplicates"][0]["images"].size(), 13u);
  EXPECT_TRUE(audit()["images_in_two_splits"].empty());
}

TEST_F(PreprocessIntegrationTest, RefusesALeakUnlessAllowed) {
  write_text(input_ / "films.csv",
             "path,label,patient_id,split\n"
             "Healthy/0_0.png,Healthy,a,train\nHealthy/2_0.png,Healthy,b,test\n"
             "Sick/1_0.png,Sick,c,train\nSick/3_0.png,Sick,c,test\n");
  config_.input = input_ / "films.csv";
  const std::string message = failure<DataError>();
  EXPECT_THAT(message, HasSubstr("1 patient in two splits"));
  EXPECT_THAT(message, HasSubstr("--allow_leaks"));
  EXPECT_EQ(audit()["patients_in_two_splits"][0]["subject"], "c");
  EXPECT_THROW(PreparedSet::open(output()), DataError) << "a refused set does not open";
  config_.allow_leaks = true;
  run();
  EXPECT_EQ(PreparedSet::open(output()).records.size(), 4u);
}

TEST_F(PreprocessIntegrationTest, RefusesTheSameImageInTwoSplitsAndUnderTwoLabels) {
  write_text(input_ / "Sick/copy.png", source("Healthy/0_0.png"));
  EXPECT_THAT(failure<DataError>(), HasSubstr("identical image under two labels"));
  std::filesystem::remove(input_ / "Sick/copy.png");
  // Another file with the same pixels: a second compression of them.
  const cv::Mat pixels = read_image(input_ / "Sick/1_0.png").grey;
  cv::Mat colour;
  cv::cvtColor(pixels, colour, cv::COLOR_GRAY2BGR);
  write_text(input_ / "Sick/copy.png", encode_png(colour));
  write_text(input_ / "films.csv",
             "path,label,split\nHealthy/0_0.png,Healthy,train\nHealthy/2_0.png,Healthy,test\n"
             "Sick/1_0.png,Sick,train\nSick/copy.png,Sick,test\n");
  config_.input = input_ / "films.csv";
  EXPECT_THAT(failure<DataError>(), HasSubstr("1 identical image in two splits"));
}

TEST_F(PreprocessIntegrationTest, ReportsNearDuplicatesAndRefusesThemOnRequest) {
  // A copy at another size, in another class.
  cv::Mat copy;
  cv::resize(testing_support::random_film(0, 480, 400), copy, cv::Size(240, 200), 0, 0,
             cv::INTER_AREA);
  write_film(input_ / "Healthy/big.png", 0, 480, 400);
  write_text(input_ / "Sick/half.png", encode_png(copy));
  config_.image_size = 64;
  run();
  const auto near = audit()["near_duplicates"];
  const auto pair = std::find_if(near.begin(), near.end(), [](const nlohmann::json& item) {
    return item["images"][0]["source"] == "Healthy/big.png" &&
           item["images"][1]["source"] == "Sick/half.png";
  });
  ASSERT_NE(pair, near.end()) << near.dump(1);
  EXPECT_TRUE((*pair)["across_classes"].get<bool>());
  config_.fail_on_near = true;
  EXPECT_THAT(failure<DataError>(), HasSubstr("fail_on_near"));
}

TEST_F(PreprocessIntegrationTest, LeavesBadImagesOutOrStopsAsAsked) {
  write_text(input_ / "Sick/bad.png", "\x89PNG\r\n\x1a\n broken");
  write_text(input_ / "Sick/README", "read me");
  run();
  EXPECT_EQ(PreparedSet::open(output()).records.size(), 40u);
  EXPECT_EQ(audit()["unreadable"][0]["path"], "Sick/bad.png");
  EXPECT_NE(audit()["unreadable"][0]["reason"], "");
  EXPECT_EQ(audit()["skipped"][0]["path"], "Sick/README");
  config_.on_bad_image = BadImage::fail;
  EXPECT_THAT(failure<DataError>(), HasSubstr("1 image of 41 cannot be read"));
}

TEST_F(PreprocessIntegrationTest, RefusesAClassWithoutAReadableImage) {
  write_text(input_ / "Odd/bad.png", "broken");
  EXPECT_THAT(failure<DataError>(), HasSubstr("no readable image in the class 'Odd'"));
}

TEST_F(PreprocessIntegrationTest, ProcessesOddNames) {
  const std::string bytes = "Sick/\xff\xfe.png";
  const std::string lines = "Sick/new\nline,\"quoted\".png";
  write_film(input_ / bytes, 901);
  write_film(input_ / lines, 902);
  write_film(input_ / "Sick/-x.png", 903);
  run();
  std::set<std::string> sources;
  const PreparedSet set = PreparedSet::open(output());
  for (const Record& record : set.records) {
    sources.insert(record.source);
    set.read(record);
  }
  EXPECT_EQ(sources.count(bytes), 1u);
  EXPECT_EQ(sources.count(lines), 1u);
  EXPECT_EQ(sources.count("Sick/-x.png"), 1u);
  write_text(input_ / bytes, "broken");
  run();
  EXPECT_EQ(audit()["unreadable"][0]["path_bytes"], "5369636b2ffffe2e706e67");
}

TEST_F(PreprocessIntegrationTest, RefusesAnOutputInsideTheInputOrWithForeignFiles) {
  config_.output = input_ / "Sick/prepared";
  EXPECT_THAT(failure<ConfigError>(), HasSubstr("never written into"));
  config_.output = input_.path();
  EXPECT_THAT(failure<ConfigError>(), HasSubstr("cannot be used"));
  config_.output = input_.path().parent_path();
  EXPECT_THAT(failure<ConfigError>(), HasSubstr("the input lies in it"));
  write_text(directory_ / "full/thesis.tex", "precious");
  config_.output = directory_ / "full";
  EXPECT_THAT(failure<ConfigError>(), HasSubstr("did not write"));
}

TEST_F(PreprocessIntegrationTest, RedoesTheSetWhenSettingsChange) {
  run();
  config_.image_size = 48;
  run();
  const PreparedSet set = PreparedSet::open(output());
  EXPECT_EQ(set.preprocessing.image_size, 48);
  EXPECT_EQ(set.read(set.records.front()).cols, 48);
}

TEST_F(PreprocessIntegrationTest, RefusesFractionsThatMakeNoSense) {
  config_.split.fractions = {0.7, 0.3};
  EXPECT_THAT(failure<ConfigError>(), HasSubstr("three numbers"));
  config_.split.fractions = {0.7, 0.2, 0.2};
  EXPECT_THAT(failure<ConfigError>(), HasSubstr("sum to 1"));
  config_.split.fractions = {0, 0, 1};
  run();
  EXPECT_EQ(PreparedSet::open(output()).split("test").size(), 40u);
}

TEST_F(PreprocessIntegrationTest, TheSetNoticesWhatChangedAfterwards) {
  run();
  const auto message = [&] {
    try {
      const PreparedSet set = PreparedSet::open(output());
      for (const Record& record : set.records) set.read(record);
    } catch (const DataError& e) {
      return std::string(e.what());
    }
    return std::string("nothing noticed");
  };
  EXPECT_EQ(message(), "nothing noticed");
  const std::string other = read_text(output() / "images/Sick/1_1.png");
  write_text(output() / "images/Sick/1_0.png", other);
  EXPECT_THAT(message(), HasSubstr("images/Sick/1_0.png: changed since it was prepared"));
  std::filesystem::remove(output() / "images/Sick/1_0.png");
  EXPECT_THAT(message(), HasSubstr("1 image of the manifest missing"));
  run();
  EXPECT_EQ(message(), "nothing noticed");
  const std::string manifest = read_text(output() / "manifest.csv");
  write_text(output() / "manifest.csv", manifest.substr(0, manifest.rfind("images/")));
  EXPECT_THAT(message(), HasSubstr("not the manifest that dataset.json was written with"));
  run();
  write_text(output() / "dataset.json", "{}");
  EXPECT_THAT(message(), HasSubstr("dataset.json"));
  run();
  try {
    PreparedSet::open(output()).split("tset");
    FAIL();
  } catch (const DataError& e) {
    EXPECT_THAT(e.what(), HasSubstr("did you mean 'test'"));
  }
}

TEST_F(PreprocessIntegrationTest, ShortcutBaselinesSeeAGivenAwayClass) {
  // Sick films are larger than healthy ones: the file alone tells.
  for (int patient = 0; patient < 20; ++patient) {
    for (int film = 0; film < 2; ++film) {
      const std::string name = std::to_string(patient) + "_" + std::to_string(film) + ".png";
      if (patient % 2 == 1) {
        write_film(input_ / ("Sick/" + name), static_cast<std::uint64_t>(patient * 10 + film), 60,
                   50);
      }
    }
  }
  config_.baselines = true;
  EXPECT_THAT(run(), HasSubstr("metadata    100.0 %"));
  const auto shortcuts = audit()["shortcut_baselines"];
  EXPECT_DOUBLE_EQ(shortcuts["majority"].get<double>(), 0.5);
  EXPECT_LT(shortcuts["baselines"]["thumbnail"]["accuracy"]["value"].get<double>(), 0.8)
      << "random pictures do not tell";
}

}  // namespace
}  // namespace xrayclf
