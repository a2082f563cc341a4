# `cmake --install` gives a prefix that runs: the RPATH names LibTorch where it was found.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set_target_properties(xrayclf PROPERTIES
  BUILD_RPATH "${LibTorch_LIBRARY_DIRS}" INSTALL_RPATH "${LibTorch_LIBRARY_DIRS}")
install(TARGETS xrayclf RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(TARGETS xrayclf_base xrayclf_net EXPORT xrayclfTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(DIRECTORY include/xrayclf DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(DIRECTORY configs/ DESTINATION "${CMAKE_INSTALL_DATADIR}/xrayclf/configs")
set(_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/xrayclf")
install(EXPORT xrayclfTargets NAMESPACE xrayclf:: DESTINATION "${_package_dir}")
configure_package_config_file("${PROJECT_SOURCE_DIR}/scripts/cmake/xrayclfConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/xrayclfConfig.cmake" INSTALL_DESTINATION "${_package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/xrayclfConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/xrayclfConfig.cmake" "${PROJECT_BINARY_DIR}/xrayclfConfigVersion.cmake"
              "${PROJECT_SOURCE_DIR}/scripts/cmake/FindLibTorch.cmake"
              "${PROJECT_SOURCE_DIR}/scripts/cmake/FindOpenJPEG.cmake" DESTINATION "${_package_dir}")
