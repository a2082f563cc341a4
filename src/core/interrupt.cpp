#include "xrayclf/core/interrupt.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>

#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

std::atomic<int> received{0};
std::atomic<bool> save_requested{false};
static_assert(std::atomic<int>::is_always_lock_free, "set in a signal handler");

extern "C" void on_signal(int signal) {
  if (received.exchange(signal) != 0) _exit(128 + signal);
}

extern "C" void on_save_signal(int) { save_requested.store(true); }

}  // namespace

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  action.sa_handler = on_save_signal;
  sigaction(SIGUSR1, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

bool take_save_request() noexcept { return save_requested.exchange(false); }

int interrupt_signal() noexcept { return received.load(); }

void throw_if_interrupted(const std::string& message) {
  if (const int signal = interrupt_signal(); signal != 0) throw Interrupted(signal, message);
}

}  // namespace xrayclf
