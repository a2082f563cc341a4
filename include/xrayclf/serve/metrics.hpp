#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace xrayclf {

/// Figures of a running server in Prometheus' text format 0.0.4. Safe from any thread.
class Metrics {
 public:
  /// One answered request. Routes and statuses are few, so the labels are, too.
  void count_request(const std::string& route, int status, double seconds);
  /// One run of a network over so many images.
  void count_inference(const std::string& model, std::int64_t images, double seconds);
  void count_decoding(const std::string& outcome, double seconds);
  /// Adds to a counter without labels, for example "connections_refused_total".
  void count(const std::string& name);
  /// A figure that is asked for when it is shown.
  void gauge(const std::string& name, const std::string& help, std::function<double()> value);

  /// What /metrics answers: every name begins with "xrayclf_".
  std::string text() const;

 private:
  static constexpr std::array<double, 12> kBounds = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                     0.5,   1,    2.5,   5,    10,  30};
  struct Histogram {
    std::array<std::uint64_t, kBounds.size()> below{};  ///< cumulative
    std::uint64_t count = 0;
    double sum = 0;
    void add(double value);
  };
  struct Gauge {
    std::string name;
    std::string help;
    std::function<double()> value;
  };
  static void write(std::string& out, const std::string& name, const std::string& labels,
                    const Histogram& histogram);

  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, std::uint64_t> requests_;
  std::map<std::string, Histogram> request_seconds_;
  std::map<std::string, Histogram> inference_seconds_;
  std::map<std::string, std::uint64_t> images_;
  std::map<std::string, Histogram> decoding_seconds_;
  std::map<std::string, std::uint64_t> counters_;
  std::vector<Gauge> gauges_;
};

/// Bytes of this process in memory.
double resident_bytes();

}  // namespace xrayclf
