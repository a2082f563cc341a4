#include "xrayclf/kernels/team.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace xrayclf::kernels {
namespace {

void pause() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

void flush_denormals() {
#if defined(__x86_64__)
  constexpr unsigned kFlushToZero = 0x8000;
  constexpr unsigned kDenormalsAreZero = 0x0040;
  _mm_setcsr(_mm_getcsr() | kFlushToZero | kDenormalsAreZero);
#endif
}

}  // namespace

void Barrier::wait() {
  const unsigned round = round_.load(std::memory_order_relaxed);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == members_) {
    arrived_.store(0, std::memory_order_relaxed);
    round_.store(round + 1, std::memory_order_release);
    return;
  }
  constexpr int kSpins = 2000;
  for (int i = 0; round_.load(std::memory_order_acquire) == round; ++i) {
    i < kSpins ? pause() : std::this_thread::yield();
  }
}

Workers::Workers(int count) {
  for (int rank = 0; rank < count; ++rank) threads_.emplace_back([this, rank] { serve(rank); });
}

Workers::~Workers() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Workers::run(const std::function<void(int)>& work) {
  std::unique_lock lock(mutex_);
  work_ = &work;
  busy_ = count();
  ++calls_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return busy_ == 0; });
  work_ = nullptr;
}

void Workers::serve(int rank) {
  flush_denormals();
  std::uint64_t served = 0;
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || calls_ != served; });
    if (stopping_) return;
    served = calls_;
    const auto* work = work_;
    lock.unlock();
    (*work)(rank);
    lock.lock();
    if (--busy_ == 0) changed_.notify_all();
  }
}

}  // namespace xrayclf::kernels
