#include "xrayclf/callbacks/event_file.hpp"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/event_reader.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

using testing::ElementsAre;

using testing_support::crc32c;
using testing_support::Message;
using testing_support::read_records;

float simple_value(const Message& event) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(event.at(5).at(1).numbers.at(2)));
}

class EventFileTest : public testing::Test {
 protected:
  EventFileTest()
      : directory_(std::filesystem::path(testing::TempDir()) /
                   ("xrayclf_events_" + std::to_string(::getpid()))) {}
  ~EventFileTest() override { std::filesystem::remove_all(directory_); }
  std::filesystem::path directory_;
};

TEST(Crc32cTest, OfTheTestsReaderHasTheCheckValueOfRfc3720) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
}

TEST_F(EventFileTest, BeginsWithTheVersionAndHoldsScalars) {
  EventFile file(directory_);
  file.scalar("validation/loss", 0.25, 7);
  file.scalar("loss", std::numeric_limits<double>::quiet_NaN(), 300);
  file.flush();
  const std::vector<std::string> records = read_records(file.path());
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(Message(records[0]).texts.at(3), "brain.Event:2");
  const Message scalar(records[1]);
  EXPECT_GT(std::bit_cast<double>(scalar.numbers.at(1)), 1.7e9);  // seconds since 1970
  EXPECT_EQ(scalar.numbers.at(2), 7U);
  EXPECT_EQ(scalar.at(5).at(1).texts.at(1), "validation/loss");
  EXPECT_EQ(simple_value(scalar), 0.25F);
  EXPECT_EQ(Message(records[2]).numbers.at(2), 300U);
  EXPECT_TRUE(std::isnan(simple_value(Message(records[2]))));
}

TEST_F(EventFileTest, TextIsATensorOfTheTextPlugin) {
  EventFile file(directory_);
  file.text("config", "a \xFF b\n| c |", 0);
  const Message value = Message(read_records(file.path()).at(1)).at(5).at(1);
  EXPECT_EQ(value.at(8).numbers.at(1), 7U);  // DT_STRING
  EXPECT_EQ(value.at(8).texts.at(8), "a \xEF\xBF\xBD b\n| c |");
  EXPECT_EQ(value.at(9).at(1).texts.at(1), "text");
}

TEST_F(EventFileTest, ImageCarriesThePngAndItsSize) {
  const std::string png =
      std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16) + std::string("\0\0\x01\x40\0\0\0\x05", 8);
  EventFile file(directory_);
  file.image("figures/roc", png, 2);
  const Message image = Message(read_records(file.path()).at(1)).at(5).at(1).at(4);
  EXPECT_EQ(image.numbers.at(1), 5U);    // height
  EXPECT_EQ(image.numbers.at(2), 320U);  // width
  EXPECT_EQ(image.texts.at(4), png);
  EXPECT_THROW(file.image("x", "GIF89a", 0), std::invalid_argument);
}

TEST_F(EventFileTest, AResumedRunStartsANewFileThatPurgesTheOverlap) {
  const EventFile first(directory_);
  const EventFile second(directory_, 41);
  EXPECT_NE(first.path(), second.path());
  const std::vector<std::string> records = read_records(second.path());
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(Message(records[1]).numbers.at(2), 41U);
  EXPECT_EQ(Message(records[1]).at(7).numbers.at(1), 1U);  // SessionLog START
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  EXPECT_THAT(names, ElementsAre(first.path().filename(), second.path().filename()));
}

TEST_F(EventFileTest, SortsBehindEveryFileEvenWhenTheClockWasSetBack) {
  std::filesystem::create_directories(directory_);
  write_file(directory_ / "events.out.tfevents.4102444800.elsewhere", "");
  EXPECT_EQ(EventFile(directory_).path().filename(), "events.out.tfevents.4102444801.xrayclf");
}

TEST_F(EventFileTest, AnUnusableFolderIsAnIoError) {
  std::filesystem::create_directories(directory_);
  write_file(directory_ / "file", "x");
  EXPECT_THROW(EventFile(directory_ / "file" / "events"), IoError);
}

}  // namespace
}  // namespace xrayclf
