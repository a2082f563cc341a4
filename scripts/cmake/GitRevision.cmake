# Writes xrayclf/core/build_info.hpp: what `xrayclf --version` says of this build.
execute_process(COMMAND git -C "${PROJECT_SOURCE_DIR}" describe --always --dirty
                OUTPUT_VARIABLE XRAYCLF_GIT_REVISION OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT XRAYCLF_GIT_REVISION)
  set(XRAYCLF_GIT_REVISION "unknown")
endif()
configure_file("${PROJECT_SOURCE_DIR}/scripts/cmake/build_info.hpp.in"
               "${PROJECT_BINARY_DIR}/generated/build_info.hpp" @ONLY)
