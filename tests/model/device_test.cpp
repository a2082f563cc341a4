#include "xrayclf/model/device.hpp"

#include <gtest/gtest.h>

namespace xrayclf {
namespace {

TEST(DeviceTest, ReportNamesTheCpu) {
  EXPECT_EQ(device_report()["built_for"][0], "cpu");
  EXPECT_EQ(device_report()["sees"][0], "cpu");
}

}  // namespace
}  // namespace xrayclf
