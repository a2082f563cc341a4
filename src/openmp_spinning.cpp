#include <elf.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

/// Idle threads of GCC's OpenMP library spin 300 000 times (about 3 ms) before they sleep. When
/// another program wants the same processors, every parallel region then waits for threads that
/// spin in vain, and training takes many times longer. 1000 turns cost nothing measurable on an
/// idle machine.
///
/// The library reads its settings from the environment when it is loaded, before main and before
/// any constructor of ours, and again never. A function in .preinit_array runs earlier still, but
/// the C library then has no environment to change yet: so the program starts itself once more with
/// the variable set. Whoever set GOMP_SPINCOUNT or OMP_WAIT_POLICY keeps what they asked for.
namespace {

#ifndef __SANITIZE_ADDRESS__  // nothing of its run time is ready so early

constexpr std::size_t kMostVariables = 4096;
char setting[] = "GOMP_SPINCOUNT=1000";
char* environment[kMostVariables + 2];

bool sets(const char* variable, const char* name) {
  const std::size_t length = std::strlen(name);
  return std::strncmp(variable, name, length) == 0 && variable[length] == '=';
}

void start_with_short_spinning(int, char** argv, char** envp) {
  std::size_t count = 0;
  for (; envp[count] != nullptr; ++count) {
    if (sets(envp[count], "GOMP_SPINCOUNT") || sets(envp[count], "OMP_WAIT_POLICY")) return;
    if (count == kMostVariables) return;
    environment[count] = envp[count];
  }
  environment[count] = setting;
  // Behind the environment stands the kernel's auxiliary vector. Started through the dynamic linker
  // by name, /proc/self/exe is that linker, which would take the arguments for its own.
  auto* entry = reinterpret_cast<const Elf64_auxv_t*>(envp + count + 1);
  bool started_by_kernel = false;
  for (; entry->a_type != AT_NULL; ++entry) {
    if (entry->a_type == AT_BASE && entry->a_un.a_val != 0) started_by_kernel = true;
  }
  if (started_by_kernel) ::execve("/proc/self/exe", argv, environment);
  // Where that fails the program goes on as it is.
}

__attribute__((section(".preinit_array"),
               used)) void (*const before_all_libraries)(int, char**,
                                                         char**) = start_with_short_spinning;

#endif

}  // namespace
