#pragma once

#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include <spdlog/spdlog.h>

#include "xrayclf/core/fields.hpp"

namespace xrayclf {

enum class LogLevel { trace, debug, info, warning, error, off };

template <>
struct EnumNames<LogLevel> {
  static constexpr std::array<std::pair<LogLevel, std::string_view>, 6> value{
      {{LogLevel::trace, "trace"},
       {LogLevel::debug, "debug"},
       {LogLevel::info, "info"},
       {LogLevel::warning, "warning"},
       {LogLevel::error, "error"},
       {LogLevel::off, "off"}}};
};

/// Sends spdlog's default logger to stderr, coloured only on a terminal and without NO_COLOR.
/// Stdout stays free for results.
void start_logging(LogLevel level);

/// While it lives, everything logged also goes to a file, with the time. Throws IoError.
class LogFile {
 public:
  explicit LogFile(const std::filesystem::path& path);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

 private:
  spdlog::sink_ptr sink_;
};

}  // namespace xrayclf
