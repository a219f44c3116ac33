#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace stator {

/// A number that is read when somebody looks at the node's metrics page.
struct MetricSeries {
  enum class Kind {
    gauge,
    counter,  ///< never goes back while the process lives; its name ends in _total
  };
  std::string name;  ///< "stator_rocksdb_stall_seconds_total": Prometheus's rules, base units, one help text for all
  std::string help;
  std::map<std::string, std::string> labels;  ///< tells instances apart: {"storage", "fast"}
  Kind kind = Kind::gauge;
  std::function<double()> read;  ///< [any-thread] Quick; must not throw.
};

/// What a plugin shows beside the node's own numbers on /metrics. [any-thread]
class PluginMetrics {
 public:
  static constexpr std::string_view kExtensionId = "stator.metrics/1";

  /// Series that are on the page as long as this lives. Its destructor waits for a reading that is under way, so what
  /// `read` refers to may go afterwards.
  class Shown {
   public:
    virtual ~Shown() = default;
  };

  virtual ~PluginMetrics() = default;
  /// What is returned must not outlive the host.
  virtual std::unique_ptr<Shown> show(std::vector<MetricSeries> series) = 0;
};

}  // namespace stator
