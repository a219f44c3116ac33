#include "kernel/coordinator/items.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <list>
#include <set>
#include <utility>

#include "kernel/causality/head.h"
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
  const Result<VersionChange> change = operate(fields, {"set", "x"})({versions}, seen, {"c", {}});
  ASSERT_TRUE(change.is_ok());
  EXPECT_EQ(change->replaced, std::vector<Dot>{versions[0].dot});
  EXPECT_EQ(change->added, std::vector<Bytes>{encode_item("x", "new")});
}

/// The rows of a large copy, each answer in a room of its own.
class FakeRows final : public VersionRows {
 public:
  explicit FakeRows(std::vector<Version> versions) : versions_(std::move(versions)) {
    std::sort(versions_.begin(), versions_.end(), [](const Version& a, const Version& b) {
      return std::pair(item_field(a.value), a.dot) < std::pair(item_field(b.value), b.dot);
    });
  }
  std::span<const Version> at(BytesView field) override {
    asked += "at " + Bytes(field) + ";";
    return give([&](const Version& version) { return !version.tombstone && item_field(version.value) == field; });
  }
  std::span<const Version> beneath(BytesView prefix) override {
    asked += "beneath " + Bytes(prefix) + ";";
    return give(
        [&](const Version& version) { return !version.tombstone && item_field(version.value).starts_with(prefix); });
  }
  std::span<const Version> removals() override {
    return give([](const Version& version) { return version.tombstone; });
  }
  const Version* given(const Dot& dot) const override {
    for (const std::vector<Version>& answer : answers_) {
      for (const Version& version : answer) {
        if (version.dot == dot) return &version;
      }
    }
    return nullptr;
  }
  const Status& status() const override { return failure; }

  Bytes asked;
  Status failure;

 private:
  template <typename Belongs>
  std::span<const Version> give(Belongs belongs) {
    std::vector<Version>& answer = answers_.emplace_back();
    std::copy_if(versions_.begin(), versions_.end(), std::back_inserter(answer), belongs);
    return answer;
  }
  std::vector<Version> versions_;
  std::list<std::vector<Version>> answers_;
};

/// An operation that hands its items on.
struct Handing final : DataType {
  std::function<Result<Change>(const Items&)> to;
  Result<Change> update(const Items& items, const Operation&, const Actor&) const override { return to(items); }
  Result<Bytes> read(const Items&) const override { return Bytes("[]"); }
  std::vector<Operation> examples() const override { return {}; }
};

Result<VersionChange> on_rows(FakeRows& rows, const std::function<Result<Change>(const Items&)>& to,
                              const std::optional<Context>& observed = std::nullopt) {
  Handing handing;
  handing.to = to;
  return operate(handing, {})({{}, &rows}, observed, {"c", {}});
}

TEST(RowItems, AreReadAsFarAsTheyAreAskedFor) {
  FakeRows rows({item("a", 1, "x", "1"), item("a", 2, "y", "2"), item("b", 1, "x", "3"), item("b", 2, "xx", "")});
  const Result<VersionChange> change = operate(Fields(), {"set", "x"})({{}, &rows}, std::nullopt, {"c", {}});
  ASSERT_TRUE(change.is_ok()) << change.status().text();
  EXPECT_EQ(rows.asked, "at x;");
  EXPECT_EQ(change->replaced, (std::vector<Dot>{{{"a", Stamp::from_millis(1)}, 1}, {{"b", Stamp::from_millis(1)}, 1}}));
  EXPECT_EQ(change->added, std::vector<Bytes>{encode_item("x", "new")});
}

