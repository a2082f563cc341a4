#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/marked_films.hpp"
#include "support/program.hpp"
#include "support/temporary_directory.hpp"
#include "xrayclf/core/csv.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;
using testing_support::files_under;
using testing_support::marked_film;
using testing_support::run_xrayclf;
using testing_support::TemporaryDirectory;
using testing_support::write_marked_films;
using testing_support::write_text;

/// From films full of markers to a report, every command that reads them or what became of them.
class DicomIdentityIntegrationTest : public ::testing::Test {
 protected:
  /// Runs a command at the wordiest level; what it prints is searched at once.
  void run(std::vector<std::string> arguments, int exit_code = 0, const std::string& input = "") {
    arguments.insert(arguments.end(), {"--log-level", "trace"});
    const auto result = run_xrayclf(arguments, input);
    ASSERT_EQ(result.exit_code, exit_code) << arguments.at(0) << ": " << result.err;
    EXPECT_THAT(result.out, Not(HasSubstr("ZQMARK"))) << arguments.at(0);
    EXPECT_THAT(result.err, Not(HasSubstr("ZQMARK"))) << arguments.at(0);
  }

  std::string at(const std::string& name) const { return directory_ / name; }

  /// The films one by one, as arguments: their names are marked.
  std::vector<std::string> films() const {
    std::vector<std::string> paths;
    for (const auto& file : files_under(at("films"))) paths.push_back(at("films/" + file.first));
    return paths;
  }

  TemporaryDirectory directory_;
};

TEST_F(DicomIdentityIntegrationTest, NoIdentifierReachesWhatTheCommandsWrite) {
  write_marked_films(at("films"));
  run({"preprocess", "--input", at("films"), "--output", at("data"), "--image_size", "64",
       "--split.fractions", "0.5,0.25,0.25"});
  run({"train", "--data", at("data"), "--output", at("run"), "--model.architecture",
       "efficientnet_lite0", "--model.weights", "none", "--epochs", "1", "--batch_size", "4",
       "--device", "cpu"});
  run({"eval", "--checkpoint", at("run"), "--data", at("data"), "--output", at("eval"), "--device",
       "cpu"});
  run({"report", "--evaluation", at("eval"), "--output", at("report.html")});
  run({"gradcam", "--checkpoint", at("run"), "--output", at("maps"), "--device", "cpu",
       at("data")});

  // Films named one by one, in a list, by their folder; a broken one and one that is not there.
  write_text(at("films/NORMAL/ZQMARKBROKEN.dcm"),
             marked_film("explicit.dcm", "I9", 90).substr(0, 900));
  std::vector<std::string> named{"gradcam",   "--checkpoint", at("run"), "--output",
                                 at("named"), "--device",     "cpu"};
  std::vector<std::string> predicted{"predict", "--checkpoint", at("run"), "--device", "cpu"};
  std::string list;
  for (const std::string& film : films()) {
    named.push_back(film);
    predicted.push_back(film);
    list += film + "\n";
  }
  predicted.push_back(at("films/ZQMARKGONE.dcm"));
  run(named, 8);
  for (const char* format : {"text", "jsonl", "csv"}) {
    std::vector<std::string> arguments = predicted;
    arguments.insert(arguments.end(), {"--format", format});
    run(arguments, 8);
  }
  run({"predict", "--checkpoint", at("run"), "--device", "cpu", "-"}, 8, list);
  run({"gradcam", "--checkpoint", at("run"), "--output", at("folder"), "--device", "cpu",
       at("films")},
      8);

  // The search finds what there is: with the option that asks for paths they are written.
  predicted.insert(predicted.end(), {"--dicom.show_paths"});
  EXPECT_THAT(run_xrayclf(predicted).out, HasSubstr("ZQMARKFILE0"));

  fs::remove_all(at("films"));
  std::size_t files = 0;
  for (const auto& [name, content] : files_under(directory_ / ".")) {
    EXPECT_THAT(name, Not(HasSubstr("ZQMARK")));
    EXPECT_EQ(content.find("ZQMARK"), std::string::npos) << name;
    ++files;
  }
  EXPECT_GE(files, 100U);  // images, events, checkpoints, tables, figures, the page, maps
  EXPECT_EQ(read_csv(at("named") + "/gradcam.csv").rows.size(), 17U);
}

}  // namespace
}  // namespace xrayclf
