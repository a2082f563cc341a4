#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "serve/fake_server.hpp"
#include "support/temporary_directory.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/serve/health.hpp"
#include "xrayclf/serve/openapi.hpp"

namespace xrayclf {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using testing_support::eventually;
using testing_support::FakeServer;
using testing_support::film_png;
using testing_support::HttpAnswer;
using testing_support::HttpClient;
using testing_support::post_image;
using testing_support::random_film;
using testing_support::request;

/// A form with these files under the name `file`.
std::string form(const std::string& target, const std::vector<std::string>& files,
                 const std::string& file_name = "a.png") {
  std::string body;
  for (const std::string& file : files) {
    body += "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + file_name +
            "\"\r\n\r\n" + file + "\r\n";
  }
  return request("POST", target, "Content-Type: multipart/form-data; boundary=XX\r\n",
                 body + "--XX--\r\n");
}

TEST(Api, PredictsFromARawBodyAndFromAFormAlike) {
  const FakeServer server;
  const auto raw = server.ask(post_image("/predict", film_png()));
  ASSERT_EQ(raw.status, 200) << raw.body;
  auto row = raw.json();
  const double bright = cv::mean(random_film(1))[0] / 255;
  EXPECT_EQ(row.at("class"), bright > 0.5 ? "bright" : "dark");
  EXPECT_EQ(row.at("confidence"), std::max(bright, 1 - bright));
  EXPECT_EQ(row.at("probabilities").at("bright"), bright);
  EXPECT_EQ(row.at("model"), "first");
  EXPECT_EQ(row.at("preprocessing_fingerprint"), "f00d");
  EXPECT_EQ(row.at("entropy"), 0.25);  // whatever the model adds to its row
  EXPECT_EQ(row.at("image").at("width"), 48);
  EXPECT_EQ(row.at("request_id"), raw.headers.at("x-request-id"));
  EXPECT_THAT(row.at("notice"), HasSubstr("Research use only"));
  auto from_form = server.ask(form("/predict", {film_png()})).json();
  row.erase("request_id");
  from_form.erase("request_id");
  EXPECT_EQ(from_form, row);
}

TEST(Api, ModelIsChosenByName) {
  const FakeServer server;
  EXPECT_EQ(server.ask(post_image("/predict?model=second", film_png())).json().at("model"),
            "second");
  const auto answer = server.ask(post_image("/predict?model=secnd", film_png()));
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.json().at("message"), HasSubstr("did you mean 'second'?"));
  const auto models = server.ask(request("GET", "/model")).json().at("models");
  EXPECT_EQ(models.size(), 2u);
  EXPECT_EQ(models.at(1).at("name"), "second");
}

TEST(Api, BatchAnswersInOrderWithAnErrorWhereOneFailed) {
  const FakeServer server;
  const auto answer = server.ask(form("/batch", {film_png(1), "no image", film_png(3)}, "<b>.png"));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto results = answer.json().at("results");
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0].at("probabilities").at("bright"), cv::mean(random_film(1))[0] / 255);
  EXPECT_EQ(results[1].at("code"), "unreadable_image");
  EXPECT_EQ(results[2].at("probabilities").at("bright"), cv::mean(random_film(3))[0] / 255);
  EXPECT_EQ(server.ask(form("/batch", std::vector<std::string>(17, "x"))).status, 413);
}

TEST(Api, MapsSayWhatTheyExplain) {
  const FakeServer server;
  const auto answer = server.ask(post_image("/gradcam?class=dark&opacity=0.3", film_png()));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("content-type"), "image/png");
  EXPECT_EQ(answer.headers.at("x-class"), "dark");
  EXPECT_EQ(answer.headers.at("x-method"), "gradcam");
  EXPECT_EQ(answer.body, film_png());
  for (const char* bad : {"opacity=1.5", "opacity=-0.1", "opacity=nan", "opacity=", "opacity=0,5",
                          "output=jpeg", "class=other", "colour=red"}) {
    const auto refused = server.ask(post_image(std::string("/gradcam?") + bad, film_png()));
    EXPECT_EQ(refused.status, 400) << bad << refused.body;
  }
}

