#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/plugins/call_times.h"
#include "kernel/plugins/fault_log.h"
#include "kernel/plugins/instance.h"
#include "stator/datatype.h"

namespace stator {

/// A data type that cannot hurt: it throws nothing, it replaces only items that are there and that the client has
/// observed or the signer has put there, and it reads as JSON. internal where the plugin does otherwise: that operation
/// is not done, or that read fails, and the key stays as it is; unavailable while it is left out because its calls take
/// too long, for good if one did not return and was ended. [concurrent]
class DataTypeGuard final : public DataType {
 public:
  /// `watch`: what ends its calls; null for nothing.
  DataTypeGuard(Instance<DataType> datatype, Host& host, const std::string& label, CallWatch* watch = nullptr);
  ~DataTypeGuard() override {
    if (times_.given_up()) datatype_.abandon();
  }

  Result<Change> update(const Items& items, const Operation& operation, const Actor& signer) const override;
  Result<Bytes> read(const Items& items) const override;
  /// What the plugin said when it was made.
  std::vector<Operation> examples() const override { return examples_; }
  std::uint64_t faults() const { return faults_.count(); }
  std::uint64_t overruns() const { return times_.overruns(); }

 private:
  Instance<DataType> datatype_;
  mutable FaultLog faults_;
  mutable CallTimes times_;
  std::vector<Operation> examples_;
};

}  // namespace stator
