#include <iostream>

#include "cli/run.hpp"

int main(int argc, char** argv) { return xrayclf::run_cli(argc, argv, std::cout, std::cerr); }
