#include "xrayclf/model/device.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

TEST(DeviceTest, ReportNamesTheCpu) {
  EXPECT_EQ(device_report()["built_for"][0], "cpu");
  EXPECT_EQ(device_report()["sees"][0], "cpu");
}

TEST(DeviceTest, SelectsTheCpuAndWhateverIsThere) {
  EXPECT_TRUE(select_device("cpu").is_cpu());
  EXPECT_EQ(select_device("auto").is_cuda(), torch::cuda::is_available());
}

TEST(DeviceTest, SaysWhatIsThereWhenADeviceIsAbsent) {
  try {
    select_device("cuda:99");
    FAIL();
  } catch (const ResourceError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("no device cuda:99 here; there is cpu"));
  }
}

TEST(DeviceTest, RefusesANameThatIsNoDevice) {
  for (const char* name : {"", "gpu", "cuda:", "cuda:-1", "cuda:x", "cuda:1 ", "cuda:128", "CPU"}) {
    EXPECT_THROW(select_device(name), ConfigError) << name;
  }
}

TEST(DeviceCudaTest, SelectsTheFirstDevice) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
  EXPECT_EQ(select_device("cuda"), torch::Device(torch::kCUDA, 0));
  EXPECT_EQ(select_device("auto"), torch::Device(torch::kCUDA, 0));
}

}  // namespace
}  // namespace xrayclf
