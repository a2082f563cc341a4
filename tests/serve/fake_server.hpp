#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/film_tree.hpp"
#include "support/http_client.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/serve/api.hpp"

namespace xrayclf::testing_support {

/// Its answer is a function of the film: the share of its mean brightness.
class FakeModel : public ServedModel {
 public:
  explicit FakeModel(std::string name) : name_(std::move(name)) {
    description_ = {{"name", name_},
                    {"classes", {"dark", "bright"}},
                    {"methods", {"gradcam"}},
                    {"preprocessing_fingerprint", "f00d"}};
  }
  const std::string& name() const override { return name_; }
  const nlohmann::ordered_json& description() const override { return description_; }
  std::vector<nlohmann::ordered_json> predict(const std::vector<Film>& films) override {
    on_predict();
    batches.fetch_add(1);
    std::vector<nlohmann::ordered_json> rows;
    for (const Film& film : films) {
      const double bright = cv::mean(film.grey)[0] / (film.grey.depth() == CV_16U ? 65535 : 255);
      rows.push_back({{"predicted", bright > 0.5 ? "bright" : "dark"},
                      {"probabilities", {{"dark", 1 - bright}, {"bright", bright}}},
                      {"entropy", 0.25}});
    }
    return rows;
  }
  MapAnswer explain(const Film& film, const MapQuery& query) override {
    if (query.target != "predicted" && query.target != "dark") {
      throw ConfigError("class must be one of dark, bright");
    }
    return {encode_png(film.grey), "image/png", query.target, 0.5, "gradcam"};
  }

  std::function<void()> on_predict = [] {};
  std::atomic<int> batches{0};

 private:
  std::string name_;
  nlohmann::ordered_json description_;
};

/// The whole server on a free port of loopback, with fake models and decoding within the process
/// unless told otherwise.
class FakeServer {
 public:
  struct Options {
    HttpLimits limits;
    AccessPolicy::Settings access;
    Pipeline::Settings pipeline;
    std::function<Pipeline::Decode()> decoders = [] { return Pipeline::Decode(decode_film); };
    bool open = true;
  };
  FakeServer() : FakeServer(Options{}) {}
  explicit FakeServer(const Options& options)
      : access(options.access),
        api(access, metrics),
        pipeline(std::make_unique<Pipeline>(options.pipeline, options.decoders, metrics)),
        server(std::make_unique<HttpServer>("127.0.0.1", 0, options.limits, api, metrics)) {
    models.push_back(std::make_unique<FakeModel>("first"));
    models.push_back(std::make_unique<FakeModel>("second"));
    if (options.open) open();
    server->start();
  }
  ~FakeServer() {
    pipeline.reset();  // its last answers are posted to the server
    server.reset();
  }

  void open() { api.open(models, *pipeline); }
  FakeModel& model(std::size_t i = 0) { return static_cast<FakeModel&>(*models[i]); }
  std::uint16_t port() const { return server->port(); }
  HttpAnswer ask(const std::string& bytes, const std::string& from = "127.0.0.1") const {
    HttpClient client(port(), from);
    return client.ask(bytes);
  }

  Metrics metrics;
  AccessPolicy access;
  Api api;
  std::vector<std::unique_ptr<ServedModel>> models;
  std::unique_ptr<Pipeline> pipeline;
  std::unique_ptr<HttpServer> server;
};

inline std::string film_png(std::uint64_t seed = 1) { return encode_png(random_film(seed)); }

/// Waits, not for long, until something is so.
inline bool eventually(const std::function<bool()>& holds,
                       std::chrono::milliseconds limit = std::chrono::seconds(10)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < end) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return holds();
}

}  // namespace xrayclf::testing_support
