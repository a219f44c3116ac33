// The laws of every carrier, on this one.

#include "stator/testing/transport_laws.h"
#include "under_test.h"

namespace stator::grpc_transport {
namespace {

using testing::TransportUnderTest;

// The client's side of HTTP/2's opening, and what may follow it: nothing, a frame of 16 MiB, a headers frame cut short.
const Bytes kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Bytes("\0\0\0\x04\0\0\0\0\0", 9);

const bool registered = testing::register_transport_laws(
    "Grpc", TransportUnderTest{
                .make = [](Host& host) { return make_grpc(host); },
                .hostile_openings = {kPreface, kPreface + Bytes("\xff\xff\xff\0\0\0\0\0\x01", 9),
                                     kPreface + Bytes("\0\x01\0\x01\x04\0\0\0\x01stator", 15)},
            });

const bool on_three_threads = testing::register_transport_laws(
    "GrpcOnThreeThreads", TransportUnderTest{.make = [](Host& host) { return make_grpc(host, {.threads = 3}); }});

}  // namespace
}  // namespace stator::grpc_transport
