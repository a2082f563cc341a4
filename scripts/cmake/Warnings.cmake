# Our warnings; linked PRIVATE, so they reach neither LibTorch's headers nor users of the library.
add_library(xrayclf_warnings INTERFACE)
target_compile_options(xrayclf_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual -Wimplicit-fallthrough
  $<$<BOOL:${XRAYCLF_WARNINGS_AS_ERRORS}>:-Werror>)
