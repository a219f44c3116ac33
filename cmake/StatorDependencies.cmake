# Everything that comes from outside. Debian 12's packages are the versions that are meant; `dev` installs them.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED)  # headers only
find_package(OpenSSL REQUIRED)
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(tomlplusplus CONFIG REQUIRED)
find_package(nlohmann_json CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(RocksDB CONFIG REQUIRED)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(jemalloc REQUIRED IMPORTED_TARGET jemalloc)
pkg_check_modules(lua REQUIRED IMPORTED_TARGET lua5.4)
pkg_check_modules(isal REQUIRED IMPORTED_TARGET libisal)
pkg_check_modules(prometheus REQUIRED IMPORTED_TARGET prometheus-cpp-core)
if(BUILD_TESTING)
  find_package(GTest CONFIG REQUIRED)
  find_package(rapidcheck CONFIG REQUIRED)
endif()

add_library(Stator::xxhash ALIAS PkgConfig::xxhash)
add_library(Stator::sodium ALIAS PkgConfig::sodium)
add_library(Stator::jemalloc ALIAS PkgConfig::jemalloc)
add_library(Stator::isal ALIAS PkgConfig::isal)
add_library(Stator::prometheus ALIAS PkgConfig::prometheus)

# Asio is compiled once, into stator_asio, and every translation unit must agree on how.
set(STATOR_ASIO_DEFINITIONS BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_DYN_LINK BOOST_ASIO_NO_DEPRECATED)
add_compile_definitions(${STATOR_ASIO_DEFINITIONS} BOOST_DLL_USE_STD_FS)
