# Every test bears a label that says in which build `./dev test` runs it: `sanitized`, where a mistake shows best, or
# `shipped`, the release build, for what is about whole programs, takes much computing, or looks at the sources; or
# `raced`, under TSan, for what is about threads. Few bear two. By hand each runs in any build. The targets
# tests_sanitized, tests_shipped and tests_raced build what the tests so named need.
add_custom_target(tests_sanitized)
add_custom_target(tests_shipped)
add_custom_target(tests_raced)

if(BUILD_TESTING)
  # What is tried is compiled as it is shipped, or with its sanitizers; the trying itself takes a third less to compile
  # without the optimiser, and half without UBSan too. -fPIC, since what is precompiled for a library must serve programs,
  # and -pthread, since some of them have it; ccache wants -fpch-preprocess.
  set(STATOR_TEST_OPTIONS -O0 -fPIC -pthread -fpch-preprocess)
  if(STATOR_SANITIZE MATCHES undefined)
    list(APPEND STATOR_TEST_OPTIONS -fno-sanitize=undefined)
  endif()
  file(CONFIGURE OUTPUT precompiled_tests.cc CONTENT "")
  add_library(stator_precompiled_tests OBJECT ${CMAKE_CURRENT_BINARY_DIR}/precompiled_tests.cc)
  target_link_libraries(stator_precompiled_tests PRIVATE GTest::gmock)
  target_compile_options(stator_precompiled_tests PRIVATE ${STATOR_TEST_OPTIONS})
  target_precompile_headers(stator_precompiled_tests PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
endif()

# stator_label_test(<test> <labels> [<target>…]): the targets are what the test needs built.
function(stator_label_test name labels)
  set_tests_properties(${name} PROPERTIES LABELS "${labels}")
  foreach(label IN LISTS labels)
    foreach(target IN LISTS ARGN)
      add_dependencies(tests_${label} ${target})
    endforeach()
  endforeach()
endfunction()

# stator_add_test(<name> SOURCES <file>… [LIBRARIES <target>…] [RAPIDCHECK] [SERIAL] [TIMEOUT <seconds>]
#                 [LABELS <label>…])
#
# A GoogleTest program in <build>/tests, and one ctest for the whole of it. RAPIDCHECK links rapidcheck and its
# GoogleTest extension; SERIAL keeps other tests from running beside it. LABELS is `sanitized` where none is given.
set(STATOR_TEST_ENVIRONMENT
  UBSAN_OPTIONS=print_stacktrace=1
  TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp)

function(stator_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "RAPIDCHECK;SERIAL" "TIMEOUT" "SOURCES;LIBRARIES;LABELS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "stator_add_test(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 600)
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS sanitized)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} GTest::gmock GTest::gtest_main)
  target_compile_options(${name} PRIVATE ${STATOR_TEST_OPTIONS})
  target_precompile_headers(${name} REUSE_FROM stator_precompiled_tests)
  if(arg_RAPIDCHECK)
    target_link_libraries(${name} PRIVATE rapidcheck_gtest)
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES
    TIMEOUT ${arg_TIMEOUT} RUN_SERIAL ${arg_SERIAL} ENVIRONMENT "${STATOR_TEST_ENVIRONMENT}")
  stator_label_test(${name} "${arg_LABELS}" ${name})
endfunction()

# stator_sources_with_seeded_bugs(<variable> <source>…): those that differ where STATOR_WITH_SEEDED_BUGS is defined.
function(stator_sources_with_seeded_bugs variable)
  set(found)
  foreach(source IN LISTS ARGN)
    file(STRINGS ${source} lines REGEX "^#include .*seeded_bugs[.]h" LIMIT_COUNT 1)
    if(lines)
      list(APPEND found ${source})
    endif()
  endforeach()
  set(${variable} ${found} PARENT_SCOPE)
endfunction()
