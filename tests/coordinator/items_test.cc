#include "kernel/coordinator/items.h"

#include <gtest/gtest.h>

#include "kernel/coordinator/read_view.h"

namespace stator {
namespace {

constexpr std::uint64_t kNow = 1000;

Version item(const std::string& node, std::uint64_t counter, BytesView field, BytesView value) {
  Version version;
  version.dot = {{node, Stamp::from_millis(1)}, counter};
  version.stamp = Stamp::from_millis(5);
  version.value = encode_item(field, value);
  return version;
}

/// Shows its fields, and replaces what the operation's arguments name by a value of that field.
struct Fields final : DataType {
  Result<Change> update(const Items& items, const Operation& operation, const Actor&) const override {
    Change change;
    for (const Item& item : items.at(operation.arguments)) {
      if (item.observed) change.replaced.push_back(item.dot);
    }
    change.added.push_back({operation.arguments, "new"});
    return change;
  }
  Result<Bytes> read(const Items& items) const override {
    if (items.all().front().field == "bad") return Status(Code::data_loss, "torn");
    Bytes shown;
    for (const Item& item : items.all()) shown += Bytes(item.field) + "=" + Bytes(item.value) + ";";
    return shown;
  }
  std::vector<Operation> examples() const override {
    return {{"set", "{\"op\":\"set\"}"}, {"set", "again"}, {"unset", "u"}, {"clear", "c"}};
  }
};

std::string shown(const Items& items) { return *Fields().read(items); }

TEST(Items, AreTheFieldCountedAndTheValueBehindIt) {
  EXPECT_EQ(encode_item("milk", "v"), "\x04milkv");
  EXPECT_EQ(encode_item("", ""), Bytes(1, '\0'));
}

TEST(Items, AscendByFieldThenDotAndKeepEveryByte) {
  const std::vector<Version> versions = {item("a", 1, "y", "1"), item("a", 2, Bytes(300, 'x'), Bytes("\0;", 2)),
                                         item("b", 1, "", ""), item("b", 2, "y", "2"), item("c", 1, "y", "3")};
  const Result<Items> items = items_of(versions, std::nullopt, 0);
  ASSERT_TRUE(items.is_ok());
  EXPECT_EQ(shown(*items), "=;" + Bytes(300, 'x') + "=" + Bytes("\0;", 2) + ";y=1;y=2;y=3;");
  EXPECT_EQ(items->all()[2].dot, versions[0].dot);
  EXPECT_EQ(items->all()[2].stamp, Stamp::from_millis(5));
}

TEST(Items, AreObservedAsFarAsTheContextGoes) {
  const std::vector<Version> versions = {item("a", 1, "x", ""), item("a", 2, "y", ""), item("b", 1, "z", "")};
  Context seen;
  seen.add(versions[0].dot);
  const Result<Items> items = items_of(versions, seen, 0);
  EXPECT_TRUE(items->all()[0].observed);
  EXPECT_FALSE(items->all()[1].observed);
  EXPECT_FALSE(items->all()[2].observed);
  EXPECT_TRUE(items_of(versions, std::nullopt, 0)->all()[2].observed);
}

TEST(Items, AreNotWhatIsRemovedOrExpired) {
  std::vector<Version> versions = {item("a", 1, "x", ""), item("a", 2, "y", ""), item("b", 1, "z", "")};
  versions[0].tombstone = true;
  versions[0].value.clear();
  versions[1].expires = Stamp::from_millis(kNow);
  versions[2].expires = Stamp::from_millis(kNow + 1);
  EXPECT_EQ(shown(*items_of(versions, std::nullopt, kNow)), "z=;");
}

TEST(Items, OfBytesThatAreNoneAreDataLoss) {
  Version torn = item("a", 1, "field", "");
  torn.value.resize(3);
  EXPECT_EQ(items_of({&torn, 1}, std::nullopt, 0).status().code(), Code::data_loss);
}

TEST(Items, AnOperationBecomesAChangeOfVersions) {
  const Fields fields;
  const std::vector<Version> versions = {item("a", 1, "x", "old"), item("a", 2, "y", ""), item("b", 1, "x", "old")};
  Context seen;
  seen.add(versions[1].dot);
  const Result<VersionChange> change = operate(fields, {"set", "x"})(versions, seen, {"c", {}});
  ASSERT_TRUE(change.is_ok());
  EXPECT_EQ(change->replaced, std::vector<Dot>{versions[0].dot});
  EXPECT_EQ(change->added, std::vector<Bytes>{encode_item("x", "new")});
}

TEST(Items, AnUnknownOperationIsToldWhichThereAre) {
  EXPECT_TRUE(check_operation(Fields(), "unset").is_ok());
  EXPECT_EQ(check_operation(Fields(), "add").text(),
            "invalid_argument: there is no operation \"add\" here; there are set, unset and clear, for example "
            "{\"op\":\"set\"}");
}

GetResult view(std::vector<Version> versions) {
  const Fields fields;
  Keyspace keyspace;
  keyspace.datatype = &fields;
  Record record;
  for (const Version& version : versions) record.context.add(version.dot);
  record.versions = std::move(versions);
  const Result<GetResult> viewed = view_record(&record, keyspace, "key", kNow);
  EXPECT_TRUE(viewed.is_ok());
  return viewed.is_ok() ? *viewed : GetResult();
}

TEST(ReadView, OfADataTypeIsWhatThatShows) {
  const GetResult result = view({item("a", 1, "x", "1"), item("b", 1, "x", "2")});
  EXPECT_TRUE(result.found);
  EXPECT_TRUE(result.datatype);
  EXPECT_TRUE(result.siblings.empty());
  EXPECT_EQ(result.resolved.value, "x=1;x=2;");
  EXPECT_EQ(result.resolved.content_type, "application/json");
  EXPECT_EQ(result.clock.size(), 2u);
}

TEST(ReadView, OfADataTypeWithoutItemsFindsNothing) {
  Version gone = item("a", 1, "x", "1");
  gone.expires = Stamp::from_millis(kNow);
  const GetResult result = view({gone});
  EXPECT_FALSE(result.found);
  EXPECT_EQ(result.clock.size(), 1u);
}

TEST(ReadView, OfADataTypeThatCannotReadFails) {
  const Fields fields;
  Keyspace keyspace;
  keyspace.datatype = &fields;
  Record record;
  record.versions = {item("a", 1, "bad", "")};
  record.context.add(record.versions[0].dot);
  EXPECT_EQ(view_record(&record, keyspace, "key", kNow).status().code(), Code::data_loss);
}

}  // namespace
}  // namespace stator
