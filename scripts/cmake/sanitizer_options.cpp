// Settings of the sanitizers, compiled into every executable of the asan preset so that a test
// started by hand, by ctest or by another test behaves the same.

// Looked up by the runtime by name; the environment's ASAN_OPTIONS and LSAN_OPTIONS still win.
extern "C" {
const char* __asan_default_options();
const char* __lsan_default_suppressions();
const char* __lsan_default_options();
const char* __ubsan_default_options();

// One-definition violations are those of the prebuilt LibTorch libraries among each other.
const char* __asan_default_options() {
  return "detect_leaks=1:detect_odr_violation=0:strict_string_checks=1";
}

// LibTorch keeps registries and thread pools for the life of the process; our own leaks still
// count.
const char* __lsan_default_suppressions() {
  return "leak:libtorch_cpu.so\nleak:libc10.so\nleak:libgomp.so\n";
}
const char* __lsan_default_options() { return "print_suppressions=0"; }
const char* __ubsan_default_options() { return "print_stacktrace=1"; }
}
