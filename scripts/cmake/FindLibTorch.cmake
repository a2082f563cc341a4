# Finds LibTorch as unpacked from the PyPI wheel of torch, or as an unpacked LibTorch archive, and defines
# LibTorch::LibTorch. The wheel's own TorchConfig.cmake demands a CUDA toolkit even for a program that
# uses the CPU alone; this module needs none.
#
#   XRAYCLF_TORCH_ROOT  folder that holds torch/ and nvidia/ (wheels), or lib/ and include/ (archive);
#                       default: where scripts/setup.sh puts it
#   XRAYCLF_CUDA        AUTO (default: when the CUDA libraries are there), ON, OFF
#
# Sets LibTorch_VERSION, LibTorch_CUDA and LibTorch_LIBRARY_DIRS (for the RPATH).
set(_xrayclf_cache "$ENV{XRAYCLF_CACHE}")
if(NOT _xrayclf_cache)
  set(_xrayclf_cache "$ENV{XDG_CACHE_HOME}")
  if(NOT _xrayclf_cache)
    set(_xrayclf_cache "$ENV{HOME}/.cache")
  endif()
  string(APPEND _xrayclf_cache "/xrayclf")
endif()
set(XRAYCLF_TORCH_ROOT "${_xrayclf_cache}/torch-2.13.0" CACHE PATH "Unpacked torch wheels or LibTorch archive")
set(XRAYCLF_CUDA AUTO CACHE STRING "Link LibTorch's CUDA part: AUTO, ON or OFF")

set(_torch "${XRAYCLF_TORCH_ROOT}")
if(EXISTS "${_torch}/torch/lib")
  string(APPEND _torch "/torch")
endif()
find_path(LibTorch_INCLUDE_DIR torch/version.h
          PATHS "${_torch}/include/torch/csrc/api/include" "${_torch}/include" NO_DEFAULT_PATH NO_CACHE)
find_library(LibTorch_CPU_LIBRARY torch_cpu PATHS "${_torch}/lib" NO_DEFAULT_PATH NO_CACHE)
find_library(LibTorch_C10_LIBRARY c10 PATHS "${_torch}/lib" NO_DEFAULT_PATH NO_CACHE)
set(LibTorch_VERSION "")
foreach(_part MAJOR MINOR PATCH)
  if(EXISTS "${_torch}/include/torch/headeronly/version.h")
    file(STRINGS "${_torch}/include/torch/headeronly/version.h" _line REGEX "define TORCH_VERSION_${_part} ")
    string(REGEX MATCH "[0-9]+$" _number "${_line}")
    list(APPEND LibTorch_VERSION "${_number}")
  endif()
endforeach()
list(JOIN LibTorch_VERSION "." LibTorch_VERSION)

file(GLOB _nvidia_lib_dirs "${XRAYCLF_TORCH_ROOT}/nvidia/*/lib")
set(LibTorch_LIBRARY_DIRS "${_torch}/lib" ${_nvidia_lib_dirs})

# libtorch_cuda comes with every wheel; usable it is only beside the libraries that it needs.
find_library(LibTorch_CUDA_LIBRARY torch_cuda PATHS "${_torch}/lib" NO_DEFAULT_PATH NO_CACHE)
find_library(LibTorch_C10_CUDA_LIBRARY c10_cuda PATHS "${_torch}/lib" NO_DEFAULT_PATH NO_CACHE)
find_path(LibTorch_CUDA_INCLUDE_DIR cuda_runtime_api.h
          PATHS "${XRAYCLF_TORCH_ROOT}/nvidia/cu13/include" NO_DEFAULT_PATH NO_CACHE)
find_library(LibTorch_CUDART_LIBRARY NAMES libcudart.so.13 cudart
             PATHS "${XRAYCLF_TORCH_ROOT}/nvidia/cu13/lib" NO_DEFAULT_PATH NO_CACHE)
# What libtorch_cuda names as NEEDED, so that half a set (an unpacking that was cut off) does not count as one.
set(_cuda_missing "")
foreach(_name cublas cublasLt cudnn cufft cufile curand cusparse cusparseLt nccl nvrtc nvshmem_host)
  set(_found "")
  foreach(_dir IN LISTS LibTorch_LIBRARY_DIRS)
    file(GLOB _files "${_dir}/lib${_name}.so*" "${_dir}/lib${_name}-*.so*")
    list(APPEND _found ${_files})
  endforeach()
  if(NOT _found)
    list(APPEND _cuda_missing ${_name})
  endif()
endforeach()
foreach(_variable CUDA_LIBRARY C10_CUDA_LIBRARY CUDA_INCLUDE_DIR CUDART_LIBRARY)
  if(NOT LibTorch_${_variable})
    list(APPEND _cuda_missing LibTorch_${_variable})
  endif()
endforeach()
set(LibTorch_CUDA FALSE)
if(XRAYCLF_CUDA STREQUAL "ON" AND _cuda_missing)
  list(JOIN _cuda_missing " " _cuda_missing)
  message(FATAL_ERROR "XRAYCLF_CUDA=ON, but ${XRAYCLF_TORCH_ROOT} lacks ${_cuda_missing}; run scripts/setup.sh --gpu")
elseif(NOT XRAYCLF_CUDA STREQUAL "OFF" AND NOT _cuda_missing)
  set(LibTorch_CUDA TRUE)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS LibTorch_CPU_LIBRARY LibTorch_C10_LIBRARY LibTorch_INCLUDE_DIR
  VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE "looked in ${XRAYCLF_TORCH_ROOT}. Run scripts/setup.sh, or give -DXRAYCLF_TORCH_ROOT=DIR")

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  set_target_properties(LibTorch::LibTorch PROPERTIES
    INTERFACE_LINK_LIBRARIES "${LibTorch_CPU_LIBRARY};${LibTorch_C10_LIBRARY}")
  # Searched after the system's folders: the wheel carries headers of fmt and others in versions of its own.
  set(_include_options "SHELL:-idirafter \"${_torch}/include\"" "SHELL:-idirafter \"${_torch}/include/torch/csrc/api/include\"")
  # libtorch_cpu finds libcudart and libcupti by its own RPATH at run time, the linker through this.
  set(_rpath_link "")
  foreach(_dir IN LISTS LibTorch_LIBRARY_DIRS)
    list(APPEND _rpath_link "LINKER:-rpath-link,${_dir}")
  endforeach()
  set_property(TARGET LibTorch::LibTorch APPEND PROPERTY INTERFACE_LINK_OPTIONS "${_rpath_link}")
  if(LibTorch_CUDA)
    # Nothing in our code names a symbol of libtorch_cuda: without --no-as-needed the linker would drop it, and
    # with it every CUDA kernel, silently.
    set_property(TARGET LibTorch::LibTorch APPEND PROPERTY INTERFACE_LINK_OPTIONS
      "LINKER:--push-state,--no-as-needed" "${LibTorch_CUDA_LIBRARY}" "${LibTorch_C10_CUDA_LIBRARY}" "LINKER:--pop-state")
    set_property(TARGET LibTorch::LibTorch APPEND PROPERTY INTERFACE_LINK_LIBRARIES "${LibTorch_CUDART_LIBRARY}")
    list(APPEND _include_options "SHELL:-idirafter \"${LibTorch_CUDA_INCLUDE_DIR}\"")
    set_property(TARGET LibTorch::LibTorch APPEND PROPERTY INTERFACE_COMPILE_DEFINITIONS XRAYCLF_CUDA=1)
  endif()
  set_property(TARGET LibTorch::LibTorch PROPERTY INTERFACE_COMPILE_OPTIONS "${_include_options}")
endif()
