#include "dot_stores/workbench.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include <nlohmann/json.hpp>

#include "stator/testing/fake_host.h"
#include "stator/testing/items_on_demand.h"
#include "stator/testing/modelled_files.h"

namespace stator::dot_stores {

std::unique_ptr<DataType> made_by(const stator_plugin_descriptor& plugin, const Config& config, Status& why) {
  testing::ModelledDisk disk;
  testing::ModelledFiles files(disk);
  testing::FakeHost host(files);  // a data type does not keep it
  return std::unique_ptr<DataType>(static_cast<DataType*>(plugin.create(host, config, why)));
}

std::unique_ptr<DataType> made_by(const stator_plugin_descriptor& plugin, const Config& config) {
  Status unused;
  return made_by(plugin, config, unused);
}

Items Workbench::items() const {
  std::vector<Item> items;
  for (const Stored& each : stored_) items.push_back({each.dot, each.stamp, each.field, each.value, each.observed});
  std::sort(items.begin(), items.end(),
            [](const Item& a, const Item& b) { return std::tie(a.field, a.dot) < std::tie(b.field, b.dot); });
  return Items(std::move(items));
}

void Workbench::put(const std::string& node, Bytes field, Bytes value, bool observed, Stamp stamp) {
  stored_.push_back({{{node, {}}, ++counter_}, stamp, std::move(field), std::move(value), observed});
}

Status Workbench::ask(const std::string& arguments) {
  const auto json = nlohmann::json::parse(arguments, nullptr, false);
  const std::string name = json.is_object() ? json.value("op", "") : "";
  const Items all = items();
  testing::ItemsOnDemand source(all);
  const Result<Change> change = datatype_.update(Items(source), {name, arguments}, {"self", {}});
  given_ = source.count();
  if (!change.is_ok()) return change.status();
  std::erase_if(stored_, [&](const Stored& each) {
    const auto& replaced = change->replaced;
    return std::find(replaced.begin(), replaced.end(), each.dot) != replaced.end();
  });
  for (const Change::Addition& addition : change->added) put("self", addition.field, addition.value);
  return Status::ok();
}

std::string Workbench::refusal(Code code, const std::string& arguments) {
  const std::string before = stored();
  const Status status = ask(arguments);
  EXPECT_EQ(status.code(), code) << arguments;
  EXPECT_EQ(stored(), before) << arguments;
  return status.message();
}

std::string Workbench::shown() const {
  if (stored_.empty()) return {};
  const Result<Bytes> json = datatype_.read(items());
  return json.is_ok() ? *json : json.status().text();
}

std::string Workbench::stored() const {
  std::string text;
  const Items all = items();
  for (const Item& item : all.all()) text += (text.empty() ? "" : " ") + Bytes(item.field) + "=" + Bytes(item.value);
  return text;
}

}  // namespace stator::dot_stores
