#include "kernel/plugins/datatype_guard.h"

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include <nlohmann/json.hpp>

namespace stator {
namespace {

/// What is wrong with a change; empty if nothing is.
std::string nonsense(const Change& change, const Items& items, const Actor& signer) {
  const std::set<Dot> replaced(change.replaced.begin(), change.replaced.end());
  const std::vector<Item> there = items.given(replaced);
  const bool all_seen = std::all_of(there.begin(), there.end(),
                                    [&](const Item& item) { return item.observed || item.dot.actor == signer; });
  if (!all_seen) return "it replaces an item that its client has not seen";
  return there.size() == replaced.size() ? "" : "it replaces an item that is not there, or that it has not asked for";
}

// What a call may take beside its budget: a set of 100,000 elements is not shown as fast as one of ten.
constexpr Duration kPerItem = std::chrono::microseconds(10);
constexpr Duration kPerArgumentByte = std::chrono::microseconds(1);

/// Gives what the plugin asks for. How long that takes to be read is no time of the plugin's.
class Reading final : public ItemSource {
 public:
  Reading(const Items& items, Host& host, Duration excused) : items_(items), host_(host), excused_(excused) {}

  std::span<const Item> at(BytesView field) override {
    return timed([&] { return items_.at(field); });
  }
  std::span<const Item> beneath(BytesView prefix) override {
    return timed([&] { return items_.beneath(prefix); });
  }
  std::optional<Item> given(const Dot& dot) const override {
    std::vector<Item> found = items_.given({dot});
    return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
  }
  const Duration& excused() const { return excused_; }

 private:
  template <typename Read>
  std::span<const Item> timed(Read read) {
    const CallWatch::Elsewhere elsewhere;
    const TimePoint begun = host_.now();
    const std::span<const Item> items = read();
    excused_ += host_.now() - begun + kPerItem * items.size();
    return items;
  }

  const Items& items_;
  Host& host_;
  Duration excused_;
};

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
    Reading reading(items, faults_.host(), kPerArgumentByte * operation.arguments.size());
    auto made = times_.measure(
        "update", [&] { return datatype_->update(Items(reading), operation, signer); }, reading.excused());
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
    auto made = times_.measure(
        "read", [&] { return datatype_->read(items); }, kPerItem * items.all().size());
    if (!made) return faults_.record("read", CallTimes::kEnded);
    Result<Bytes>& shown = *made;
    if (!shown.is_ok())
      return shown.status().code() == Code::data_loss ? shown : faults_.record("read", shown.status().text());
    if (!nlohmann::json::accept(*shown)) return faults_.record("read", "what it shows is no JSON");
    return shown;
  });
}

}  // namespace stator
