#pragma once

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "stator/bytes.h"
#include "stator/status.h"
#include "stator/version.h"

namespace stator {

/// One thing that a value of a data type holds: what one operation put there, under the dot that names it for ever.
/// Views live for the call.
struct Item {
  Dot dot;
  Stamp stamp;
  BytesView field;  ///< what it is found by: a set's element, a map's path; the data type's own encoding; may be empty
  BytesView value;
  bool observed = true;  ///< the client had seen it, or did not say what it had seen. In a read: always
};

/// Where items come from that are read only when they are asked for, as those of a large value are. What it gave lives
/// as long as it does and does not move; no two spans need be parts of one. [serial]
class ItemSource {
 public:
  virtual ~ItemSource() = default;
  /// As those of Items. May leave out what it cannot read: then the operation fails, whatever was made of the rest.
  virtual std::span<const Item> at(BytesView field) = 0;
  virtual std::span<const Item> beneath(BytesView prefix) = 0;
  /// The item of that dot, if it was given; absent if not.
  virtual std::optional<Item> given(const Dot& dot) const = 0;
};

/// All items of a key, ascending by field, then dot; no two have the same dot. Removed and expired ones are not among
/// them. A value over views: [concurrent], but [serial] over a source.
class Items {
 public:
  /// `items` ascend by field, then dot.
  explicit Items(std::vector<Item> items) : items_(std::move(items)) {}
  /// The source outlives this.
  explicit Items(ItemSource& source) : source_(&source) {}

  /// Each of these lives as long as this object. All may be very many, each of which has to be read: an operation on
  /// one field asks for that.
  std::span<const Item> all() const {
    return source_ != nullptr ? source_->beneath({}) : std::span<const Item>(items_);
  }
  /// Those of exactly that field.
  std::span<const Item> at(BytesView field) const {
    if (source_ != nullptr) return source_->at(field);
    return range(field, [&](const Item& item) { return item.field == field; });
  }
  /// Those whose field begins so.
  std::span<const Item> beneath(BytesView prefix) const {
    if (source_ != nullptr) return source_->beneath(prefix);
    return range(prefix, [&](const Item& item) { return item.field.starts_with(prefix); });
  }
  /// Those of these dots, in no order; over a source, of what was asked for so far. So a change is judged.
  std::vector<Item> given(const std::set<Dot>& dots) const {
    std::vector<Item> found;
    if (source_ == nullptr) {
      std::copy_if(items_.begin(), items_.end(), std::back_inserter(found),
                   [&](const Item& item) { return dots.contains(item.dot); });
      return found;
    }
    for (const Dot& dot : dots) {
      if (auto item = source_->given(dot)) found.push_back(*std::move(item));
    }
    return found;
  }

 private:
  template <typename Belongs>
  std::span<const Item> range(BytesView from, Belongs belongs) const {
    const auto first = std::lower_bound(items_.begin(), items_.end(), from,
                                        [](const Item& item, BytesView field) { return item.field < field; });
    return {first, std::find_if_not(first, items_.end(), belongs)};
  }
  std::vector<Item> items_;
  ItemSource* source_ = nullptr;
};

/// What a client wants done: `{"op":"add","element":"milk"}` is the name "add" and the whole object as JSON text. What
/// such a request tells the kernel (its context, its op id) is not among the arguments.
struct Operation {
  std::string name;
  Bytes arguments;
  bool operator==(const Operation&) const = default;
};

/// What an operation makes of the items. `replaced` and `added` together are one atomic write.
struct Change {
  struct Addition {
    Bytes field;
    Bytes value;
  };
  std::vector<Dot> replaced;    ///< of items that are there and were asked for
  std::vector<Addition> added;  ///< each gets a dot of its own, the next ones of the actor, in this order
};

/// datatype/1. A value with operations whose concurrent updates always join: nothing is lost, and there are no
/// siblings. Pure: no I/O, clock or state. [concurrent]
///
/// The kernel joins: of two copies an item stays if both hold it, or if the copy that lacks it has never seen its dot
/// (Almeida, Shoker, Baquero: "Delta State Replicated Data Types", 2018, section 7: the join of causal dot stores). So
/// copies end equal whatever a data type does; it says only what an operation adds and which items it replaces, and how
/// the items read.
///
/// Laws: throws nothing; deterministic; replaces only items that it has asked for, and of those only what the client
/// has observed or the same actor has signed; takes all its examples, whatever is there, and no operation that none of
/// them names; refuses arguments it does not understand; reads every state, as JSON.
///
/// An operation costs what it asks for: on a set of a million elements one that asks for the items of its element reads
/// those, and one that asks for all reads a million.
class DataType {
 public:
  static constexpr const char* kInterfaceId = "datatype/1";
  virtual ~DataType() = default;
  /// `signer` is who signs what is added: no two writes are ever made at the same time under one actor, so an item of
  /// its own may be replaced even if the client has not seen it. invalid_argument, with a text for the client, if the
  /// operation is unknown or malformed; failed_precondition if it cannot be done to what is there.
  virtual Result<Change> update(const Items& items, const Operation& operation, const Actor& signer) const = 0;
  /// JSON text: what GET shows. Never called without items: a key that holds none is not found.
  virtual Result<Bytes> read(const Items& items) const = 0;
  /// At least one of each operation there is: clients that ask for an unknown one are shown them, laws and simulator
  /// draw from them.
  virtual std::vector<Operation> examples() const = 0;
};

}  // namespace stator
