#include "kernel/plugins/datatype_guard.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

namespace stator {
namespace {

/// What is wrong with a change; empty if nothing is.
std::string nonsense(const Change& change, const Items& items, const Actor& signer) {
  const std::set<Dot> replaced(change.replaced.begin(), change.replaced.end());
  std::size_t found = 0;
  for (const Item& item : items.all()) {
    if (replaced.empty()) break;
    if (!replaced.contains(item.dot)) continue;
    ++found;
    if (!item.observed && item.dot.actor != signer) return "it replaces an item that its client has not seen";
  }
  return found == replaced.size() ? "" : "it replaces an item that is not there";
}

/// A refusal is for the client, and no fault; anything else that a plugin fails with is its own.
bool is_refusal(const Status& status) {
  return status.code() == Code::invalid_argument || status.code() == Code::failed_precondition;
}

}  // namespace

DataTypeGuard::DataTypeGuard(Instance<DataType> datatype, Host& host, const std::string& label, CallWatch* watch)
    : datatype_(std::move(datatype)),
      faults_(host, label),
      times_(host, label, {"its keys can be neither read nor changed meanwhile", watch, datatype_.code()}),
      examples_(guarded(
          faults_, "examples", [this] { return datatype_->examples(); },
          [](const Status&) { return std::vector<Operation>(); })) {}

Result<Change> DataTypeGuard::update(const Items& items, const Operation& operation, const Actor& signer) const {
  if (Status admitted = times_.admit(); !admitted.is_ok()) return admitted;
  return guarded(faults_, "update", [&]() -> Result<Change> {
    auto made = times_.measure("update", [&] { return datatype_->update(items, operation, signer); });
    if (!made) return faults_.record("update", CallTimes::kEnded);
    Result<Change>& change = *made;
    if (!change.is_ok()) {
      if (is_refusal(change.status()) || change.status().code() == Code::data_loss) return std::move(change);
      return faults_.record("update", change.status().text());
    }
    if (const std::string wrong = nonsense(*change, items, signer); !wrong.empty())
      return faults_.record("update", wrong);
    return change;
  });
}

Result<Bytes> DataTypeGuard::read(const Items& items) const {
  if (Status admitted = times_.admit(); !admitted.is_ok()) return admitted;
  return guarded(faults_, "read", [&]() -> Result<Bytes> {
    auto made = times_.measure("read", [&] { return datatype_->read(items); });
    if (!made) return faults_.record("read", CallTimes::kEnded);
    Result<Bytes>& shown = *made;
    if (!shown.is_ok())
      return shown.status().code() == Code::data_loss ? shown : faults_.record("read", shown.status().text());
    if (!nlohmann::json::accept(*shown)) return faults_.record("read", "what it shows is no JSON");
    return shown;
  });
}

}  // namespace stator
