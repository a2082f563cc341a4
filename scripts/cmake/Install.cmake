# `cmake --install` gives a prefix that runs. Component `runtime` is what users of the program need, `development` what
# users of the libraries do.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
include(Packaging)   # XRAYCLF_INSTALL_RPATH; what belongs to a program on a system beside the program
set_target_properties(xrayclf PROPERTIES
  BUILD_RPATH "${LibTorch_LIBRARY_DIRS}" INSTALL_RPATH "${XRAYCLF_INSTALL_RPATH}")
install(TARGETS xrayclf RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT runtime)
install(DIRECTORY configs/ DESTINATION "${CMAKE_INSTALL_DATADIR}/xrayclf/configs" COMPONENT runtime)
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME development)
install(TARGETS xrayclf_base xrayclf_net EXPORT xrayclfTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(DIRECTORY include/xrayclf DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
set(_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/xrayclf")
install(EXPORT xrayclfTargets NAMESPACE xrayclf:: DESTINATION "${_package_dir}")
configure_package_config_file("${PROJECT_SOURCE_DIR}/scripts/cmake/xrayclfConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/xrayclfConfig.cmake" INSTALL_DESTINATION "${_package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/xrayclfConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/xrayclfConfig.cmake" "${PROJECT_BINARY_DIR}/xrayclfConfigVersion.cmake"
              "${PROJECT_SOURCE_DIR}/scripts/cmake/FindLibTorch.cmake"
              "${PROJECT_SOURCE_DIR}/scripts/cmake/FindOpenJPEG.cmake" DESTINATION "${_package_dir}")
