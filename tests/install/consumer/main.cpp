#include <iostream>

#include "xrayclf/core/version.hpp"
#include "xrayclf/model/device.hpp"

// One call into each of the two libraries.
int main() {
  std::cout << "xrayclf " << xrayclf::version() << " "
            << xrayclf::device_report()["built_for"].dump() << "\n";
}
