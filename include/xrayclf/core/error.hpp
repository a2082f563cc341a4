#pragma once

#include <stdexcept>
#include <string>

namespace xrayclf {

/// Process exit status. One value per kind of failure; scripts may rely on them.
enum class ExitCode : int {
  success = 0,
  internal = 1,       ///< a bug: any exception that is not an Error
  usage = 2,          ///< command line or configuration
  data = 3,           ///< images, manifests, data sets
  model = 4,          ///< weights, checkpoints, class lists
  io = 5,             ///< cannot read or write, disk full, run directory in use
  numeric = 6,        ///< loss or weights not finite
  resource = 7,       ///< device absent, out of memory
  partial = 8,        ///< finished, but some inputs failed; each has its row
  interrupted = 130,  ///< SIGINT
  terminated = 143,   ///< SIGTERM
};

/// Base of every failure that xrayclf reports on purpose. The message says what, where, and
/// what to do; `run_cli` is the only place that prints it.
class Error : public std::runtime_error {
 public:
  ExitCode exit_code() const noexcept { return code_; }

 protected:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}

 private:
  ExitCode code_;
};

/// Unknown key, bad value, contradictory settings.
struct ConfigError : Error {
  explicit ConfigError(const std::string& message) : Error(ExitCode::usage, message) {}
};
/// Broken image or manifest, empty class, leak across splits.
struct DataError : Error {
  explicit DataError(const std::string& message) : Error(ExitCode::data, message) {}
};
/// Weights or checkpoint missing, damaged, of another version, or not fitting.
struct ModelError : Error {
  explicit ModelError(const std::string& message) : Error(ExitCode::model, message) {}
};
/// The file system said no.
struct IoError : Error {
  explicit IoError(const std::string& message) : Error(ExitCode::io, message) {}
};
/// A loss or a weight is not finite.
struct NumericError : Error {
  explicit NumericError(const std::string& message) : Error(ExitCode::numeric, message) {}
};
/// A device is absent or memory ran out.
struct ResourceError : Error {
  explicit ResourceError(const std::string& message) : Error(ExitCode::resource, message) {}
};
/// The batch was finished, but some inputs failed; each of them has its own row in the output.
struct PartialFailure : Error {
  explicit PartialFailure(const std::string& message) : Error(ExitCode::partial, message) {}
};
/// Stopped by SIGINT (130) or SIGTERM (143) after leaving everything on disk in order.
struct Interrupted : Error {
  Interrupted(int signal, const std::string& message)
      : Error(static_cast<ExitCode>(128 + signal), message) {}
};

}  // namespace xrayclf
