#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/film_tree.hpp"
#include "support/marked_films.hpp"
#include "support/temporary_directory.hpp"
#include "xrayclf/app/inspect.hpp"
#include "xrayclf/app/preprocess.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/logging.hpp"
#include "xrayclf/data/manifest.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using testing_support::dicom_element;
using testing_support::files_under;
using testing_support::marked_film;
using testing_support::marker;
using testing_support::read_text;
using testing_support::TemporaryDirectory;
using testing_support::write_marked_films;
using testing_support::write_text;

const fs::path kFilms = fs::path(XRAYCLF_TEST_DATA) / "dicom";

PrepareConfig config_for(const fs::path& input, const fs::path& output) {
  PrepareConfig config;
  config.input = input.string();
  config.output = output.string();
  config.image_size = 32;
  config.baselines = false;
  config.workers = 2;
  config.split.fractions = {0.5, 0.25, 0.25};
  return config;
}

TEST(DicomPreprocessIntegrationTest, NoIdentifierReachesAnythingWritten) {
  const TemporaryDirectory directory;
  write_marked_films(directory / "films");
  // What cannot be read, and what is no image, has names too.
  write_text(directory / "films/NORMAL/ZQMARKBROKEN.dcm",
             marked_film("explicit.dcm", "I9", 90).substr(0, 900));
  std::string burned = marked_film("explicit.dcm", "IA", 91);
  burned.insert(burned.find(dicom_element(0x0028, 0x1050, "DS", "2010.0")),
                dicom_element(0x0028, 0x0301, "CS", "YES "));
  write_text(directory / "films/NORMAL/ZQMARKBURNED", burned);
  write_text(directory / "films/NORMAL/ZQMARKREPORT.txt", "a letter");
  write_text(directory / "films/ZQMARKLIST.txt", "a list");

  testing::internal::CaptureStderr();
  start_logging(LogLevel::trace);
  std::ostringstream out;
  preprocess(config_for(directory / "films", directory / "out"), out);
  std::ostringstream inspected;
  for (const bool as_json : {false, true}) {
    InspectConfig inspection;
    inspection.json = as_json;
    for (const auto& file : files_under(directory / "films")) {
      inspection.input.push_back((directory / "films" / file.first).string());
    }
    std::erase_if(inspection.input, [](const std::string& path) { return path.ends_with(".txt"); });
    EXPECT_THROW(inspect(inspection, inspected), PartialFailure);
  }
  spdlog::default_logger()->flush();
  const std::string err = testing::internal::GetCapturedStderr();

  EXPECT_THAT(err, Not(HasSubstr("ZQMARK")));
  EXPECT_THAT(out.str(), Not(HasSubstr("ZQMARK")));
  EXPECT_THAT(inspected.str(), Not(HasSubstr("ZQMARK")));
  int films = 0;
  for (const auto& [name, content] : files_under(directory / "out")) {
    EXPECT_THAT(name, Not(HasSubstr("ZQMARK")));
    EXPECT_THAT(content, Not(HasSubstr("ZQMARK"))) << name;
    films += name.starts_with("images/") ? 1 : 0;
  }
  EXPECT_EQ(films, 16);
  // The search would find them: the input is full of them.
  EXPECT_THAT(read_text(directory / "films/NORMAL/ZQMARKFOLDER0/ZQMARKFILE0.dcm"),
              HasSubstr(marker(17)));
  EXPECT_THAT(err, HasSubstr("left out"));
}

