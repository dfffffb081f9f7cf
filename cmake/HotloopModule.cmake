# hotloop_module(<name> SOURCES ... [HEADERS ...] [USES <modules>] [EXTERNAL <targets>])
# One static library per folder, alias hotloop::<name>. Headers stand beside their sources and are
# included by their path from the repository root, so an include line names its layer. EXTERNAL
# libraries stay private: no third-party header reaches a module's user.
function(hotloop_module name)
  cmake_parse_arguments(MODULE "" "" "HEADERS;SOURCES;USES;EXTERNAL" ${ARGN})
  list(TRANSFORM MODULE_USES PREPEND hotloop::)
  if(MODULE_SOURCES)
    add_library(hotloop_${name} STATIC ${MODULE_SOURCES} ${MODULE_HEADERS})
    target_include_directories(hotloop_${name} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(hotloop_${name}
      PUBLIC ${MODULE_USES} PRIVATE hotloop_warnings ${MODULE_EXTERNAL})
  else()
    add_library(hotloop_${name} INTERFACE)
    target_include_directories(hotloop_${name} INTERFACE ${PROJECT_SOURCE_DIR})
    target_link_libraries(hotloop_${name} INTERFACE ${MODULE_USES})
  endif()
  add_library(hotloop::${name} ALIAS hotloop_${name})
endfunction()

# hotloop_program(<target> SOURCES ... USES ... [EXTERNAL ...]): a main.cpp over libraries.
function(hotloop_program target)
  cmake_parse_arguments(PROGRAM "" "" "SOURCES;USES;EXTERNAL" ${ARGN})
  list(TRANSFORM PROGRAM_USES PREPEND hotloop::)
  add_executable(${target} ${PROGRAM_SOURCES})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target} PRIVATE hotloop_warnings ${PROGRAM_USES} ${PROGRAM_EXTERNAL})
endfunction()

# hotloop_test(<name> SOURCES ... USES ... [EXTERNAL ...] [LABELS ...] [TIMEOUT s] [ENVIRONMENT ...])
# A GoogleTest program and one CTest entry. Labels: unit (default), golden, gui, gpu, slow.
function(hotloop_test name)
  if(NOT HOTLOOP_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(TEST "" "TIMEOUT" "SOURCES;USES;EXTERNAL;LABELS;ENVIRONMENT" ${ARGN})
  if(NOT TEST_LABELS)
    set(TEST_LABELS unit)
  endif()
  if(NOT TEST_TIMEOUT)
    set(TEST_TIMEOUT 120)
  endif()
  list(TRANSFORM TEST_USES PREPEND hotloop::)
  add_executable(${name} ${TEST_SOURCES})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name}
    PRIVATE hotloop_warnings ${TEST_USES} ${TEST_EXTERNAL} GTest::gmock GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES
    LABELS "${TEST_LABELS}" TIMEOUT ${TEST_TIMEOUT}
    ENVIRONMENT "HOTLOOP_SOURCE_DIR=${PROJECT_SOURCE_DIR};HOTLOOP_BINARY_DIR=${PROJECT_BINARY_DIR};${TEST_ENVIRONMENT}")
endfunction()

# hotloop_benchmark(<name> SOURCES ... USES ... [EXTERNAL ...]): Google Benchmark, built always, run by
# tools/bench and shortly by ./check.
function(hotloop_benchmark name)
  if(NOT HOTLOOP_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(BENCH "" "" "SOURCES;USES;EXTERNAL" ${ARGN})
  list(TRANSFORM BENCH_USES PREPEND hotloop::)
  add_executable(${name} ${BENCH_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name}
    PRIVATE hotloop_warnings ${BENCH_USES} ${BENCH_EXTERNAL} benchmark::benchmark)
endfunction()
