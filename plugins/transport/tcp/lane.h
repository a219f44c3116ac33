#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "link.h"
#include "options.h"
#include "stator/host.h"
#include "stator/opened_links.h"
#include "stator/transport.h"

namespace stator::tcp {

class AcceptedLink;
class Line;

/// What all lanes of one transport share. Outlives them.
struct Surroundings {
  Host& host;
  Loops& loops;
  Peers& peers;
  OpenedLinks& opened;
  Options options;
};

/// Everything that one loop has of the carrier: its own line to each peer, and the connections whose dialers' loops it
/// answers. Handlers, links and posted tasks share it; when the last of them is gone, nothing of the transport is left
/// on the loop. [serial, on its loop]
class Lane : public std::enable_shared_from_this<Lane> {
 public:
  /// `alive` is let go by the destructor.
  Lane(const Surroundings& around, int loop, std::shared_ptr<void> alive);
  ~Lane();

  void call(const std::string& address, Frame request, TimePoint deadline, Transport::Done done);
  /// A connection whose preamble was read. [any-thread]
  void adopt(Socket socket);
  /// Ends every call and connection; later ones at once.
  void stop();

  /// The link's frames go out at the end of this turn of the loop.
  void flush_soon(Link& link);
  /// Calls Line::tick of every line then, or somewhat later.
  void wake_at(TimePoint when);
  /// Ends a call that never began: later in the turn, since never inside the call.
  void fail_soon(Transport::Done done, Status why);
  void forget(const std::shared_ptr<AcceptedLink>& link);

  Host& host() { return around_.host; }
  Peers& peers() { return around_.peers; }
  OpenedLinks& opened_links() { return around_.opened; }
  const Options& options() const { return around_.options; }
  boost::asio::io_context& context() { return around_.loops.context(loop_); }
  Preamble preamble() const;

 private:
  void post(Task task) { around_.loops.post(loop_, std::move(task)); }
  void flush_all();
  void tick();

  const Surroundings around_;
  const int loop_;
  const std::shared_ptr<void> alive_;
  std::map<std::string, std::unique_ptr<Line>, std::less<>> lines_;  ///< by address, as the kernel writes it
  std::unordered_set<std::shared_ptr<AcceptedLink>> accepted_;
  std::vector<std::shared_ptr<Link>> to_flush_;
  std::vector<std::shared_ptr<Link>> flushing_;
  TimerId timer_ = 0;
  TimePoint wakes_at_ = TimePoint::max();
  bool stopped_ = false;
};

}  // namespace stator::tcp