TEST(RowItems, AscendByFieldThenDotAndStayAsLongAsTheOperation) {
  FakeRows rows({item("b", 1, "x", "4"), item("a", 2, "y", "5"), item("a", 1, "x", "3"), item("c", 1, "", "1"),
                 item("c", 2, "w", "2")});
  const auto change = on_rows(rows, [](const Items& items) {
    const std::span<const Item> x = items.beneath("x");
    const std::span<const Item> all = items.all();
    for (int i = 0; i < 100; ++i) EXPECT_EQ(items.at("w").size(), 1u);
    EXPECT_EQ(shown(Items({all.begin(), all.end()})), "=1;w=2;x=3;x=4;y=5;");
    EXPECT_EQ(shown(Items({x.begin(), x.end()})), "x=3;x=4;");
    EXPECT_EQ(x[0].stamp, Stamp::from_millis(5));
    return Change();
  });
  EXPECT_TRUE(change.is_ok());
}

TEST(RowItems, AreObservedAsFarAsTheContextGoes) {
  const std::vector<Version> versions = {item("a", 1, "x", ""), item("a", 2, "x", "")};
  FakeRows rows(versions);
  Context seen;
  seen.add(versions[0].dot);
  const auto change = on_rows(
      rows,
      [&](const Items& items) {
        EXPECT_TRUE(items.at("x")[0].observed);
        EXPECT_FALSE(items.at("x")[1].observed);
        for (const Item& item : items.given({versions[0].dot, versions[1].dot}))
          EXPECT_EQ(item.observed, item.dot == versions[0].dot);
        return Change();
      },
      seen);
  EXPECT_TRUE(change.is_ok());
  EXPECT_TRUE(on_rows(rows, [](const Items& items) {
                EXPECT_TRUE(items.at("x")[1].observed);
                return Change();
              }).is_ok());
}

TEST(RowItems, AreFoundByTheirDotsOnceTheyWereGiven) {
  std::vector<Version> versions = {item("a", 1, "x", "1"), item("a", 2, "y", "2"), item("b", 1, "z", "")};
  versions[2].tombstone = true;
  FakeRows rows(versions);
  rows.removals();
  const std::set<Dot> dots = {versions[0].dot, versions[1].dot, versions[2].dot};
  const auto change = on_rows(rows, [&](const Items& items) {
    EXPECT_TRUE(items.given(dots).empty());
    EXPECT_EQ(items.at("y").size(), 1u);
    EXPECT_EQ(shown(Items(items.given(dots))), "y=2;");
    return Change();
  });
  EXPECT_TRUE(change.is_ok());
}

TEST(RowItems, ThatCannotBeReadFailTheOperationWhateverItMakesOfTheRest) {
  FakeRows rows({item("a", 1, "x", "")});
  const auto sleeps = [&](const Items& items) {
    rows.failure = Status(Code::unavailable, "the disk sleeps");
    return items.at("y").empty() ? Result<Change>(Change()) : Status(Code::invalid_argument, "no");
  };
  EXPECT_EQ(on_rows(rows, sleeps).status().text(), "unavailable: the disk sleeps");
  const auto refuses = [&](const Items& items) {
    rows.failure = Status(Code::unavailable, "the disk sleeps");
    return items.at("x").empty() ? Result<Change>(Change()) : Status(Code::failed_precondition, "no");
  };
  EXPECT_EQ(on_rows(rows, refuses).status().text(), "unavailable: the disk sleeps");
  rows.failure = Status::ok();
  const auto refuses_awake = [](const Items&) { return Result<Change>(Status(Code::failed_precondition, "no")); };
  EXPECT_EQ(on_rows(rows, refuses_awake).status().text(), "failed_precondition: no");
}

TEST(RowItems, OfBytesThatAreNoneAreDataLossToWhoAsksForThem) {
  Version torn = item("a", 1, "field", "");
  torn.value.resize(3);
  FakeRows rows({torn, item("a", 2, "x", "1")});
  EXPECT_TRUE(on_rows(rows, [](const Items& items) {
                EXPECT_EQ(items.at("x").size(), 1u);
                return Change();
              }).is_ok());
  const auto asks_for_all = [](const Items& items) {
    EXPECT_TRUE(items.all().empty());
    EXPECT_EQ(items.at("x").size(), 1u);
    return Change();
  };
  EXPECT_EQ(on_rows(rows, asks_for_all).status().code(), Code::data_loss);
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
