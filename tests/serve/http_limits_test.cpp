#include <sys/resource.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "serve/fake_server.hpp"

/// Attacks on the protocol, over loopback: HARDENING's limits, smuggling and slow clients.
namespace xrayclf {
namespace {

using namespace std::chrono_literals;
using testing_support::eventually;
using testing_support::FakeServer;
using testing_support::film_png;
using testing_support::HttpClient;
using testing_support::post_image;
using testing_support::request;

FakeServer::Options quick() {
  FakeServer::Options options;
  options.limits.header_seconds = 0.4;
  options.limits.body_seconds = 1.5;
  options.limits.idle_seconds = 0.5;
  options.limits.write_seconds = 0.5;
  options.limits.body_bytes = 1 << 20;
  return options;
}

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct RawCase {
  const char* name;
  std::string bytes;
  int status;
};

TEST(HttpServer, SmugglingIsAnsweredAndTheConnectionClosed) {
  const FakeServer server(quick());
  const std::string image = "Content-Type: image/png\r\n";
  const std::string chunked = image + "Transfer-Encoding: chunked\r\n";
  const auto post = [](const std::string& fields, const std::string& body) {
    return "POST /predict HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n" + body;
  };
  const std::string hidden = request("GET", "/health");
  const RawCase cases[] = {
      {"two lengths", post(image + "Content-Length: 1\r\nContent-Length: 2\r\n", "ab"), 400},
      {"length and chunks", post(chunked + "Content-Length: 4\r\n", "0\r\n\r\n" + hidden), 400},
      {"bare LF", "GET /health HTTP/1.1\nHost: localhost\n\n", 400},
      {"bare LF within", "GET /health HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n", 400},
      {"folded", "GET /health HTTP/1.1\r\nHost: localhost\r\nX: y\r\n z\r\n\r\n", 400},
      {"NUL", std::string("GET /health HTTP/1.1\r\nHost: localhost\r\nX: \0\r\n\r\n", 47), 400},
      {"absolute form", "GET http://localhost/health HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"Expect", post(image + "Expect: 100-continue\r\nContent-Length: 4\r\n", ""), 417},
      {"pipelined after a body", post(image + "Content-Length: 1\r\n", "a" + hidden), 400},
      {"pipelined", hidden + hidden, 400},
      {"a chunk of odd size", post(chunked, "zz\r\nab\r\n0\r\n\r\n"), 400},
      {"a chunk of negative size", post(chunked, "-1\r\nab\r\n0\r\n\r\n"), 400},
      {"a chunk of endless size", post(chunked, "fffffffffffffffff\r\nab\r\n0\r\n\r\n"), 400},
      {"a chunk longer than it says", post(chunked, "1\r\nabc\r\n0\r\n\r\n"), 400},
      {"TLS", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), 400},
      {"another protocol", "SSH-2.0-OpenSSH_9.2\r\n\r\n", 400},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
  };
  for (const RawCase& c : cases) {
    SCOPED_TRACE(c.name);
    HttpClient client(server.port());
    client.send(c.bytes);
    EXPECT_EQ(client.receive().status, c.status);
    EXPECT_EQ(client.receive().status, 0) << "a second answer";
  }
  EXPECT_EQ(server.ask(hidden).status, 200);
}

TEST(HttpServer, BodyLimitHoldsHoweverTheBodyIsSent) {
  const FakeServer server(quick());
  const std::string head =
      "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n";
  {
    HttpClient client(server.port());
    client.send(head + "Content-Length: 1048577\r\n\r\n");
    EXPECT_EQ(client.receive().status, 413);  // before a byte of it
    EXPECT_EQ(client.receive().status, 0);
  }
  {
    HttpClient client(server.port());
    client.send(head + "Transfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "10000\r\n" + std::string(0x10000, 'a') + "\r\n";
    for (int i = 0; i < 40 && client.send(chunk); ++i) {
    }
    EXPECT_EQ(client.receive().status, 413);
  }
  {
    HttpClient client(server.port());  // one chunk that promises much
    client.send(head + "Transfer-Encoding: chunked\r\n\r\n7fffffff\r\n");
    EXPECT_EQ(client.receive().status, 413);
  }
  // Without any length there is no body.
  EXPECT_EQ(server.ask(head + "\r\n").code(), "empty_body");
}

TEST(HttpServer, MillionsOfTinyChunksCostNoMemory) {
  auto options = quick();
  options.limits.body_seconds = 20;
  options.limits.body_rate = 0;
  options.limits.body_bytes = 2 << 20;
  const FakeServer server(options);
  const double before = resident_bytes();
  HttpClient client(server.port());
  client.send(
      "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
      "Transfer-Encoding: chunked\r\n\r\n");
  std::string chunks;
  for (int i = 0; i < 100000; ++i) chunks += "1;e=" + std::to_string(i) + "\r\na\r\n";
  for (int i = 0; i < 5; ++i) client.send(chunks);
  client.send("0\r\nX-Trailer: a\r\n\r\n");
  EXPECT_EQ(client.receive().status, 422);
  EXPECT_LT(resident_bytes() - before, 2.0 * static_cast<double>(options.limits.body_bytes) + 8e6);
}

TEST(HttpServer, CompressedBodiesAreRefused) {
  const FakeServer server(quick());
  const auto answer = server.ask(post_image("/predict", "x", "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(answer.status, 415);
  EXPECT_EQ(answer.code(), "unsupported_coding");
}

TEST(HttpServer, AllBodiesTogetherAreBounded) {
  auto options = quick();
  options.limits.bodies_bytes = 1 << 20;
  options.limits.body_seconds = 20;
  const FakeServer server(options);
  const std::string part(800000, 'a');
  HttpClient first(server.port());
  first.send(
      "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
      "Content-Length: 1000000\r\n\r\n" +
      part);
  std::this_thread::sleep_for(200ms);
  const auto answer = server.ask(post_image("/predict", part));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.headers.at("retry-after"), "1");
}

TEST(HttpServer, SlowClientsAreCutOff) {
  const FakeServer server(quick());
  HttpClient silent(server.port());
  HttpClient header(server.port());
  header.send("GET /health HTTP/1.1\r\nHo");
  HttpClient stalled(server.port());
  const std::string head =
      "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
      "Content-Length: 1000000\r\n\r\n";
  stalled.send(head);
  HttpClient dripping(server.port());
  dripping.send("GET /health HTTP/1.1\r\n");
  EXPECT_LT(seconds_of([&] { EXPECT_EQ(header.receive().status, 408); }), 2);
  for (int i = 0; i < 20 && dripping.send("X: y\r\n"); ++i) std::this_thread::sleep_for(50ms);
  EXPECT_TRUE(dripping.closes_within(2s));
  EXPECT_TRUE(silent.closes_within(2s));
  EXPECT_EQ(stalled.receive().status, 408);
  EXPECT_EQ(server.ask(request("GET", "/health")).status, 200);
}

TEST(HttpServer, BodySlowerThanTheLeastRateIsCutOffBeforeItsDeadline) {
  auto options = quick();
  options.limits.body_seconds = 60;
  options.limits.body_rate = 1000;
  const FakeServer server(options);
  HttpClient client(server.port());
  client.send(
      "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
      "Content-Length: 1000000\r\n\r\n");
  const double seconds = seconds_of([&] {
    for (int i = 0; i < 100 && client.send("abc"); ++i) std::this_thread::sleep_for(50ms);
    EXPECT_EQ(client.receive().status, 408);
  });
  EXPECT_LT(seconds, 8);
}

TEST(HttpServer, ClientThatDoesNotReadIsCutOff) {
  auto options = quick();
  options.limits.body_bytes = 64 << 20;
  const FakeServer server(options);
  HttpClient client(server.port());
  // 16 million bytes of answer do not fit into the buffers between.
  client.send(post_image("/film", encode_png(cv::Mat(4000, 4000, CV_8UC1, cv::Scalar(9)))));
  EXPECT_TRUE(eventually(
      [&] {
        return server.metrics.text().find("route=\"/film\",status=\"200\"") != std::string::npos;
      },
      20s));
  std::this_thread::sleep_for(1s);
  EXPECT_THROW(client.receive(), std::runtime_error);
}

TEST(HttpServer, OneAddressCannotTakeAllPlaces) {
  const FakeServer server;
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<HttpClient>(server.port()));
    clients.back()->send("GET /health HTTP/1.1\r\n");
  }
  const double seconds = seconds_of(
      [&] { EXPECT_EQ(server.ask(request("GET", "/health"), "127.0.0.2").status, 200); });
  EXPECT_LT(seconds, 1);
  const auto answer = server.ask(request("GET", "/health"));
  EXPECT_TRUE(answer.status == 503 || answer.status == 0) << answer.status;
  clients.clear();
  EXPECT_TRUE(eventually([&] { return server.ask(request("GET", "/health")).status == 200; }));
}

TEST(HttpServer, AllAddressesTogetherAreBounded) {
  auto options = FakeServer::Options();
  options.limits.connections = 20;
  const FakeServer server(options);
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int i = 0; i < 30; ++i) {
    clients.push_back(
        std::make_unique<HttpClient>(server.port(), "127.0.1." + std::to_string(i / 5 + 1)));
  }
  const auto answer = server.ask(request("GET", "/health"), "127.0.0.9");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.headers.at("retry-after"), "1");
}

