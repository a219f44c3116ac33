#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "stator/host.h"
#include "stator/metrics.h"
#include "stator/status.h"

namespace stator {

/// What a node measures of itself, in Prometheus's terms: base units, `stator_` names. Observing is cheap and
/// [any-thread]; series are made before the loops run.
class Metrics final : public PluginMetrics {
 public:
  /// The request histograms of one (op, keyspace, transport), one for each outcome. Lives as long as the Metrics.
  class Requests {
   public:
    virtual ~Requests() = default;
    virtual void observe(Code outcome, Duration took) = 0;
    virtual void observe_siblings(std::size_t count) = 0;
  };

  Metrics();
  ~Metrics() override;

  /// [startup]
  Requests& requests(const std::string& op, const std::string& keyspace, const std::string& transport);
  void observe_commit(const std::string& storage, std::size_t records, Duration took);
  void observe_merkle_round(Duration took);
  void observe_replica_rpc(const std::string& peer, const char* method, Duration took);
  /// A value read when somebody looks. `labels` may be empty. [startup]
  void gauge(const std::string& name, const std::string& help, std::map<std::string, std::string> labels,
             std::function<double()> read);
  /// The same for a number that only grows.
  void counter(const std::string& name, const std::string& help, std::map<std::string, std::string> labels,
               std::function<double()> read);

  std::unique_ptr<Shown> show(std::vector<MetricSeries> series) override;

  /// The exposition text, with the process collector's names.
  std::string text() const;

 private:
  struct State;
  class ShownSeries;
  std::unique_ptr<State> state_;
};

}  // namespace stator
