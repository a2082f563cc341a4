#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "xrayclf/core/fields.hpp"
#include "xrayclf/explain/config.hpp"
#include "xrayclf/inference/engine.hpp"
#include "xrayclf/model/precision.hpp"
#include "xrayclf/serve/limits.hpp"

namespace xrayclf {

/// `xrayclf serve`: checkpoints behind HTTP, with a page for people. docs/serve.md.
struct ServeConfig {
  std::vector<std::string> checkpoint;
  std::string host = "127.0.0.1";
  std::int64_t port = 8000;
  std::string token_file;
  std::vector<std::string> allowed_hosts;
  std::vector<std::string> allowed_origins;
  std::int64_t streams = 0;
  std::int64_t max_batch = 4;
  double max_delay_ms = 0;
  std::int64_t queue = 16;
  std::int64_t decoders = 0;
  double decode_seconds = 10;
  std::int64_t decode_memory = std::int64_t{1536} << 20;
  std::vector<CamMethod> methods = {CamMethod::gradcam,     CamMethod::gradcam_plus_plus,
                                    CamMethod::hirescam,    CamMethod::xgradcam,
                                    CamMethod::layercam,    CamMethod::eigencam,
                                    CamMethod::eigengradcam};
  HttpLimits limits;
  double drain_seconds = 10;
  std::string device = "auto";
  Precision precision = Precision::float32;
  EngineKind engine = EngineKind::automatic;

  template <class Field>
  static void fields(Field&& field) {
    field("checkpoint", &ServeConfig::checkpoint,
          "Runs (their best checkpoints) or checkpoint directories; the first is the default model",
          required(), Unit{"paths"});
    field("host", &ServeConfig::host,
          "Address to listen on; one that others can reach needs --token_file");
    field("port", &ServeConfig::port, "Port to listen on; 0 takes a free one",
          in_range(std::int64_t{0}, std::int64_t{65535}));
    field("token_file", &ServeConfig::token_file,
          "File of mode 600 with the token that clients must send", Unit{"path"});
    field("allowed_hosts", &ServeConfig::allowed_hosts,
          "Names in Host that are answered, beside localhost, loopback and --host");
    field("allowed_origins", &ServeConfig::allowed_origins,
          "Other origins whose pages may send requests, exactly, as https://ward.example");
    field("streams", &ServeConfig::streams,
          "Networks that run at a time; 0 for one a processor, or one on a GPU",
          in_range(std::int64_t{0}, std::int64_t{1024}));
    field("max_batch", &ServeConfig::max_batch, "Images that a stream takes at a time",
          in_range(std::int64_t{1}, std::int64_t{1024}), Unit{"images"});
    field("max_delay_ms", &ServeConfig::max_delay_ms,
          "How long a stream waits for a batch to fill; 0 takes what is there",
          in_range(0.0, 10000.0), Unit{"milliseconds"});
    field("queue", &ServeConfig::queue, "Requests that wait; one more is told to come again",
          in_range(std::int64_t{1}, std::int64_t{100000}));
    field("decoders", &ServeConfig::decoders,
          "Confined processes that decode images; 0 for one a processor and one more",
          in_range(std::int64_t{0}, std::int64_t{1024}));
    field("decode_seconds", &ServeConfig::decode_seconds, "For one image", in_range(0.1, 600.0),
          Unit{"seconds"});
    field("decode_memory", &ServeConfig::decode_memory, "Of one decoding process",
          in_range(std::int64_t{64} << 20, std::int64_t{1} << 36), Unit{"bytes"});
    field("methods", &ServeConfig::methods,
          "Class maps that clients may ask for; the first is the default. scorecam, ablationcam, "
          "occlusion and smoothgrad take many passes each");
    field("limits", &ServeConfig::limits, "Of clients and connections");
    field("drain_seconds", &ServeConfig::drain_seconds,
          "After INT or TERM, for requests that have begun", in_range(0.0, 600.0), Unit{"seconds"});
    field("device", &ServeConfig::device, "auto, cpu, cuda or cuda:N");
    field("precision", &ServeConfig::precision, "Arithmetic of the network");
    field("engine", &ServeConfig::engine,
          "What computes the network: reference (LibTorch), fused (own CPU kernels), or auto for "
          "fused where it can");
  }
};

/// Serves until INT or TERM, then finishes what has begun and returns. Prints where it listens as
/// one line of JSON. Throws ConfigError for an address that others can reach without a token,
/// ModelError, IoError, ResourceError.
void serve(const ServeConfig& config, std::ostream& out);

/// `xrayclf health`: asks a server on this machine, as a container's health check.
struct HealthConfig {
  std::string host = "127.0.0.1";
  std::int64_t port = 8000;
  bool ready = false;
  double timeout = 3;

  template <class Field>
  static void fields(Field&& field) {
    field("host", &HealthConfig::host, "Address of the server");
    field("port", &HealthConfig::port, "Its port", in_range(std::int64_t{1}, std::int64_t{65535}));
    field("ready", &HealthConfig::ready, "Ask /ready in place of /health");
    field("timeout", &HealthConfig::timeout, "For the answer", in_range(0.1, 600.0),
          Unit{"seconds"});
  }
};

/// Prints the answer; throws IoError where it is not 200 or does not come in time.
void health(const HealthConfig& config, std::ostream& out);

}  // namespace xrayclf
