#include "kernel/coordinator/items.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "kernel/causality/wire.h"
#include "kernel/seeded_bugs.h"

namespace stator {

Bytes encode_item(BytesView field, BytesView value) {
  Bytes item;
  item.reserve(field.size() + value.size() + 4);
  ByteWriter writer(item);
  writer.counted(field);
  writer.raw(value);
  return item;
}

Result<Items> items_of(std::span<const Version> versions, const std::optional<Context>& observed,
                       std::uint64_t now_ms) {
  std::vector<Item> items;
  items.reserve(versions.size());
  for (const Version& version : versions) {
    if (version.tombstone || (version.expires && version.expires->millis() <= now_ms)) continue;
    ByteReader in(version.value);
    Item item{version.dot, version.stamp, in.counted(), in.raw(in.left())};
    if (!in.ok()) return Status(Code::data_loss, "the key holds what is no item of a data type");
    item.observed = !observed || observed->covers(version.dot) || STATOR_SEEDED_BUG(operation_takes_all_for_seen);
    items.push_back(std::move(item));
  }
  std::sort(items.begin(), items.end(),
            [](const Item& a, const Item& b) { return std::tie(a.field, a.dot) < std::tie(b.field, b.dot); });
  return Items(std::move(items));
}

Operate operate(const DataType& datatype, Operation operation) {
  return [&datatype, operation = std::move(operation)](std::span<const Version> there,
                                                       const std::optional<Context>& observed,
                                                       const Actor& signer) -> Result<VersionChange> {
    const Result<Items> items = items_of(there, observed, 0);
    if (!items.is_ok()) return items.status();
    Result<Change> change = datatype.update(*items, operation, signer);
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
