#include "kernel/coordinator/request_limits.h"

#include <gtest/gtest.h>

namespace stator {
namespace {

KeyspaceRules rules() {
  KeyspaceRules made;
  made.name = "carts";
  made.n = 5;
  made.r = 2;
  made.w = 4;
  return made;
}

RequestHead asking(Consistency consistency) {
  RequestHead head;
  head.consistency = consistency;
  return head;
}

RequestHead asking(int quorum) {
  RequestHead head = asking(Consistency::one);
  head.quorum = quorum;
  return head;
}

std::size_t replicas(const RequestHead& head, bool write, const KeyspaceRules& of = rules()) {
  const Result<std::size_t> required = required_replicas(of, head, write);
  return required.is_ok() ? *required : 0;
}

TEST(RequiredReplicas, AreTheKeyspacesWhereNothingIsSaid) {
  EXPECT_EQ(replicas({}, false), 2u);
  EXPECT_EQ(replicas({}, true), 4u);
}

TEST(RequiredReplicas, FollowTheConsistency) {
  EXPECT_EQ(replicas(asking(Consistency::one), true), 1u);
  EXPECT_EQ(replicas(asking(Consistency::quorum), true), 3u);
  EXPECT_EQ(replicas(asking(Consistency::all), false), 5u);
}

TEST(RequiredReplicas, ANumberOverridesTheConsistency) {
  EXPECT_EQ(replicas(asking(4), false), 4u);
  EXPECT_EQ(replicas(asking(5), true), 5u);
}

TEST(RequiredReplicas, OutsideOneToNAreRefused) {
  for (int quorum : {-1, 0, 6}) {
    EXPECT_EQ(required_replicas(rules(), asking(quorum), true).status().code(), Code::invalid_argument) << quorum;
  }
}

TEST(RequiredReplicas, AClientMayStrengthenTheKeyspacesMinimumButNotWeakenIt) {
  KeyspaceRules strict = rules();
  strict.min_w = 3;
  EXPECT_EQ(replicas(asking(2), true, strict), 0u);
  EXPECT_EQ(replicas(asking(Consistency::one), true, strict), 0u);
  EXPECT_EQ(replicas(asking(3), true, strict), 3u);
  EXPECT_EQ(replicas(asking(1), false, strict), 1u);  // reads have a minimum of their own
}

TEST(CheckKey, OneToFourThousandNinetySixBytes) {
  EXPECT_EQ(check_key("").code(), Code::invalid_argument);
  EXPECT_TRUE(check_key(std::string(4096, 'k')).is_ok());
  EXPECT_EQ(check_key(std::string(4097, 'k')).code(), Code::invalid_argument);
}

}  // namespace
}  // namespace stator
