#include "kernel/coordinator/items.h"

#include <algorithm>
#include <list>
#include <tuple>
#include <utility>
#include <vector>

#include "kernel/causality/head.h"
#include "kernel/causality/wire.h"
#include "kernel/seeded_bugs.h"

namespace stator {

namespace {

Result<Item> item_of(const Version& version, const std::optional<Context>& observed) {
  ByteReader in(version.value);
  Item item{version.dot, version.stamp, in.counted(), in.raw(in.left())};
  if (!in.ok()) return Status(Code::data_loss, "the key holds what is no item of a data type");
  item.observed = !observed || observed->covers(version.dot) || STATOR_SEEDED_BUG(operation_takes_all_for_seen);
  return item;
}

Result<std::vector<Item>> ordered(std::span<const Version> versions, const std::optional<Context>& observed,
                                  std::uint64_t now_ms) {
  std::vector<Item> items;
  items.reserve(versions.size());
  for (const Version& version : versions) {
    if (version.tombstone || (version.expires && version.expires->millis() <= now_ms)) continue;
    Result<Item> item = item_of(version, observed);
    if (!item.is_ok()) return item.status();
    items.push_back(*std::move(item));
  }
  std::sort(items.begin(), items.end(),
            [](const Item& a, const Item& b) { return std::tie(a.field, a.dot) < std::tie(b.field, b.dot); });
  return items;
}

/// The items of a large copy: views into its rows.
class RowItems final : public ItemSource {
 public:
  RowItems(VersionRows& rows, const std::optional<Context>& observed) : rows_(rows), observed_(observed) {}

  std::span<const Item> at(BytesView field) override { return keep(rows_.at(field)); }
  std::span<const Item> beneath(BytesView prefix) override { return keep(rows_.beneath(prefix)); }
  std::optional<Item> given(const Dot& dot) const override {
    const Version* version = rows_.given(dot);
    if (version == nullptr || version->tombstone) return std::nullopt;
    Result<Item> item = item_of(*version, observed_);
    return item.is_ok() ? std::optional(*std::move(item)) : std::nullopt;
  }
  /// What has failed so far.
  const Status& status() const { return rows_.status().is_ok() ? damage_ : rows_.status(); }

 private:
  std::span<const Item> keep(std::span<const Version> versions) {
    Result<std::vector<Item>> items = ordered(versions, observed_, 0);
    if (items.is_ok()) return given_.emplace_back(*std::move(items));
    damage_ = items.status();
    return {};
  }

  VersionRows& rows_;
  const std::optional<Context>& observed_;
  std::list<std::vector<Item>> given_;
  Status damage_;
};

Result<Change> change_of(const DataType& datatype, const Operation& operation, const VersionsThere& there,
                         const std::optional<Context>& observed, const Actor& signer) {
  if (there.rows == nullptr) {
    const Result<Items> items = items_of(there.all, observed, 0);
    return items.is_ok() ? datatype.update(*items, operation, signer) : items.status();
  }
  RowItems rows(*there.rows, observed);
  Result<Change> change = datatype.update(Items(rows), operation, signer);
  // Whatever was said of a part of them.
  return rows.status().is_ok() ? std::move(change) : rows.status();
}

}  // namespace

Result<Items> items_of(std::span<const Version> versions, const std::optional<Context>& observed,
                       std::uint64_t now_ms) {
  Result<std::vector<Item>> items = ordered(versions, observed, now_ms);
  if (!items.is_ok()) return items.status();
  return Items(*std::move(items));
}

Operate operate(const DataType& datatype, Operation operation) {
  return
      [&datatype, operation = std::move(operation)](const VersionsThere& there, const std::optional<Context>& observed,
                                                    const Actor& signer) -> Result<VersionChange> {
        Result<Change> change = change_of(datatype, operation, there, observed, signer);
        if (!change.is_ok()) return change.status();
        VersionChange made{std::move(change->replaced), {}};
        made.added.reserve(change->added.size());
        for (const Change::Addition& addition : change->added)
          made.added.push_back(encode_item(addition.field, addition.value));
        return made;
      };
}

Status check_operation(const DataType& datatype, const std::string& name) {
  for (const Operation& example : datatype.examples()) {
    if (example.name == name) return Status::ok();
  }
  return {Code::invalid_argument, "there is no operation \"" + name + "\" here; there are " + operations_of(datatype)};
}

std::string operations_of(const DataType& datatype) {
  const std::vector<Operation> examples = datatype.examples();
  std::vector<std::string> names;
  for (const Operation& example : examples) {
    if (std::find(names.begin(), names.end(), example.name) == names.end()) names.push_back(example.name);
  }
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "" : i + 1 < names.size() ? ", " : " and ") + names[i];
  return examples.empty() ? text : text + ", for example " + examples.front().arguments;
}

}  // namespace stator
