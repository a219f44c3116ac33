// The one translation unit that holds Asio's code; see CMakeLists.txt.

#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
