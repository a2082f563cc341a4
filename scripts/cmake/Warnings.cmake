# Our warnings; linked PRIVATE, so they reach neither LibTorch's headers nor users of the library.
add_library(xrayclf_warnings INTERFACE)
target_compile_options(xrayclf_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual -Wimplicit-fallthrough
  $<$<BOOL:${XRAYCLF_WARNINGS_AS_ERRORS}>:-Werror>)
# GCC 12 sees overlapping copies in std::string at -O2 and above where there are none (GCC bug 105651, mended in 13).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(xrayclf_warnings INTERFACE -Wno-restrict)
endif()
