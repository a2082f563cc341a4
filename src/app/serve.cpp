#include "xrayclf/app/serve.hpp"

#include <malloc.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <filesystem>
#include <memory>
#include <ostream>
#include <thread>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "app/served_classifier.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/interrupt.hpp"
#include "xrayclf/core/parallel.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/model/checkpoint.hpp"
#include "xrayclf/model/device.hpp"
#include "xrayclf/serve/api.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

AccessPolicy access_policy(const ServeConfig& config) {
  if (config.token_file.empty() && !is_loopback(config.host)) {
    throw ConfigError(
        fmt::format("--host {} can be reached from other machines: give --token_file FILE, or "
                    "listen on 127.0.0.1 behind a server that checks who asks",
                    printable(config.host)));
  }
  AccessPolicy::Settings settings;
  settings.hosts = config.allowed_hosts;
  settings.origins = config.allowed_origins;
  settings.token_file = config.token_file;
  const bool all = config.host == "0.0.0.0" || config.host == "::";
  if (!all && config.host.find(':') == std::string::npos) settings.hosts.push_back(config.host);
  return AccessPolicy(settings);
}

/// The last part of a checkpoint's path, fit for the API, and unlike those that are taken.
std::string name_for(const std::string& checkpoint,
                     const std::vector<std::unique_ptr<ServedModel>>& taken) {
  fs::path path = fs::path(checkpoint).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  std::string name = path.filename().string();
  for (char& c : name) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-';
    if (!plain) c = '_';
  }
  const auto is_taken = [&](const std::string& candidate) {
    return std::any_of(taken.begin(), taken.end(),
                       [&](const auto& model) { return model->name() == candidate; });
  };
  std::string candidate = name;
  for (int i = 2; is_taken(candidate); ++i) candidate = fmt::format("{}-{}", name, i);
  return candidate;
}

std::vector<std::unique_ptr<ServedModel>> load_models(const ServeConfig& config,
                                                      const torch::Device& device) {
  std::vector<std::unique_ptr<ServedModel>> models;
  for (const std::string& checkpoint : config.checkpoint) {
    models.push_back(std::make_unique<ServedClassifier>(
        name_for(checkpoint, models),
        Ensemble::load({checkpoint}, device, config.precision, config.engine, {}), config.methods,
        device, config.precision));
    spdlog::info("model {}: {}", models.back()->name(), printable(checkpoint));
    if (interrupt_signal() != 0) break;
  }
  return models;
}

/// One network a processor, each on its own, needs no thread to wait for another.
Pipeline::Settings pipeline_settings(const ServeConfig& config, const torch::Device& device) {
  const std::int64_t processors = processor_count();
  Pipeline::Settings settings;
  settings.streams = config.streams > 0 ? config.streams : device.is_cpu() ? processors : 1;
  settings.decoders = config.decoders > 0 ? config.decoders : processors + 1;
  settings.queue = config.queue;
  settings.max_batch = config.max_batch;
  settings.max_delay =
      std::chrono::microseconds(static_cast<std::int64_t>(config.max_delay_ms * 1000));
  const auto threads = static_cast<int>(std::max<std::int64_t>(1, processors / settings.streams));
  settings.stream_starts = [threads] { torch::set_num_threads(threads); };
  return settings;
}

/// Until a signal. Memory that a burst of large films took goes back when there is nothing to do:
/// main() has the allocator keep it, which is right while the networks run.
void wait_for_signal(const Pipeline& pipeline) {
  constexpr int kIdleTurns = 200;
  for (int idle = kIdleTurns; interrupt_signal() == 0;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    idle = pipeline.inside() > 0 ? 0 : std::min(idle, kIdleTurns) + 1;
    if (idle == kIdleTurns) ::malloc_trim(0);
  }
}

}  // namespace

void serve(const ServeConfig& config, std::ostream& out) {
  if (config.methods.empty()) throw ConfigError("methods must name at least one method");
  // No core file, no debugger: films pass through this memory.
  ::prctl(PR_SET_DUMPABLE, 0);
  SandboxLimits sandbox;
  sandbox.time = milliseconds(config.decode_seconds);
  sandbox.memory = config.decode_memory;
  // First of all: what it forks knows neither token nor models, and has no threads.
  const auto nursery = std::make_shared<DecoderNursery>(sandbox);
  const AccessPolicy access = access_policy(config);
  const torch::Device device = select_device(config.device);
  check_precision(config.precision, device);

  // What is wrong on the command line is said before anybody is told that there is a server.
  for (const std::string& checkpoint : config.checkpoint) resolve_checkpoint(checkpoint);

  Metrics metrics;
  Api api(access, metrics);
  HttpServer server(config.host, static_cast<std::uint16_t>(config.port), config.limits, api,
                    metrics);
  server.start();
  out << nlohmann::ordered_json{{"listening", server.url()}}.dump() << std::endl;
  const auto models = load_models(config, device);
  Pipeline pipeline(
      pipeline_settings(config, device),
      [&nursery] {
        auto decoder = std::make_shared<SandboxedDecoder>(nursery);
        return [decoder](std::string_view bytes) { return decoder->decode(bytes); };
      },
      metrics);
  api.open(models, pipeline);
  spdlog::info("ready at {}", server.url());
  wait_for_signal(pipeline);
  api.close();
  spdlog::info("stopping");
  if (!server.drain(milliseconds(config.drain_seconds))) {
    spdlog::warn("stopped before all had their answers");
  }
}

}  // namespace xrayclf