TEST(Api, FilmGivesThePixelsThatWereDecoded) {
  const FakeServer server;
  cv::Mat film(9, 11, CV_16UC1);
  cv::randu(film, 0, 65536);
  const auto answer = server.ask(post_image("/film", encode_png(film)));
  EXPECT_EQ(answer.headers.at("x-image-width"), "11");
  EXPECT_EQ(answer.headers.at("x-image-height"), "9");
  EXPECT_EQ(answer.headers.at("x-image-bits"), "16");
  EXPECT_EQ(answer.body, std::string(reinterpret_cast<const char*>(film.data), 9 * 11 * 2));
}

TEST(Api, ErrorsAreStableJsonThatTellsNothingOfTheMachine) {
  FakeServer server;
  server.model().on_predict = [] { throw std::runtime_error("/secret/path: broken"); };
  struct Case {
    std::string bytes;
    int status;
    const char* code;
  };
  const std::string png = film_png();
  const Case cases[] = {
      {request("GET", "/nothing"), 404, "not_found"},
      {request("GET", "/predict"), 405, "method_not_allowed"},
      {request("DELETE", "/model"), 405, "method_not_allowed"},
      {request("POST", "/health", "Content-Type: image/png\r\n", "x"), 405, "method_not_allowed"},
      {request("TRACE", "/"), 405, "method_not_allowed"},
      {request("OPTIONS", "/predict"), 405, "method_not_allowed"},
      {request("GET", "/health?a=b"), 400, "unknown_parameter"},
      {post_image("/predict?path=/etc/passwd", png), 400, "unknown_parameter"},
      {request("POST", "/predict", "Content-Type: image/png\r\n"), 400, "empty_body"},
      {request("POST", "/predict", "Content-Type: text/html\r\n", "x"), 415,
       "unsupported_media_type"},
      {request("POST", "/predict", "", "x"), 415, "unsupported_media_type"},
      {post_image("/predict", "no image"), 422, "unreadable_image"},
      {post_image("/predict", png.substr(0, 200)), 422, "unreadable_image"},
      {form("/predict", {png, png}), 400, "one_file"},
      {form("/predict", {""}), 400, "empty_file"},
      {request("POST", "/predict", "Content-Type: multipart/form-data; boundary=XX\r\n", "x"), 400,
       "malformed_multipart"},
      {post_image("/predict", png), 500, "internal"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.bytes.substr(0, 60));
    const auto answer = server.ask(c.bytes);
    ASSERT_EQ(answer.status, c.status) << answer.body;
    const auto body = answer.json();
    EXPECT_EQ(body.size(), 3u);
    EXPECT_EQ(body.at("code"), c.code);
    EXPECT_EQ(body.at("request_id"), answer.headers.at("x-request-id"));
    EXPECT_THAT(answer.body, Not(HasSubstr("secret")));
    EXPECT_EQ(answer.headers.at("content-type"), "application/json");
  }
  EXPECT_EQ(server.ask(request("GET", "/predict")).headers.at("allow"), "POST");
}

TEST(Api, NoPathLeadsToAFile) {
  const FakeServer server;
  const char* targets[] = {"/../etc/passwd",
                           "/..%2fetc/passwd",
                           "/%2e%2e/etc/passwd",
                           "/%2e%2e%2fetc%2fpasswd",
                           "/..%252fetc/passwd",
                           "/%252e%252e/etc/passwd",
                           "/....//etc/passwd",
                           "/..;/etc/passwd",
                           "/.%2e/etc/passwd",
                           "/%2e./etc/passwd",
                           "/..%5cetc%5cpasswd",
                           "/..\\etc\\passwd",
                           "/%c0%ae%c0%ae/etc/passwd",
                           "/%c0%af..%c0%afetc",
                           "/..%c0%afetc/passwd",
                           "/..%ef%bc%8fetc/passwd",
                           "/%uff0e%uff0e/etc/passwd",
                           "//etc/passwd",
                           "///etc/passwd",
                           "/./etc/passwd",
                           "/page.html",
                           "/index.html",
                           "/script.js",
                           "/src/serve/page/script.js",
                           "/static/../../etc/passwd",
                           "/health/../model",
                           "/health%00.html",
                           "/health/",
                           "/HEALTH",
                           "/%68ealth",
                           "/.git/config",
                           "/proc/self/environ"};
  for (const char* target : targets) {
    EXPECT_EQ(server.ask(request("GET", target)).status, 404) << target;
  }
}

