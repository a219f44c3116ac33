# Two Debian packages of what is installed, made by `cpack` in the build directory: `stator` (programs, plugins, the
# libraries they share) and `stator-dev` (what plugin authors need: sdk/).
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "the Stator maintainers <maintainers@stator.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL stator dev)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE gzip)
set(CPACK_STRIP_FILES ON)

set(CPACK_DEBIAN_STATOR_PACKAGE_NAME stator)
set(CPACK_DEBIAN_STATOR_DESCRIPTION ${PROJECT_DESCRIPTION})
find_program(STATOR_SHLIBDEPS dpkg-shlibdeps)
if(STATOR_SHLIBDEPS)
  set(CPACK_DEBIAN_STATOR_PACKAGE_SHLIBDEPS ON)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_LIBRARY_OUTPUT_DIRECTORY})
endif()

set(CPACK_DEBIAN_DEV_PACKAGE_NAME stator-dev)
set(CPACK_DEBIAN_DEV_DESCRIPTION "SDK for plugins of Stator: headers, laws and fakes, CMake package, scaffolds")
string(JOIN ", " CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
  "stator (= ${PROJECT_VERSION})" cmake "g++ (>= 4:12), g++ (<< 4:13)" libjemalloc2 libboost1.81-dev libssl-dev libgtest-dev libgmock-dev)
include(CPack)
