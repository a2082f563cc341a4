# What an installation has beside the program: LibTorch's libraries, manual pages, completion, the systemd unit, licences
# and the SBOM; and the Debian package that `cpack` makes of the component `runtime`.
#
#   XRAYCLF_BUNDLE_LIBTORCH  install the libraries of LibTorch in lib/xrayclf, stripped, so that the prefix may be moved to
#                            another machine; default: ON, OFF with CUDA, whose libraries are 3 GB
#
#   XRAYCLF_MAINTAINER       whom the package names
#
# Sets XRAYCLF_INSTALL_RPATH.
if(LibTorch_CUDA)
  option(XRAYCLF_BUNDLE_LIBTORCH "Install LibTorch's libraries with the program" OFF)
else()
  option(XRAYCLF_BUNDLE_LIBTORCH "Install LibTorch's libraries with the program" ON)
endif()
set(XRAYCLF_MAINTAINER "xrayclf maintainers <maintainers@example.org>" CACHE STRING "Maintainer of the package")
if(XRAYCLF_BUNDLE_LIBTORCH)
  set(XRAYCLF_INSTALL_RPATH "\$ORIGIN/../lib/xrayclf")
else()
  set(XRAYCLF_INSTALL_RPATH "${LibTorch_LIBRARY_DIRS}")
endif()

# Everything is made by the script when it is installed: the manual, the completion and the SBOM ask the program itself.
install(CODE "
  set(XRAYCLF_PROGRAM \"$<TARGET_FILE:xrayclf>\")
  set(XRAYCLF_SOURCE \"${PROJECT_SOURCE_DIR}\")
  set(XRAYCLF_VERSION \"${PROJECT_VERSION}\")
  set(XRAYCLF_TORCH_ROOT \"${XRAYCLF_TORCH_ROOT}\")
  set(XRAYCLF_BUNDLE_LIBTORCH \"${XRAYCLF_BUNDLE_LIBTORCH}\")
  set(XRAYCLF_MAINTAINER \"${XRAYCLF_MAINTAINER}\")
  set(XRAYCLF_STRIP \"${CMAKE_STRIP}\")
  include(\"${PROJECT_SOURCE_DIR}/scripts/packaging/install.cmake\")" COMPONENT runtime)

if(NOT XRAYCLF_BUNDLE_LIBTORCH)
  return()   # a package without its libraries would run nowhere
endif()
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME xrayclf)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_CONTACT "${XRAYCLF_MAINTAINER}")
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
# By DESTDIR, so that what is installed is told the prefix that it will have.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_COMPONENTS_ALL runtime)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME xrayclf)
set(CPACK_DEBIAN_RUNTIME_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "gnuplot-nox, fonts-dejavu-core")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "chest X-ray classification: prepare, train, evaluate, predict, serve")
set(CPACK_DEBIAN_RUNTIME_DESCRIPTION
"From a folder of chest X-rays, in PNG, JPEG or DICOM, to an evaluated
classifier: preparation and audit of the data, training, evaluation with
confidence intervals, explanation, prediction, and an HTTP server with a page.
.
LibTorch's libraries for the CPU are included. Research use only: this is not
a medical device.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    "${PROJECT_SOURCE_DIR}/scripts/packaging/postinst;${PROJECT_SOURCE_DIR}/scripts/packaging/prerm;${PROJECT_SOURCE_DIR}/scripts/packaging/postrm")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# dpkg-shlibdeps has to find the private libraries, and to name no package for them.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${LibTorch_LIBRARY_DIRS})
include(CPack)
