#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace xrayclf::kernels {

/// Where the threads of a team wait for each other.
class Barrier {
 public:
  explicit Barrier(int members) : members_(members) {}
  /// Returns when all members have called it. Spins for some microseconds, then gives way.
  void wait();

 private:
  const int members_;
  std::atomic<int> arrived_{0};
  std::atomic<unsigned> round_{0};
};

/// One thread's part in a team that computes something together.
struct TeamMember {
  int rank = 0;
  int size = 1;
  Barrier* barrier = nullptr;  ///< none in a team of one

  void wait() const {
    if (barrier != nullptr) barrier->wait();
  }
  /// This member's share [first, last) of `count` pieces of work.
  std::int64_t first(std::int64_t count) const { return count * rank / size; }
  std::int64_t last(std::int64_t count) const { return count * (rank + 1) / size; }
};

/// Threads that live as long as it does and sleep between calls. They flush denormal numbers to
/// zero: a network's activations sink into them, and each costs a hundred cycles.
class Workers {
 public:
  explicit Workers(int count);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  int count() const { return static_cast<int>(threads_.size()); }
  /// Calls work(rank) for rank = 0 ... count-1, each on its thread, and waits. One call at a time;
  /// `work` must not throw.
  void run(const std::function<void(int)>& work);

 private:
  void serve(int rank);

  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void(int)>* work_ = nullptr;
  std::uint64_t calls_ = 0;
  int busy_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace xrayclf::kernels
