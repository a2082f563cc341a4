#include "xrayclf/core/progress.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <spdlog/sinks/sink.h>
#include <spdlog/spdlog.h>

namespace xrayclf {
namespace {

bool is_terminal() {
  const char* term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) != 0 && term != nullptr && std::strcmp(term, "dumb") != 0;
}

std::size_t terminal_width() {
  if (const char* columns = std::getenv("COLUMNS")) {
    if (const int width = std::atoi(columns); width > 0) return static_cast<std::size_t>(width);
  }
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

}  // namespace

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::llround(std::max(0.0, seconds)));
  if (whole >= 3600) {
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  }
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

Progress::Progress(std::string title, std::int64_t total, std::string unit)
    : title_(std::move(title)),
      total_(total),
      unit_(std::move(unit)),
      terminal_(is_terminal()),
      enabled_(spdlog::default_logger()->sinks().empty() ||
               spdlog::default_logger()->sinks().front()->should_log(spdlog::level::info)),
      start_(Clock::now()),
      last_(start_) {}

Progress::~Progress() { clear(); }

void Progress::clear() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(drawn_, false)) std::fputs("\r\x1b[K", stderr);
}

void Progress::advance(std::int64_t count, const std::string& note) {
  const std::lock_guard lock(mutex_);
  done_ += count;
  if (!note.empty()) note_ = note;
  const auto now = Clock::now();
  const auto interval = terminal_ ? std::chrono::milliseconds(100) : std::chrono::seconds(30);
  if (enabled_ && now - last_ >= interval) {
    last_ = now;
    draw(now);
  }
}

void Progress::draw(Clock::time_point now) {
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  const double rate = elapsed > 0 ? static_cast<double>(done_) / elapsed : 0;
  const double left = rate > 0 ? static_cast<double>(total_ - done_) / rate : 0;
  std::string figures =
      fmt::format("{}/{} {}, {:.1f}/s, {} left", done_, total_, unit_, rate, clock_text(left));
  if (!note_.empty()) figures += ", " + note_;
  if (!terminal_) {
    spdlog::info("{}: {}", title_, figures);
    return;
  }
  const std::size_t width = terminal_width();
  std::string line = title_ + " ";
  if (const std::size_t used = line.size() + figures.size() + 4; used + 8 <= width && total_ > 0) {
    const std::size_t cells = std::min<std::size_t>(30, width - used);
    const auto full = static_cast<std::size_t>(std::min<std::int64_t>(done_, total_) *
                                               static_cast<std::int64_t>(cells) / total_);
    line += "[" + std::string(full, '=') + std::string(cells - full, ' ') + "] ";
  }
  line += figures;
  if (line.size() >= width) line.resize(width - 1);
  std::fprintf(stderr, "\r%s\x1b[K", line.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

}  // namespace xrayclf