TEST(HttpServer, ConnectionsServeManyRequestsButNotEndlessly) {
  const FakeServer server;
  HttpClient client(server.port());
  for (int i = 1; i <= 100; ++i) {
    const auto answer = client.ask(request("GET", "/health"));
    ASSERT_EQ(answer.status, 200);
    EXPECT_EQ(answer.headers.count("connection"), i == 100 ? 1u : 0u);
  }
  EXPECT_EQ(client.receive().status, 0);
}

TEST(HttpServer, DescriptorsAndMemoryComeBack) {
  const FakeServer server(quick());
  const auto descriptors = [] {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return std::distance(begin(all), end(all));
  };
  server.ask(request("GET", "/health"));
  const auto before = descriptors();
  for (int round = 0; round < 10; ++round) {
    std::vector<std::unique_ptr<HttpClient>> clients;
    for (int i = 0; i < 40; ++i) {
      clients.push_back(
          std::make_unique<HttpClient>(server.port(), "127.0.2." + std::to_string(i + 1)));
      clients.back()->send(i % 2 == 0 ? "POST /predict HTTP/1.1\r\nHost: lo"
                                      : post_image("/predict", "x"));
    }
  }
  EXPECT_TRUE(eventually([&] { return descriptors() <= before + 1; }));
}

