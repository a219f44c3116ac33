# stator_add_test(<name> SOURCES <file>… [LIBRARIES <target>…] [RAPIDCHECK] [SERIAL] [TIMEOUT <seconds>])
#
# A GoogleTest program in <build>/tests, and one ctest for the whole of it. RAPIDCHECK links rapidcheck and its
# GoogleTest extension; SERIAL keeps other tests from running beside it.
set(STATOR_TEST_ENVIRONMENT
  UBSAN_OPTIONS=print_stacktrace=1
  TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp)

function(stator_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "RAPIDCHECK;SERIAL" "TIMEOUT" "SOURCES;LIBRARIES")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "stator_add_test(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 600)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} GTest::gmock GTest::gtest_main)
  if(arg_RAPIDCHECK)
    target_link_libraries(${name} PRIVATE rapidcheck_gtest)
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES
    TIMEOUT ${arg_TIMEOUT} RUN_SERIAL ${arg_SERIAL} ENVIRONMENT "${STATOR_TEST_ENVIRONMENT}")
endfunction()
