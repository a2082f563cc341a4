#include "xrayclf/data/patients.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

using ::testing::HasSubstr;

Record record(const std::string& source, const std::string& patient = "") {
  Record out;
  out.source = source;
  out.patient_id = patient;
  out.sha256 = "file of " + source;
  out.prepared_sha256 = "pixels of " + source;
  return out;
}

TEST(PatientsTest, PrefersTheInputThenThePatternThenTheImageAlone) {
  std::vector<Record> records{record("A/17_01.png", "given"), record("A/18_01.png"),
                              record("B/18_02.png"), record("A/x.png")};
  const PatientOrigin origin = assign_patients(records, "^([0-9]+)_");
  EXPECT_EQ(records[0].patient_id, "given");
  EXPECT_EQ(records[1].patient_id, "18");
  EXPECT_EQ(records[2].patient_id, "18");
  EXPECT_EQ(records[3].patient_id, "A/x.png");
  EXPECT_EQ(origin.from_input, 1);
  EXPECT_EQ(origin.from_pattern, 2);
  EXPECT_EQ(origin.alone, 1);
  EXPECT_EQ(origin.patients, 3);
}

TEST(PatientsTest, RefusesAPatternThatIsNoneOrHasNotOneGroup) {
  std::vector<Record> records{record("a.png")};
  const auto message = [&](const std::string& pattern) -> std::string {
    try {
      assign_patients(records, pattern);
    } catch (const ConfigError& e) {
      return e.what();
    }
    return "accepted";
  };
  EXPECT_THAT(message("("), HasSubstr("no regular expression"));
  EXPECT_THAT(message("[0-9]+"), HasSubstr("exactly one capture group"));
  EXPECT_THAT(message("(a)(b)"), HasSubstr("has 2"));
}

TEST(PatientsTest, GroupsPatientsThatShareAnImage) {
  std::vector<Record> records{record("1", "p"), record("2", "p"), record("3", "q"),
                              record("4", "r"), record("5", "s")};
  records[2].prepared_sha256 = records[1].prepared_sha256;  // q has an image of p
  records[3].sha256 = records[2].sha256;                    // r has another one of q
  const auto groups = leak_free_groups(records);
  EXPECT_EQ(groups[0], groups[1]);
  EXPECT_EQ(groups[0], groups[2]);
  EXPECT_EQ(groups[0], groups[3]);
  EXPECT_NE(groups[0], groups[4]);
  EXPECT_EQ(groups[0], "p") << "named after the first patient";
}

}  // namespace
}  // namespace xrayclf