TEST(HttpServer, ClientThatHangsUpLeavesNoWorkBehind) {
  FakeServer::Options options;
  options.pipeline.max_batch = 1;
  std::atomic<bool> held{true};
  std::atomic<int> begun{0};
  FakeServer server(options);
  server.model().on_predict = [&] {
    ++begun;
    eventually([&] { return !held; });
  };
  HttpClient first(server.port());
  first.send(post_image("/predict", film_png()));
  EXPECT_TRUE(eventually([&] { return begun == 1; }));
  {
    HttpClient second(server.port());
    second.send(post_image("/predict", film_png()));
    EXPECT_TRUE(eventually([&] { return server.pipeline->inside() == 2; }));
  }
  EXPECT_TRUE(eventually(
      [&] { return server.metrics.text().find("clients_gone_total 1") != std::string::npos; }));
  held = false;
  EXPECT_EQ(first.receive().status, 200);
  EXPECT_TRUE(eventually([&] { return server.pipeline->inside() == 0; }));
  EXPECT_EQ(server.model().batches, 1);
}

TEST(HttpServer, DrainAnswersWhatHasBegunAndClosesTheRest) {
  FakeServer server;
  server.model().on_predict = [] { std::this_thread::sleep_for(300ms); };
  HttpClient idle(server.port());
  EXPECT_EQ(idle.ask(request("GET", "/health")).status, 200);
  HttpClient working(server.port());
  working.send(post_image("/predict", film_png()));
  EXPECT_TRUE(eventually([&] { return server.pipeline->inside() == 1; }));
  server.api.close();
  EXPECT_EQ(server.ask(request("GET", "/ready")).status, 503);
  EXPECT_EQ(server.ask(post_image("/predict", film_png())).code(), "stopping");
  EXPECT_TRUE(server.server->drain(5s));
  EXPECT_EQ(working.receive().status, 200);
  EXPECT_EQ(idle.receive().status, 0);
}

TEST(HttpServer, DrainDoesNotWaitForever) {
  std::atomic<bool> held{true};
  FakeServer server;
  server.model().on_predict = [&] { eventually([&] { return !held; }, 20s); };
  HttpClient working(server.port());
  working.send(post_image("/predict", film_png()));
  EXPECT_TRUE(eventually([&] { return server.pipeline->inside() == 1; }));
  EXPECT_LT(seconds_of([&] { EXPECT_FALSE(server.server->drain(300ms)); }), 3);
  held = false;
}

}  // namespace
}  // namespace xrayclf
