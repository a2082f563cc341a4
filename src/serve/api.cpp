#include "xrayclf/serve/api.hpp"

#include <charconv>
#include <utility>

#include "answers.hpp"
#include "page.hpp"
#include "routes.hpp"
#include "uploads.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/core/version.hpp"
#include "xrayclf/serve/openapi.hpp"

namespace xrayclf {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kBatchFiles = 16;

std::string parameter(const Request& request, const std::string& name, const std::string& other) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? other : found->second;
}

[[noreturn]] void bad_parameter(const std::string& message) {
  throw Refusal(400, "bad_parameter", message);
}

MapQuery map_query(const Request& request) {
  MapQuery query;
  query.method = parameter(request, "method", "");
  query.target = parameter(request, "class", "predicted");
  query.colour_map = parameter(request, "colour_map", "");
  const std::string opacity = parameter(request, "opacity", "0.5");
  const char* end = opacity.data() + opacity.size();
  const auto result = std::from_chars(opacity.data(), end, query.opacity);
  if (result.ec != std::errc() || result.ptr != end ||
      !(query.opacity >= 0 && query.opacity <= 1)) {
    bad_parameter("opacity must be a number from 0 to 1");
  }
  const std::string output = parameter(request, "output", "overlay");
  if (output == "overlay") {
    query.form = MapForm::overlay;
  } else if (output == "heat") {
    query.form = MapForm::heat;
  } else if (output == "map") {
    query.form = MapForm::raw;
  } else {
    bad_parameter("output must be overlay, heat or map");
  }
  return query;
}

}  // namespace

Api::Api(const AccessPolicy& access, Metrics& metrics) : access_(access), metrics_(metrics) {
  metrics_.gauge("ready", "1 while the server takes work.",
                 [this] { return state_.load() == State::ready ? 1.0 : 0.0; });
  metrics_.gauge("resident_bytes", "Memory of the server's own process.", resident_bytes);
}

void Api::open(const std::vector<std::unique_ptr<ServedModel>>& models, Pipeline& pipeline) {
  for (const auto& model : models) models_.push_back(model.get());
  pipeline_ = &pipeline;
  metrics_.gauge("jobs", "Requests with images that are inside.",
                 [&pipeline] { return static_cast<double>(pipeline.inside()); });
  state_ = State::ready;  // after all that it stands for
}

void Api::close() { state_ = State::stopping; }

void Api::require_ready() const {
  switch (state_.load()) {
    case State::ready:
      return;
    case State::loading:
      throw Refusal(503, "loading", "the models are being loaded", {{"Retry-After", "5"}});
    case State::stopping:
      throw Refusal(503, "stopping", "the server is being stopped", {{"Retry-After", "10"}});
  }
}

void Api::admit(const RequestHead& head) {
  access_.require_known_sender(head);
  // A browser's question ahead of a request from an allowed origin; headers_for() answers it.
  if (head.method == "OPTIONS" && !access_.allowed_origin(head).empty() &&
      find_route(head.path) != nullptr && !head.has_body()) {
    return;
  }
  const Route& route = require_route(head);
  if (!route.open) access_.require_token(head);
  if (!route.takes_images) return;
  if (const std::string* coding = head.find("content-encoding")) {
    if (*coding != "identity") {
      throw Refusal(415, "unsupported_coding", "bodies are taken as they are, not compressed");
    }
  }
  const std::string* type = head.find("content-type");
  require_image_type(type == nullptr ? "" : *type);
  if (!head.has_body()) throw Refusal(400, "empty_body", "there is no image in the request");
  require_ready();
}

ServedModel& Api::model_of(const Request& request) const {
  const std::string name = parameter(request, "model", models_.front()->name());
  std::vector<std::string> names;
  for (ServedModel* model : models_) {
    if (model->name() == name) return *model;
    names.push_back(model->name());
  }
  bad_parameter("model must be one of " + join(names) + did_you_mean(name, names));
}

Response Api::answer_now(const Request& request) const {
  if (request.method == "OPTIONS") return {.status = 204};
  if (request.path == "/") return {.content_type = "text/html; charset=utf-8", .body = page()};
  if (request.path == "/health") return json_response({{"status", "alive"}});
  if (request.path == "/openapi.json") return json_response(openapi());
  if (request.path == "/metrics") {
    return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_.text()};
  }
  require_ready();
  if (request.path == "/ready") return json_response({{"status", "ready"}});
  ordered_json models = ordered_json::array();
  for (const ServedModel* model : models_) models.push_back(model->description());
  return json_response({{"models", models}, {"version", version()}});
}

std::unique_ptr<Job> Api::make_job(const Request& request) const {
  auto job = std::make_unique<Job>();
  if (request.path != "/film") job->model = &model_of(request);
  if (request.path == "/gradcam") job->map = map_query(request);
  return job;
}

void Api::handle(Request request, std::shared_ptr<Waiting> waiting, Reply reply) {
  const Route* route = find_route(request.path);
  if (!route->takes_images || request.method == "OPTIONS") return reply(answer_now(request));
  require_ready();
  auto job = make_job(request);
  const bool batch = request.path == "/batch";
  std::vector<std::string> names;
  for (Upload& upload : take_uploads(request, batch ? kBatchFiles : 8)) {
    names.push_back(std::move(upload.name));
    job->images.push_back({std::move(upload.bytes), {}, {}, {}});
  }
  if (!batch && job->images.size() != 1) {
    throw Refusal(400, "one_file", "send exactly one file here; /batch takes several");
  }
  job->waiting = std::move(waiting);
  job->done = [reply = std::move(reply), names = std::move(names), id = request.id,
               path = request.path](Job& done, const std::exception_ptr& failure) {
    reply(path == "/batch"     ? batch_answer(done, names, failure, id)
          : path == "/gradcam" ? map_answer(done, failure, id)
          : path == "/film"    ? film_answer(done, failure, id)
                               : prediction_answer(done, failure, id));
  };
  if (!pipeline_->submit(std::move(job))) {
    throw Refusal(503, "busy", "all places are taken; try again", {{"Retry-After", "1"}});
  }
}

std::vector<std::pair<std::string, std::string>> Api::headers_for(const RequestHead& head) {
  std::vector<std::pair<std::string, std::string>> headers = {
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
      {"X-Frame-Options", "DENY"},
      {"Cache-Control", "no-store"},
      {"Content-Security-Policy",
       head.path == "/" ? page_policy() : "default-src 'none'; frame-ancestors 'none'"}};
  if (const std::string origin = access_.allowed_origin(head); !origin.empty()) {
    headers.insert(headers.end(), {{"Access-Control-Allow-Origin", origin},
                                   {"Vary", "Origin"},
                                   {"Access-Control-Allow-Headers", "authorization, content-type"},
                                   {"Access-Control-Allow-Methods", "GET, POST"},
                                   {"Access-Control-Expose-Headers",
                                    "x-request-id, x-class, x-probability, x-method, x-model"}});
  } else {
    headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
  }
  return headers;
}

std::string Api::route_of(const RequestHead& head) {
  const Route* route = find_route(head.path);
  return route == nullptr ? "none" : route->path;
}

}  // namespace xrayclf
