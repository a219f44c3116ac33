#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/cluster/cluster.h"

namespace stator::cluster {

/// A running cluster of three, for each carrier between its nodes.
class CarrierTest : public testing::TestWithParam<const char*> {
 protected:
  CarrierTest() : cluster({.peer_transport = GetParam()}) {}
  void SetUp() override { ASSERT_TRUE(cluster.start_all()); }
  /// A write is acknowledged by two of three; what a third node does with no context depends on whether it has it yet.
  bool await_everywhere(const std::string& key) {
    return await([&] { return is_everywhere(key); });
  }

  Cluster cluster;

 private:
  bool is_everywhere(const std::string& key) {
    const std::string first = cluster.http(0).get("/debug/siblings/" + key).body;
    return cluster.http(1).get("/debug/siblings/" + key).body == first &&
           cluster.http(2).get("/debug/siblings/" + key).body == first;
  }
};

inline std::string carrier_name(const testing::TestParamInfo<const char*>& carrier) { return carrier.param; }

#define INSTANTIATE_FOR_CARRIERS(suite) \
  INSTANTIATE_TEST_SUITE_P(Carriers, suite, testing::Values("tcp", "grpc"), carrier_name)

}  // namespace stator::cluster
