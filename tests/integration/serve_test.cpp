#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/film_tree.hpp"
#include "support/http_client.hpp"
#include "support/phantom_runs.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/image/codec.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using testing_support::HttpClient;
using testing_support::post_image;
using testing_support::Program;
using testing_support::request;
using testing_support::run_xrayclf;

/// The program itself as a server, with two small models trained for it.
class ServeIntegrationTest : public testing_support::PhantomRuns {
 protected:
  static void SetUpTestSuite() {
    PhantomRuns::SetUpTestSuite();
    for (const char* name : {"first", "second"}) {
      succeed({"train", "--data", at("data"), "--output", at(name), "--model.architecture",
               "efficientnet_lite0", "--model.weights", "none", "--epochs", "1", "--seed",
               name == std::string("first") ? "1" : "2", "--figures", "off", "--quiet", "--device",
               "cpu"});
    }
  }

  /// Starts on a free port and waits until it is ready.
  static std::unique_ptr<Program> start(std::vector<std::string> more, std::uint16_t& port) {
    std::vector<std::string> arguments = {XRAYCLF_PROGRAM, "serve", "--port",       "0",
                                          "--device",      "cpu",   "--checkpoint", at("first")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    auto program = std::make_unique<Program>(arguments);
    for (int i = 0; i < 1200; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      if (program->err_so_far().find("ready at") != std::string::npos) {
        const std::string url = nlohmann::json::parse(program->out_so_far()).at("listening");
        port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
        return program;
      }
    }
    throw std::runtime_error("not ready: " + program->err_so_far());
  }

  static std::vector<std::string> films() {
    std::vector<std::string> paths;
    for (const auto& entry : fs::recursive_directory_iterator(at("data-films"))) {
      if (entry.path().extension() == ".png" || entry.path().extension() == ".jpg") {
        paths.push_back(entry.path());
      }
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }
};

TEST_F(ServeIntegrationTest, SameImageGivesTheNumbersOfPredict) {
  const auto paths = films();
  std::vector<std::string> arguments = {"predict", "--checkpoint", at("first"), "--format",
                                        "jsonl",   "--device",     "cpu"};
  arguments.insert(arguments.end(), paths.begin(), paths.end());
  const auto rows = split_text(succeed(arguments).out, '\n');
  std::uint16_t port = 0;
  const auto program = start({}, port);
  HttpClient client(port);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const auto row = nlohmann::json::parse(rows.at(i));
    const auto answer = client.ask(post_image("/predict", read_file(paths[i])));
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.json().at("class"), row.at("predicted"));
    for (const auto& item : row.at("probabilities").items()) {
      EXPECT_NEAR(answer.json().at("probabilities").at(item.key()), item.value(), 1e-6);
    }
  }
}

TEST_F(ServeIntegrationTest, SameImageGivesTheOverlayOfGradcam) {
  const std::string film = films().front();
  succeed({"gradcam", "--checkpoint", at("first"), "--output", at("maps"), "--montage_images", "0",
           "--device", "cpu", "--quiet", film});
  fs::path overlay;
  for (const auto& entry : fs::directory_iterator(at("maps") + "/overlays")) overlay = entry;
  std::uint16_t port = 0;
  const auto program = start({}, port);
  HttpClient client(port);
  const auto answer = client.ask(post_image("/gradcam", read_file(film)));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto difference = [&](const std::string& other) {
    return cv::norm(decode_image(other).grey, decode_image(read_file(overlay)).grey, cv::NORM_INF);
  };
  EXPECT_LE(difference(answer.body), 1);
  EXPECT_GT(difference(client.ask(post_image("/gradcam?opacity=0.1", read_file(film))).body), 1);
  const auto map = client.ask(post_image("/gradcam?output=map&method=layercam", read_file(film)));
  EXPECT_EQ(map.body.substr(1, 5), "NUMPY");
  EXPECT_EQ(client.ask(post_image("/gradcam?method=scorecam", read_file(film))).status, 400);
}

