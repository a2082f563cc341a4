#include <cstdlib>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/program.hpp"
#include "support/temporary_directory.hpp"
#include "support/tiny_network.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/model/weights.hpp"

namespace xrayclf {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using testing_support::run_xrayclf;

/// The program with a cache of its own, so that what is installed here does not matter.
class ModelsCliTest : public ::testing::Test {
 protected:
  void SetUp() override { ::setenv("XRAYCLF_CACHE", cache_.path().c_str(), 1); }
  void TearDown() override { ::unsetenv("XRAYCLF_CACHE"); }

  const testing_support::TemporaryDirectory cache_;
};

TEST_F(ModelsCliTest, ListsOneNetworkWithItsCosts) {
  const auto result = run_xrayclf({"models", "--architecture", "resnet50", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json rows = json::parse(result.out);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0]["name"], "resnet50");
  EXPECT_EQ(rows[0]["parameters"]["backbone"], 23'508'032);
  EXPECT_EQ(rows[0]["parameters"]["with_linear_head"], 23'514'179);
  EXPECT_EQ(rows[0]["running_statistics"], 53'120);
  EXPECT_EQ(rows[0]["keras_layers"], 175);
  EXPECT_EQ(rows[0]["flavours"], (json{"torchvision", "tf"}));
  EXPECT_EQ(rows[0]["weights"], json::array());
}

TEST_F(ModelsCliTest, ShowsEveryInstalledFileUnderItsArchitecture) {
  std::filesystem::create_directories(cache_ / "weights");
  WeightsRecord record;
  record.architecture = "efficientnet_lite0";
  record.flavour = Flavour::tf;
  const auto network = testing::tiny_network();
  save_state(*network, cache_ / "weights/lite0_mine.safetensors", to_metadata(record));
  write_file(cache_ / "weights/broken.safetensors", "no weights");
  const auto result = run_xrayclf({"models", "--architecture", "efficientnet_lite0"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("lite0_mine (tf)"));
  EXPECT_THAT(result.err, HasSubstr("broken.safetensors"));
}

TEST_F(ModelsCliTest, RefusesWhatThereIsNot) {
  const auto unknown = run_xrayclf({"models", "--architecture", "resnet5"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'resnet50'?"));
  const auto small =
      run_xrayclf({"models", "--architecture", "inception_v3", "--image_size", "64"});
  EXPECT_EQ(small.exit_code, 2);
  EXPECT_THAT(small.err, HasSubstr("at least 75"));
  EXPECT_EQ(small.out, "");
}

}  // namespace
}  // namespace xrayclf
