#include "path.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace stator::or_map {
namespace {

using namespace std::string_literals;

TEST(OrMapPath, IsWrittenAsEver) {
  const Bytes address = path_to("", "address", Kind::map);
  EXPECT_EQ(address, "address\0m"s);
  EXPECT_EQ(path_to(address, "visits", Kind::counter), "address\0mvisits\0c"s);
  EXPECT_EQ(path_to("", "member", Kind::flag), "member\0f"s);
  EXPECT_EQ(path_to("", "name", Kind::lww_register), "name\0r"s);
  EXPECT_EQ(path_to("", "items", Kind::set), "items\0s"s);
  EXPECT_EQ(all_kinds_of(address, "visits"), "address\0mvisits\0"s);
}

TEST(OrMapPath, IsReadAStepAtATime) {
  const Bytes field = "address\0mitems\0smilk\0s"s;
  const auto first = component_at(field, 0);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->name, "address");
  EXPECT_EQ(first->kind, Kind::map);
  const auto second = component_at(field, first->end);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->name, "items");
  EXPECT_EQ(second->kind, Kind::set);
  EXPECT_EQ(field.substr(second->end), "milk\0s"s);
}

TEST(OrMapPath, WhatIsNoStepIsNone) {
  for (const Bytes& field : {""s, "address"s, "address\0"s, "\0m"s, "address\0x"s, "address\0\0"s})
    EXPECT_FALSE(component_at(field, 0)) << field;
  EXPECT_FALSE(component_at("address\0m"s, 9));
}

TEST(OrMapPath, TheFieldsOfAMapStandSideBySideByName) {
  std::vector<Bytes> fields;
  for (const char* name : {"a", "a\x01", "ab", "b", "é"}) {
    for (Kind kind : {Kind::counter, Kind::flag, Kind::map, Kind::lww_register, Kind::set}) {
      const Bytes path = path_to("", name, kind);
      fields.push_back(kind == Kind::map ? path_to(path, "x", Kind::counter) : path);
      if (kind == Kind::map) fields.push_back(path_to(path, "y", Kind::counter));
    }
  }
  EXPECT_TRUE(std::is_sorted(fields.begin(), fields.end()));
}

}  // namespace
}  // namespace stator::or_map
