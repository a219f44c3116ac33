#pragma once

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "options.h"
#include "stator/config.h"
#include "stator/opened_links.h"
#include "stator/transport.h"

namespace stator::tcp {

class Acceptor;
class Lane;

/// The default carrier between nodes: length-prefixed frames over one connection for each peer and loop; what a loop
/// produces for a peer in one turn goes out in one write. See Lane, Line and Link.
class Tcp final : public Transport {
 public:
  /// Null, with `why`, on a host without event loops.
  static std::unique_ptr<Transport> create(Host& host, const Config& config, Status& why);
  Tcp(Host& host, Loops& loops, const Options& options);
  ~Tcp() override;

  /// Without `peers` there is nothing to do: it neither listens nor dials.
  Status start(const std::string& listen, Clients* clients, Peers* peers) override;
  std::string address() const override { return address_; }
  void call(const std::string& address, Frame request, TimePoint deadline, Done done) override;
  void stop() override;

 private:
  Host& host_;
  Loops& loops_;
  const Options options_;
  OpenedLinks opened_;
  std::string address_;
  std::shared_ptr<Acceptor> acceptor_;        ///< once started, of the first loop
  std::vector<std::shared_ptr<Lane>> lanes_;  ///< once started, each of its loop
  std::shared_ptr<void> alive_;  ///< whoever works for this transport has it; null: not started, or stopped
  std::future<void> all_gone_;
};

}  // namespace stator::tcp