TEST(Api, EveryAnswerCarriesTheSecurityHeaders) {
  const FakeServer server;
  for (const std::string& bytes :
       {request("GET", "/"), request("GET", "/health"), request("GET", "/nothing"),
        post_image("/predict", film_png()), std::string("nonsense\r\n\r\n")}) {
    const auto answer = server.ask(bytes);
    EXPECT_EQ(answer.headers.at("x-content-type-options"), "nosniff");
    EXPECT_EQ(answer.headers.at("referrer-policy"), "no-referrer");
    EXPECT_THAT(answer.headers.at("content-security-policy"), HasSubstr("frame-ancestors 'none'"));
    EXPECT_EQ(answer.headers.at("cache-control"), "no-store");
    EXPECT_EQ(answer.headers.count("access-control-allow-origin"), 0u);
    EXPECT_EQ(answer.headers.count("server"), 0u);
  }
}

TEST(Api, HostAndOriginAreChecked) {
  FakeServer::Options options;
  options.access.origins = {"https://ward.example"};
  const FakeServer server(options);
  EXPECT_EQ(server.ask("GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n").status, 421);
  EXPECT_EQ(
      server.ask(post_image("/predict", film_png(), "Origin: http://evil.example\r\n")).status,
      403);
  const auto allowed =
      server.ask(post_image("/predict", film_png(), "Origin: https://ward.example\r\n"));
  EXPECT_EQ(allowed.status, 200);
  EXPECT_EQ(allowed.headers.at("access-control-allow-origin"), "https://ward.example");
  EXPECT_EQ(server.ask(request("OPTIONS", "/predict", "Origin: https://ward.example\r\n")).status,
            204);
  EXPECT_EQ(server.ask(request("OPTIONS", "/predict", "Origin: https://evil.example\r\n")).status,
            403);
}

TEST(Api, TokenGuardsAllThatSaysSomething) {
  const testing_support::TemporaryDirectory directory;
  const auto file = directory / "token";
  testing_support::write_text(file, "0123456789abcdef");
  ::chmod(file.c_str(), 0600);
  FakeServer::Options options;
  options.access.token_file = file;
  const FakeServer server(options);
  const std::string token = "Authorization: Bearer 0123456789abcdef\r\n";
  for (const char* open : {"/", "/health", "/ready", "/openapi.json"}) {
    EXPECT_EQ(server.ask(request("GET", open)).status, 200) << open;
  }
  for (const char* guarded : {"/metrics", "/model"}) {
    EXPECT_EQ(server.ask(request("GET", guarded)).status, 401) << guarded;
    EXPECT_EQ(server.ask(request("GET", guarded, token)).status, 200) << guarded;
  }
  for (const char* path : {"/predict", "/batch", "/gradcam", "/film"}) {
    const auto missing = server.ask(post_image(path, film_png()));
    const auto wrong = server.ask(post_image(path, film_png(), "Authorization: Bearer x\r\n"));
    EXPECT_EQ(missing.status, 401) << path;
    EXPECT_EQ(missing.json().at("message"), wrong.json().at("message"));
    EXPECT_EQ(server.ask(post_image(path, film_png(), token)).status, 200) << path;
  }
}

TEST(Api, ReadyIsMoreThanAlive) {
  FakeServer::Options options;
  options.open = false;
  FakeServer server(options);
  EXPECT_EQ(server.ask(request("GET", "/health")).status, 200);
  EXPECT_EQ(server.ask(request("GET", "/ready")).status, 503);
  EXPECT_EQ(server.ask(request("GET", "/model")).status, 503);
  EXPECT_EQ(server.ask(post_image("/predict", film_png())).code(), "loading");
  EXPECT_EQ(http_status("127.0.0.1", server.port(), "/ready", 5s), 503);
  server.open();
  EXPECT_EQ(server.ask(request("GET", "/ready")).status, 200);
  EXPECT_EQ(http_status("127.0.0.1", server.port(), "/ready", 5s), 200);
}

