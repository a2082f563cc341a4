#pragma once

#include <string>

namespace xrayclf {

/// From now on the first SIGINT or SIGTERM only raises a flag, and the second stops the process at
/// once with 128 + signal. SIGUSR1 asks a training run to save and to go on. SIGPIPE and SIGXFSZ
/// are ignored, so that writes report the error.
void install_signal_handlers();

/// Whether a SIGUSR1 came since the last call.
bool take_save_request() noexcept;

/// The signal that asked us to stop, or 0.
int interrupt_signal() noexcept;

/// Throws Interrupted with `message` (what is safe on disk, how to go on) if a signal asked us to
/// stop.
void throw_if_interrupted(const std::string& message);

}  // namespace xrayclf
