# The language, the warnings, the sanitizers, the linker and where things are put: the same for every target.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")

add_compile_options(-Wall -Wextra -Werror -Wnon-virtual-dtor -Woverloaded-virtual -Wsuggest-override -Wundef
  -Wno-missing-field-initializers  # option structs are filled by designators
  -Wno-restrict                    # false positives of g++ 12 on std::string operator+
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)

if(STATOR_SANITIZE)
  add_compile_options(-fsanitize=${STATOR_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
    -Wno-maybe-uninitialized)  # g++ 12 loses track of initialisations in instrumented code
  add_link_options(-fsanitize=${STATOR_SANITIZE})
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
  if(STATOR_SANITIZE STREQUAL "thread")
    add_compile_options(-Wno-tsan)
  endif()
endif()

find_program(STATOR_MOLD mold)
if(STATOR_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

find_program(STATOR_CCACHE ccache)
if(STATOR_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Without the working directory in its key, build directories share their results; the sloppiness is what it needs to
  # know precompiled headers.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    /usr/bin/env CCACHE_NOHASHDIR=true CCACHE_SLOPPINESS=pch_defines,time_macros ${STATOR_CCACHE})
endif()

# One layout for the build directory and the install prefix, so that the same relative paths hold in both.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib/stator)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
set(STATOR_PLUGIN_DIRECTORY ${PROJECT_BINARY_DIR}/lib/stator/plugins)
set(CMAKE_INSTALL_LIBDIR lib)
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)

# Everything that is installed, without the tests.
add_custom_target(product)

function(stator_add_program name)
  add_executable(${name} ${ARGN})
  set_target_properties(${name} PROPERTIES INSTALL_RPATH "$ORIGIN/../lib/stator" BUILD_WITH_INSTALL_RPATH ON)
  add_dependencies(product ${name})
  install(TARGETS ${name} RUNTIME DESTINATION bin)
endfunction()

# stator_unite(<library>): its sources are compiled eight at a time, which reads the headers once for all of them. So no two
# of its sources may have the same name in their anonymous namespaces. OFF is for tools that look at single sources.
option(STATOR_UNITY "Compile the sources of large libraries several at a time" ON)
function(stator_unite target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${STATOR_UNITY} UNITY_BUILD_BATCH_SIZE 8)
endfunction()

function(stator_add_subdirectories)
  foreach(directory IN LISTS ARGN)
    add_subdirectory(${directory})
  endforeach()
endfunction()