TEST(Api, HeadAnswersWithoutABody) {
  const FakeServer server;
  HttpClient client(server.port());
  client.send(request("HEAD", "/health"));
  const auto answer = client.receive(true);
  EXPECT_EQ(answer.status, 200);
  EXPECT_GT(std::stoi(answer.headers.at("content-length")), 5);
  EXPECT_EQ(client.ask(request("GET", "/health")).status, 200);
}

TEST(Api, FullQueueSaysSoAndHealthStaysQuick) {
  FakeServer::Options options;
  options.limits.connections_per_address = 64;
  options.limits.connections = 200;
  FakeServer server(options);
  server.model().on_predict = [] { std::this_thread::sleep_for(20ms); };
  const std::string post = post_image("/predict", film_png());
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::vector<HttpAnswer> answers;
  for (int i = 0; i < 100; ++i) {
    threads.emplace_back([&, i] {
      const auto answer = server.ask(post, "127.0.3." + std::to_string(i / 40 + 1));
      const std::lock_guard lock(mutex);
      answers.push_back(answer);
    });
  }
  std::vector<double> seconds;
  for (int i = 0; i < 50; ++i) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(server.ask(request("GET", "/health"), "127.0.0.2").status, 200);
    EXPECT_EQ(server.ask(request("GET", "/ready"), "127.0.0.2").status, 200);
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  for (std::thread& thread : threads) thread.join();
  int good = 0;
  for (const HttpAnswer& answer : answers) {
    good += answer.status == 200 ? 1 : 0;
    if (answer.status == 200) continue;
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.code(), "busy");
    EXPECT_EQ(answer.headers.at("retry-after"), "1");
  }
  EXPECT_GE(good, 17);
  std::sort(seconds.begin(), seconds.end());
  EXPECT_LT(seconds[seconds.size() * 9 / 10], 0.5);  // of a machine that others use, too
}

TEST(Api, MetricsCountWhatHappened) {
  const FakeServer server;
  server.ask(post_image("/predict", film_png()));
  server.ask(post_image("/predict", "no image"));
  server.ask(request("GET", "/x\"y"));
  const std::string text = server.ask(request("GET", "/metrics")).body;
  EXPECT_THAT(text, HasSubstr("xrayclf_requests_total{route=\"/predict\",status=\"200\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("xrayclf_requests_total{route=\"/predict\",status=\"422\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("xrayclf_requests_total{route=\"none\",status=\"404\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("xrayclf_images_total{model=\"first\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("xrayclf_ready 1\n"));
  EXPECT_THAT(text, HasSubstr("xrayclf_inference_seconds_bucket{model=\"first\",le=\"+Inf\"} 1\n"));
  // One name and one number a line, or a comment.
  for (const std::string& line : split_text(text, '\n')) {
    if (line.empty() || line[0] == '#') continue;
    EXPECT_EQ(line.rfind("xrayclf_", 0), 0u) << line;
    EXPECT_NO_THROW(std::stod(line.substr(line.rfind(' ')))) << line;
  }
}

TEST(Api, OpenApiDescribesEveryRoute) {
  const FakeServer server;
  const auto paths = server.ask(request("GET", "/openapi.json")).json().at("paths");
  EXPECT_EQ(paths.size(), 10u);
  for (const auto& item : paths.items()) {
    const bool post = item.value().contains("post");
    const auto status =
        server.ask(post ? post_image(item.key(), film_png()) : request("GET", item.key())).status;
    EXPECT_EQ(status, 200) << item.key();
  }
}

TEST(Api, PageAllowsItsOwnScriptAlone) {
  const FakeServer server;
  const auto answer = server.ask(request("GET", "/"));
  EXPECT_EQ(answer.headers.at("content-type"), "text/html; charset=utf-8");
  const std::string policy = answer.headers.at("content-security-policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'self'; script-src 'sha256-"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_THAT(answer.body, Not(HasSubstr("http://")));
  EXPECT_THAT(answer.body, Not(HasSubstr("https://")));
}

}  // namespace
}  // namespace xrayclf
