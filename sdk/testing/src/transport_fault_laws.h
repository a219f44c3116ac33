#pragma once

#include <string>
#include <vector>

#include "stator/testing/transport_laws.h"

/// The laws that need something to go wrong; transport_laws() lists them all.
namespace stator::testing {

std::vector<std::string> an_unreachable_peer_is_unavailable(const TransportUnderTest& kind);
std::vector<std::string> what_one_loop_reaches_is_open_to_all(const TransportUnderTest& kind);
std::vector<std::string> a_silent_peer_is_no_hang(const TransportUnderTest& kind);
std::vector<std::string> tells_why_a_hello_was_refused(const TransportUnderTest& kind);
std::vector<std::string> stop_completes_everything(const TransportUnderTest& kind);
std::vector<std::string> a_lost_link_completes_everything(const TransportUnderTest& kind);
std::vector<std::string> never_retries(const TransportUnderTest& kind);
std::vector<std::string> hostile_bytes_disturb_nobody(const TransportUnderTest& kind);

}  // namespace stator::testing