TEST(DicomPreprocessIntegrationTest, AttributesBecomeColumnsAndPatientsPseudonyms) {
  const TemporaryDirectory directory;
  write_marked_films(directory / "films");
  PrepareConfig config = config_for(directory / "films", directory / "out");
  std::ostringstream out;
  preprocess(config, out);
  const std::vector<Record> records = read_manifest(directory / "out/manifest.csv");
  ASSERT_EQ(records.size(), 16U);
  std::map<std::string, std::vector<std::string>> splits;
  for (const Record& record : records) {
    EXPECT_THAT(record.source, testing::MatchesRegex("dicom-[0-9a-f]{16}"));
    EXPECT_EQ(record.source, "dicom-" + record.sha256.substr(0, 16));
    EXPECT_THAT(record.patient_id, testing::MatchesRegex("patient-[0-9a-f]{16}"));
    EXPECT_EQ(record.metadata.at("sex"), "F");
    EXPECT_EQ(record.metadata.at("modality"), "DX");
    EXPECT_EQ(record.metadata.at("view_position"), "OTHER");
    EXPECT_EQ(record.metadata.at("pixel_spacing_mm"), "0.15");
    splits[record.patient_id].push_back(record.split);
  }
  EXPECT_EQ(splits.size(), 8U);
  for (const auto& [patient, of_patient] : splits) {
    ASSERT_EQ(of_patient.size(), 2U);
    EXPECT_EQ(of_patient[0], of_patient[1]);
  }
  struct stat status {};
  ASSERT_EQ(::stat((directory / "out.key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  // The same key again gives the same pseudonyms, another one others.
  const std::string manifest = read_text(directory / "out/manifest.csv");
  config.output = (directory / "again").string();
  config.dicom.key_file = (directory / "out.key").string();
  preprocess(config, out);
  EXPECT_EQ(read_text(directory / "again/manifest.csv"), manifest);
  config.output = (directory / "other").string();
  config.dicom.key_file = "";
  preprocess(config, out);
  EXPECT_NE(read_text(directory / "other/manifest.csv"), manifest);
}

TEST(DicomPreprocessIntegrationTest, TheCsvsColumnsWin) {
  const TemporaryDirectory directory;
  std::string csv = "path,label,patient_id,sex,view_position\n";
  for (int i = 0; i < 6; ++i) {
    const std::string name = "film" + std::to_string(i) + ".dcm";
    write_text(directory / "in" / name,
               marked_film("explicit.dcm", "C" + std::to_string(i), 15 * i));
    csv += name + "," + (i % 2 == 0 ? "A" : "B") + ",mine" + std::to_string(i) + ",M," +
           (i == 0 ? "" : "AP") + "\n";
  }
  write_text(directory / "in/films.csv", csv);
  PrepareConfig config = config_for(directory / "in/films.csv", directory / "out");
  config.allow_leaks = true;
  std::ostringstream out;
  preprocess(config, out);
  for (const Record& record : read_manifest(directory / "out/manifest.csv")) {
    EXPECT_THAT(record.patient_id, StartsWith("mine"));
    EXPECT_EQ(record.metadata.at("sex"), "M");
    EXPECT_EQ(record.metadata.at("view_position"), record.patient_id == "mine0" ? "OTHER" : "AP");
  }
}

TEST(DicomPreprocessIntegrationTest, ThePatternsFindingIsAPseudonymToo) {
  const TemporaryDirectory directory;
  for (int i = 0; i < 4; ++i) {
    for (const char* label : {"A", "B"}) {
      write_text(
          directory / "in" / label / ("doe" + std::to_string(i) + "_1.dcm"),
          marked_film("explicit.dcm", label + std::to_string(i), 20 * i + (*label == 'A' ? 0 : 9)));
    }
  }
  PrepareConfig config = config_for(directory / "in", directory / "out");
  config.patient_regex = "^(doe[0-9])_";
  config.allow_leaks = true;
  std::ostringstream out;
  preprocess(config, out);
  std::set<std::string> patients;
  for (const Record& record : read_manifest(directory / "out/manifest.csv")) {
    EXPECT_THAT(record.patient_id, testing::MatchesRegex("patient-[0-9a-f]{16}"));
    patients.insert(record.patient_id);
  }
  EXPECT_EQ(patients.size(), 4U);
}

TEST(DicomPreprocessIntegrationTest, AKeyThatOthersMayReadIsRefused) {
  const TemporaryDirectory directory;
  write_marked_films(directory / "films");
  PrepareConfig config = config_for(directory / "films", directory / "out");
  config.dicom.key_file = (directory / "key").string();
  write_text(directory / "key", std::string(64, 'a') + "\n");
  std::ostringstream out;
  EXPECT_THROW(preprocess(config, out), ConfigError);
  fs::permissions(directory / "key", fs::perms::owner_read);
  EXPECT_NO_THROW(preprocess(config, out));
  write_text(directory / "short", "aaaa\n");
  fs::permissions(directory / "short", fs::perms::owner_read);
  config.dicom.key_file = (directory / "short").string();
  EXPECT_THROW(preprocess(config, out), ConfigError);
}

TEST(DicomPreprocessIntegrationTest, InspectSaysHowAFilmIsRead) {
  InspectConfig config;
  config.input = {(kFilms / "monochrome1.dcm").string(),
                  (fs::path(XRAYCLF_TEST_DATA) / "images/grey16.png").string()};
  std::ostringstream text;
  inspect(config, text);
  EXPECT_THAT(text.str(), HasSubstr("12-bit MONOCHROME1 DICOM, explicit little endian"));
  EXPECT_THAT(text.str(), HasSubstr("window LINEAR, centre 1500, width 2000, inversion"));
  EXPECT_THAT(text.str(), HasSubstr("grey16.png: 16-bit grey PNG"));
  config.json = true;
  std::ostringstream lines;
  inspect(config, lines);
  const auto first = nlohmann::json::parse(lines.str().substr(0, lines.str().find('\n')));
  EXPECT_EQ(first.at("dicom").at("view_position"), "PA");
  EXPECT_EQ(first.at("grey_bits"), 16);
  config.input = {(kFilms / "overlay.dcm").string()};
  std::ostringstream refused;
  EXPECT_THROW(inspect(config, refused), DataError);
  EXPECT_THAT(refused.str(), HasSubstr("overlays"));
}

}  // namespace
}  // namespace xrayclf
