#include <iostream>

#include "cli/run.hpp"
#include "xrayclf/core/memory.hpp"

int main(int argc, char** argv) {
  xrayclf::keep_freed_memory();
  return xrayclf::run_cli(argc, argv, std::cout, std::cerr);
}
