# cmake --install gives a prefix that runs and that find_package finds.
# Run by ctest with -DBUILD_DIR, -DWORK_DIR, -DVERSION.
function(run_or_fail)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "exit ${result} from: ${command}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(expect text)
  string(FIND "${output}" "${text}" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "expected '${text}' in:\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE "${WORK_DIR}")
run_or_fail("${CMAKE_COMMAND}" --install "${BUILD_DIR}" --prefix "${WORK_DIR}/installed")
# Moved after the installation: nothing may depend on the prefix that was given.
file(RENAME "${WORK_DIR}/installed" "${WORK_DIR}/prefix")

# No LD_LIBRARY_PATH: the RPATH alone has to find LibTorch.
run_or_fail("${CMAKE_COMMAND}" -E env --unset=LD_LIBRARY_PATH "${WORK_DIR}/prefix/bin/xrayclf" --version)
expect("xrayclf ${VERSION}")
if(NOT IS_DIRECTORY "${WORK_DIR}/prefix/share/xrayclf/configs")
  message(FATAL_ERROR "the example configurations were not installed")
endif()
foreach(name share/man/man1/xrayclf-train.1.gz share/bash-completion/completions/xrayclf lib/systemd/system/xrayclf.service)
  if(NOT EXISTS "${WORK_DIR}/prefix/${name}")
    message(FATAL_ERROR "${name} was not installed")
  endif()
endforeach()

run_or_fail("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/consumer" -B "${WORK_DIR}/consumer" -G Ninja
            "-DCMAKE_PREFIX_PATH=${WORK_DIR}/prefix" -DCMAKE_BUILD_TYPE=Release)
run_or_fail("${CMAKE_COMMAND}" --build "${WORK_DIR}/consumer")
run_or_fail("${WORK_DIR}/consumer/consumer")
expect("xrayclf ${VERSION} [\"cpu\"")
file(REMOVE_RECURSE "${WORK_DIR}")
