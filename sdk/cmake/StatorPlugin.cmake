# stator_add_plugin(<name> KIND resolver|datatype|storage|membership|transport
#                   SOURCES <file>… [LIBRARIES <target>…] [TESTS <file>…] [TEST_LIBRARIES <target>…]
#                   [CHECK_OPTIONS <key>=<value>…])
#
# Builds stator_<kind>_<name>.so, which exports `stator_plugin` and nothing else. Each file of TESTS becomes the
# GoogleTest program <kind>_<name>_<file's stem>, linked with the plugin's own objects and Stator::testing, and one
# ctest. Where the checker is known, a ctest runs it on the plugin, with CHECK_OPTIONS as the options of the instance:
# a storage is best tried with files so small that a short history fills many. The same call serves plugins in the tree of
# Stator and, after find_package(Stator CONFIG), anywhere else.

set(STATOR_PLUGIN_EXPORTS ${CMAKE_CURRENT_LIST_DIR}/stator_plugin.map)
set(STATOR_PLUGIN_KINDS resolver datatype storage membership transport)

function(stator_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "KIND" "SOURCES;LIBRARIES;TESTS;TEST_LIBRARIES;CHECK_OPTIONS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "stator_add_plugin(${name}): no SOURCES, or unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_KIND IN_LIST STATOR_PLUGIN_KINDS)
    message(FATAL_ERROR "stator_add_plugin(${name}): KIND is '${arg_KIND}', not one of ${STATOR_PLUGIN_KINDS}")
  endif()
  set(id ${arg_KIND}_${name})
  set(plugin stator_${id})

  add_library(${plugin}_objects OBJECT ${arg_SOURCES})
  target_link_libraries(${plugin}_objects PUBLIC Stator::sdk ${arg_LIBRARIES})
  target_compile_features(${plugin}_objects PUBLIC cxx_std_20)
  set_target_properties(${plugin}_objects PROPERTIES
    POSITION_INDEPENDENT_CODE ON CXX_EXTENSIONS OFF CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)

  add_library(${plugin} MODULE)
  target_link_libraries(${plugin} PRIVATE ${plugin}_objects)
  target_link_options(${plugin} PRIVATE
    -Wl,--version-script=${STATOR_PLUGIN_EXPORTS} -Wl,-z,defs)
  set_target_properties(${plugin} PROPERTIES
    PREFIX "" LINKER_LANGUAGE CXX INSTALL_RPATH "$ORIGIN/.." LINK_DEPENDS ${STATOR_PLUGIN_EXPORTS})
  if(STATOR_PLUGIN_DIRECTORY)  # in Stator's own tree
    set_target_properties(${plugin} PROPERTIES
      LIBRARY_OUTPUT_DIRECTORY ${STATOR_PLUGIN_DIRECTORY} BUILD_WITH_INSTALL_RPATH ON)
    add_dependencies(product ${plugin})
  endif()
  install(TARGETS ${plugin} LIBRARY DESTINATION lib/stator/plugins)

  if(BUILD_TESTING AND TARGET Stator::checker)
    list(TRANSFORM arg_CHECK_OPTIONS PREPEND --option= OUTPUT_VARIABLE check_options)
    add_test(NAME ${id}_check COMMAND Stator::checker plugin check $<TARGET_FILE:${plugin}> ${check_options})
    set_tests_properties(${id}_check PROPERTIES TIMEOUT 600)
  endif()
  if(BUILD_TESTING)
    foreach(source IN LISTS arg_TESTS)
      stator_add_plugin_test(${id} ${source} ${plugin}_objects ${arg_TEST_LIBRARIES})
    endforeach()
  endif()
endfunction()

# Used by stator_add_plugin for each file of TESTS; the arguments after the source are linked.
function(stator_add_plugin_test id source)
  cmake_path(GET source STEM stem)
  set(test ${id}_${stem})
  add_executable(${test} ${source})
  target_link_libraries(${test} PRIVATE ${ARGN} Stator::testing GTest::gtest_main)
  set_target_properties(${test} PROPERTIES CXX_EXTENSIONS OFF RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_test(NAME ${test} COMMAND ${test})
  set_tests_properties(${test} PROPERTIES TIMEOUT 600 ENVIRONMENT "${STATOR_TEST_ENVIRONMENT}")
  if(STATOR_PLUGIN_DIRECTORY)  # in Stator's own tree
    stator_label_test(${test} sanitized ${test})
  endif()
endfunction()
