#include "xrayclf/serve/metrics.hpp"

#include <unistd.h>

#include <fstream>

#include <fmt/format.h>

namespace xrayclf {
namespace {

/// A label's value, quoted.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + "\"";
}

void write_head(std::string& out, const std::string& name, const char* kind, const char* help) {
  out += fmt::format("# HELP xrayclf_{0} {2}\n# TYPE xrayclf_{0} {1}\n", name, kind, help);
}

}  // namespace

void Metrics::Histogram::add(double value) {
  for (std::size_t i = 0; i < kBounds.size(); ++i) below[i] += value <= kBounds[i] ? 1 : 0;
  ++count;
  sum += value;
}

void Metrics::count_request(const std::string& route, int status, double seconds) {
  const std::lock_guard lock(mutex_);
  ++requests_[{route, status}];
  request_seconds_[route].add(seconds);
}

void Metrics::count_inference(const std::string& model, std::int64_t images, double seconds) {
  const std::lock_guard lock(mutex_);
  inference_seconds_[model].add(seconds);
  images_[model] += static_cast<std::uint64_t>(images);
}

void Metrics::count_decoding(const std::string& outcome, double seconds) {
  const std::lock_guard lock(mutex_);
  decoding_seconds_[outcome].add(seconds);
}

void Metrics::count(const std::string& name) {
  const std::lock_guard lock(mutex_);
  ++counters_[name];
}

void Metrics::gauge(const std::string& name, const std::string& help,
                    std::function<double()> value) {
  const std::lock_guard lock(mutex_);
  gauges_.push_back({name, help, std::move(value)});
}

void Metrics::write(std::string& out, const std::string& name, const std::string& labels,
                    const Histogram& histogram) {
  for (std::size_t i = 0; i < kBounds.size(); ++i) {
    out += fmt::format("xrayclf_{}_bucket{{{},le=\"{}\"}} {}\n", name, labels, kBounds[i],
                       histogram.below[i]);
  }
  out += fmt::format(
      "xrayclf_{0}_bucket{{{1},le=\"+Inf\"}} {2}\nxrayclf_{0}_sum{{{1}}} {3}\n"
      "xrayclf_{0}_count{{{1}}} {2}\n",
      name, labels, histogram.count, histogram.sum);
}

std::string Metrics::text() const {
  std::string out;
  const std::lock_guard lock(mutex_);
  write_head(out, "requests_total", "counter", "Answered requests.");
  for (const auto& [key, count] : requests_) {
    out += fmt::format("xrayclf_requests_total{{route={},status=\"{}\"}} {}\n", quoted(key.first),
                       key.second, count);
  }
  write_head(out, "request_seconds", "histogram", "From a whole head to the answer.");
  for (const auto& [route, histogram] : request_seconds_) {
    write(out, "request_seconds", "route=" + quoted(route), histogram);
  }
  write_head(out, "inference_seconds", "histogram", "Runs of a network over a micro-batch.");
  for (const auto& [model, histogram] : inference_seconds_) {
    write(out, "inference_seconds", "model=" + quoted(model), histogram);
  }
  write_head(out, "images_total", "counter", "Images that a network has seen.");
  for (const auto& [model, count] : images_) {
    out += fmt::format("xrayclf_images_total{{model={}}} {}\n", quoted(model), count);
  }
  write_head(out, "decoding_seconds", "histogram", "Decoding of one image, by how it ended.");
  for (const auto& [outcome, histogram] : decoding_seconds_) {
    write(out, "decoding_seconds", "outcome=" + quoted(outcome), histogram);
  }
  for (const auto& [name, count] : counters_) {
    out += fmt::format("# TYPE xrayclf_{0} counter\nxrayclf_{0} {1}\n", name, count);
  }
  for (const Gauge& gauge : gauges_) {
    write_head(out, gauge.name, "gauge", gauge.help.c_str());
    out += fmt::format("xrayclf_{} {}\n", gauge.name, gauge.value());
  }
  return out;
}

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0;
  double resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace xrayclf
