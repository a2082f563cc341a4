# Run by `cmake --install` and cpack for the component `runtime`; scripts/cmake/Packaging.cmake sets the variables.
set(_prefix "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}")
set(_packaging "${XRAYCLF_SOURCE}/scripts/packaging")
set(_doc "${_prefix}/share/doc/xrayclf")
# /usr alone is searched by Debian's zsh under this name.
if(CMAKE_INSTALL_PREFIX MATCHES "(^|/)usr$")
  set(_zsh "${_prefix}/share/zsh/vendor-completions")
else()
  set(_zsh "${_prefix}/share/zsh/site-functions")
endif()

function(xrayclf_run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()
# gzip without name and time: the same content makes the same bytes.
function(xrayclf_compress)
  xrayclf_run(gzip -9 --no-name --force ${ARGV})
endfunction()

# ---- Libraries of LibTorch that the program needs, and no others ------------------------------------------------------
if(XRAYCLF_BUNDLE_LIBTORCH)
  file(GET_RUNTIME_DEPENDENCIES EXECUTABLES "${XRAYCLF_PROGRAM}"
       RESOLVED_DEPENDENCIES_VAR _libraries CONFLICTING_DEPENDENCIES_PREFIX _conflict
       POST_INCLUDE_REGEXES "^${XRAYCLF_TORCH_ROOT}/" POST_EXCLUDE_REGEXES ".")
  foreach(_name IN LISTS _conflict_FILENAMES)
    list(FILTER _conflict_${_name} INCLUDE REGEX "^${XRAYCLF_TORCH_ROOT}/")
    list(APPEND _libraries ${_conflict_${_name}})
  endforeach()
  file(REMOVE_RECURSE "${_prefix}/lib/xrayclf")
  file(MAKE_DIRECTORY "${_prefix}/lib/xrayclf")
  foreach(_library IN LISTS _libraries)
    get_filename_component(_name "${_library}" NAME)
    set(_copy "${_prefix}/lib/xrayclf/${_name}")
    message(STATUS "Installing: ${_copy}")
    xrayclf_run("${XRAYCLF_STRIP}" --strip-unneeded -o "${_copy}" "${_library}")
    file(CHMOD "${_copy}" PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
    if(NOT _library MATCHES "/nvidia/")   # these name no path
      file(RPATH_SET FILE "${_copy}" NEW_RPATH "\$ORIGIN")
    endif()
  endforeach()
endif()

# ---- Manual and completion ---------------------------------------------------------------------------------------
message(STATUS "Installing: ${_prefix}/share: manual, completion, licences, SBOM")
xrayclf_run("${XRAYCLF_PROGRAM}" manual "${_prefix}/share/man/man1")
file(GLOB _pages "${_prefix}/share/man/man1/xrayclf*.1")
xrayclf_compress(${_pages})
function(xrayclf_completion shell file)
  get_filename_component(folder "${file}" DIRECTORY)
  file(MAKE_DIRECTORY "${folder}")
  xrayclf_run("${XRAYCLF_PROGRAM}" completion ${shell} OUTPUT_FILE "${file}")
endfunction()
xrayclf_completion(bash "${_prefix}/share/bash-completion/completions/xrayclf")
xrayclf_completion(zsh "${_zsh}/_xrayclf")
xrayclf_completion(fish "${_prefix}/share/fish/vendor_completions.d/xrayclf.fish")

# ---- The unit ------------------------------------------------------------------------------------------------------
configure_file("${_packaging}/xrayclf.service.in" "${_prefix}/lib/systemd/system/xrayclf.service" @ONLY)

# ---- Licences, changes, SBOM ----------------------------------------------------------------------------------------
file(MAKE_DIRECTORY "${_doc}")
configure_file("${_packaging}/copyright" "${_doc}/copyright" COPYONLY)
configure_file("${XRAYCLF_SOURCE}/CHANGELOG.md" "${_doc}/changelog" COPYONLY)
string(TIMESTAMP _date "%a, %d %b %Y %H:%M:%S +0000" UTC)   # SOURCE_DATE_EPOCH, where it is set
file(WRITE "${_doc}/changelog.Debian" "xrayclf (${XRAYCLF_VERSION}-1) bookworm; urgency=medium

  * changelog.gz tells what is new.

 -- ${XRAYCLF_MAINTAINER}  ${_date}
")
xrayclf_compress("${_doc}/changelog" "${_doc}/changelog.Debian")
file(MAKE_DIRECTORY "${_prefix}/share/lintian/overrides")
configure_file("${_packaging}/lintian-overrides" "${_prefix}/share/lintian/overrides/xrayclf" COPYONLY)
if(XRAYCLF_BUNDLE_LIBTORCH)
  set(_licences "${_doc}/third-party-licences")
  file(WRITE "${_licences}" "")
  file(GLOB_RECURSE _files RELATIVE "${XRAYCLF_TORCH_ROOT}" "${XRAYCLF_TORCH_ROOT}/*.dist-info/licenses/*")
  foreach(_file IN LISTS _files)
    file(READ "${XRAYCLF_TORCH_ROOT}/${_file}" _text)
    file(APPEND "${_licences}" "==== ${_file}\n\n${_text}\n\n")
  endforeach()
  xrayclf_compress("${_licences}")
  # Which wheel has a library, its record knows; which package, dpkg.
  file(GLOB _record "${XRAYCLF_TORCH_ROOT}/torch-*.dist-info/RECORD")
  find_program(_python NAMES python3)
  find_program(_dpkg dpkg-query)
  if(_python AND _dpkg AND _record)
    xrayclf_run("${_python}" "${_packaging}/sbom.py" "${XRAYCLF_PROGRAM}" --version "${XRAYCLF_VERSION}"
                --torch-root "${XRAYCLF_TORCH_ROOT}" --output "${_doc}/xrayclf.spdx.json")
  else()
    message(STATUS "No SBOM: it takes python3, dpkg-query, and LibTorch from its wheel")
  endif()
endif()
