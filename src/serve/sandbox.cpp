#include "sandbox.hpp"

#include <fcntl.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

namespace xrayclf {
namespace {

void limit(decltype(RLIMIT_AS) what, std::uint64_t value) {
  const rlimit bound{value, value};
  if (::setrlimit(what, &bound) != 0) throw std::runtime_error("setrlimit failed");
}

std::uint64_t address_space_now() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t pages = 0;
  statm >> pages;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

using Filter = std::unique_ptr<void, decltype(&seccomp_release)>;

void allow_computing(void* filter) {
  for (const int call : {SCMP_SYS(read),         SCMP_SYS(write),
                         SCMP_SYS(readv),        SCMP_SYS(writev),
                         SCMP_SYS(recvfrom),     SCMP_SYS(sendto),
                         SCMP_SYS(brk),          SCMP_SYS(munmap),
                         SCMP_SYS(mremap),       SCMP_SYS(madvise),
                         SCMP_SYS(futex),        SCMP_SYS(clock_gettime),
                         SCMP_SYS(gettimeofday), SCMP_SYS(getrandom),
                         SCMP_SYS(sched_yield),  SCMP_SYS(sched_getaffinity),
                         SCMP_SYS(getpid),       SCMP_SYS(gettid),
                         SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
                         SCMP_SYS(close),        SCMP_SYS(exit),
                         SCMP_SYS(exit_group),   SCMP_SYS(restart_syscall)}) {
    if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) != 0) {
      throw std::runtime_error("seccomp_rule_add failed");
    }
  }
  // Memory, but none that could be executed.
  const scmp_arg_cmp not_executable{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0};
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) {
    if (seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &not_executable) != 0) {
      throw std::runtime_error("seccomp_rule_add failed");
    }
  }
  // What libraries do in passing (dictionaries, time zones) fails; it is not a crime.
  for (const int call : {SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(stat), SCMP_SYS(lstat),
                         SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(access),
                         SCMP_SYS(readlink), SCMP_SYS(ioctl), SCMP_SYS(lseek)}) {
    if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), call, 0) != 0) {
      throw std::runtime_error("seccomp_rule_add failed");
    }
  }
}

}  // namespace

void close_all_but(int kept) {
  const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int descriptor = 0; nowhere >= 0 && descriptor < 3; ++descriptor) {
    if (descriptor != kept) ::dup2(nowhere, descriptor);
  }
  if (kept > 3) ::close_range(3, static_cast<unsigned>(kept) - 1, 0);
  ::close_range(static_cast<unsigned>(kept < 3 ? 3 : kept + 1), ~0U, 0);
}

void enter_sandbox(std::int64_t memory, std::int64_t cpu_seconds) {
#ifndef __SANITIZE_ADDRESS__  // its shadow memory is terabytes
  limit(RLIMIT_AS, address_space_now() + static_cast<std::uint64_t>(memory));
#else
  static_cast<void>(memory);
#endif
  limit(RLIMIT_CPU, static_cast<std::uint64_t>(cpu_seconds));
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_NPROC, 0);
  limit(RLIMIT_NOFILE, 0);
  if (::prctl(PR_SET_DUMPABLE, 0) != 0 || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    throw std::runtime_error("prctl failed");
  }
  const Filter filter(seccomp_init(SCMP_ACT_KILL_PROCESS), &seccomp_release);
  if (!filter) throw std::runtime_error("seccomp_init failed");
  allow_computing(filter.get());
  if (seccomp_load(filter.get()) != 0) throw std::runtime_error("seccomp_load failed");
}

}  // namespace xrayclf
