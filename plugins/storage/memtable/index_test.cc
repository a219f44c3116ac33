#include "index.h"

#include <gtest/gtest.h>

#include <map>

namespace stator::memtable {
namespace {

std::vector<Bytes> keys(const Index& index, BytesView first, BytesView last) {
  std::vector<Bytes> keys;
  index.scan(first, last, [&](BytesView key, BytesView) {
    keys.emplace_back(key);
    return true;
  });
  return keys;
}

/// Every key of up to four bytes out of these.
std::vector<Bytes> small_keys() {
  std::vector<Bytes> all = {""};
  for (std::size_t from = 0, size = 1; size <= 4; ++size) {
    const std::size_t to = all.size();
    for (; from < to; ++from) {
      for (char byte : {'\x00', 'k', '\xff'}) all.push_back(all[from] + byte);
    }
  }
  return all;
}

TEST(Index, OrdersShortKeysAmongTheGroups) {
  Index index;
  std::map<Bytes, Bytes> model;
  for (const Bytes& key : small_keys()) {
    index.apply({.key = key, .value = "v"});
    model.emplace(key, "v");
  }
  EXPECT_EQ(index.keys(), model.size());
  for (const Bytes& first : small_keys()) {
    for (const Bytes& last : {Bytes("k"), Bytes("k\0", 2), Bytes("k\xff\xff"), Bytes("\xff\xff\xff\xff")}) {
      std::vector<Bytes> expected;
      for (auto at = model.lower_bound(first); at != model.end() && at->first < last; ++at)
        expected.push_back(at->first);
      ASSERT_EQ(keys(index, first, last), expected);
    }
  }
}

TEST(Index, CountsKeysAndBytesThroughChangesOfSize) {
  Index index;
  index.apply({.key = "key12", .value = "0123456789"});
  EXPECT_EQ(index.bytes(), 15U);
  index.apply({.key = "key12", .value = "abcdefghij"});
  EXPECT_EQ(index.get("key12"), "abcdefghij");
  index.apply({.key = "key12", .value = ""});
  EXPECT_EQ(index.bytes(), 5U);
  EXPECT_EQ(index.get("key12"), "");
  index.apply({.key = "key12", .value = Bytes(300, 'x')});
  EXPECT_EQ(index.bytes(), 305U);
  index.apply({.key = "k", .value = "v"});
  index.apply({.key = "key12", .remove = true});
  index.apply({.key = "k", .remove = true});
  index.apply({.key = "k", .remove = true});
  EXPECT_EQ(index.bytes(), 0U);
  EXPECT_EQ(index.keys(), 0U);
  EXPECT_TRUE(keys(index, {}, {}).empty());
}

TEST(Index, LetsTheVisitorTakeItsTimeWhileKeysChange) {
  Index index;
  for (int i = 1000; i < 3000; ++i) index.apply({.key = "grp" + std::to_string(i), .value = "v"});
  int visited = 0;
  index.scan({}, {}, [&](BytesView key, BytesView) {
    ++visited;
    index.apply({.key = key, .remove = true});  // the lock is free while a visitor runs
    return true;
  });
  EXPECT_EQ(visited, 2000);
  EXPECT_EQ(index.keys(), 0U);
}

}  // namespace
}  // namespace stator::memtable
