#include <malloc.h>

#include <iostream>

#include "cli/run.hpp"

namespace {

/// Keeps freed memory in the process. LibTorch allocates every activation anew; by default glibc
/// hands blocks of that size back to the system at once, and touching fresh pages then costs more
/// than the convolutions do.
void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, -1);
  mallopt(M_TOP_PAD, 64 << 20);
}

}  // namespace

int main(int argc, char** argv) {
  keep_freed_memory();
  return xrayclf::run_cli(argc, argv, std::cout, std::cerr);
}
