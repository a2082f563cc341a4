#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace xrayclf {

/// Progress of long work on stderr: a bar with rate and time left on a terminal (at most ten
/// redraws a second), else a line every 30 seconds. Silent below log level info. Safe to advance
/// from any thread.
class Progress {
 public:
  /// `unit` is the plural noun of what is counted, for example "images".
  Progress(std::string title, std::int64_t total, std::string unit);
  ~Progress();  ///< Clears the bar.
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `note` is shown behind the figures, for example "loss 0.412".
  void advance(std::int64_t count = 1, const std::string& note = "");
  /// Takes the bar off the terminal, so that a line can be logged in its place.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  void draw(Clock::time_point now);

  std::string title_;
  std::int64_t total_;
  std::string unit_;
  std::string note_;
  std::int64_t done_ = 0;
  bool terminal_;
  bool enabled_;
  bool drawn_ = false;
  Clock::time_point start_;
  Clock::time_point last_;
  std::mutex mutex_;
};

/// "1:02:03", "4:05" or "0:07".
std::string clock_text(double seconds);

}  // namespace xrayclf