TEST_F(ServeIntegrationTest, SeveralModelsAnswerUnderTheirNames) {
  std::uint16_t port = 0;
  const auto program = start({"--checkpoint", at("second")}, port);
  HttpClient client(port);
  const auto models = client.ask(request("GET", "/model")).json().at("models");
  ASSERT_EQ(models.size(), 2u);
  EXPECT_EQ(models[0].at("name"), "first");
  EXPECT_EQ(models[1].at("name"), "second");
  EXPECT_NE(models[0].at("checkpoint_sha256"), models[1].at("checkpoint_sha256"));
  const std::string film = read_file(films().front());
  const auto first = client.ask(post_image("/predict", film)).json();
  const auto second = client.ask(post_image("/predict?model=second", film)).json();
  EXPECT_NE(first.at("probabilities"), second.at("probabilities"));
  EXPECT_EQ(first.at("preprocessing_fingerprint"), models[0].at("preprocessing_fingerprint"));
}

TEST_F(ServeIntegrationTest, TermFinishesWhatHasBegunAndExitsWithZero) {
  std::uint16_t port = 0;
  const auto program = start({}, port);
  EXPECT_EQ(run_xrayclf({"health", "--port", std::to_string(port)}).out, "alive\n");
  EXPECT_EQ(run_xrayclf({"health", "--ready", "--port", std::to_string(port)}).out, "ready\n");
  HttpClient client(port);
  client.send(post_image("/predict", read_file(films().front())));
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  program->signal(SIGTERM);
  EXPECT_EQ(client.receive().status, 200);
  EXPECT_EQ(program->wait().exit_code, 0);
  const auto gone = run_xrayclf({"health", "--port", std::to_string(port)});
  EXPECT_EQ(gone.exit_code, 5);
  EXPECT_THAT(gone.err, HasSubstr("no answer"));
}

TEST_F(ServeIntegrationTest, AddressesThatOthersReachNeedAToken) {
  for (const char* host : {"0.0.0.0", "::", "10.0.0.1"}) {
    expect_failure(run_xrayclf({"serve", "--checkpoint", at("first"), "--host", host}), 2,
                   "--token_file");
  }
  expect_failure(run_xrayclf({"serve", "--checkpoint", at("none")}), 4, "none");
  std::uint16_t port = 0;
  const auto program = start({}, port);
  expect_failure(
      run_xrayclf({"serve", "--checkpoint", at("first"), "--port", std::to_string(port)}), 5,
      "cannot listen");
}

TEST_F(ServeIntegrationTest, LogTellsNeitherNamesNorAddresses) {
  std::uint16_t port = 0;
  const auto program = start({"--log-level", "trace"}, port);
  HttpClient client(port);
  const std::string body =
      "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"DOE^JANE.png\"\r\n\r\n" +
      read_file(films().front()) + "\r\n--XX--\r\n";
  EXPECT_EQ(
      client
          .ask(request("POST", "/predict?model=first",
                       "Content-Type: multipart/form-data; boundary=XX\r\nX-A: DOE^JANE\r\n", body))
          .status,
      200);
  EXPECT_EQ(client.ask(request("GET", "/DOE^JANE?a=DOE^JANE")).status, 404);
  program->signal(SIGTERM);
  const auto result = program->wait();
  EXPECT_THAT(result.err, HasSubstr("/predict 200"));
  EXPECT_THAT(result.err, Not(HasSubstr("DOE")));
  EXPECT_THAT(result.err, Not(HasSubstr("model=first")));
}

TEST_F(ServeIntegrationTest, PageWorksInABrowser) {
  std::uint16_t port = 0;
  const auto program = start({"--checkpoint", at("second"), "--queue", "4"}, port);
  std::vector<std::string> arguments = {"/usr/bin/env", "python3",
                                        XRAYCLF_SOURCE "/tests/serve/page_test.py",
                                        "http://127.0.0.1:" + std::to_string(port)};
  const auto paths = films();
  arguments.insert(arguments.end(), paths.begin(), paths.begin() + 20);
  const auto result = Program(arguments).wait();
  if (result.exit_code == 77) GTEST_SKIP() << result.err;
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

}  // namespace
}  // namespace xrayclf
