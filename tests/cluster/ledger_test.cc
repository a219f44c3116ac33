#include "tests/cluster/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stator::cluster {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct LedgerTest : testing::Test {
  void write(const std::string& value, std::vector<std::string> observed, bool acknowledged = true) {
    ledger.attempt("k", value, std::move(observed));
    if (acknowledged) ledger.acknowledge("k", value);
  }
  Ledger ledger;
};

TEST_F(LedgerTest, AnAcknowledgedValueThatIsGoneIsLost) {
  write("one", {});
  EXPECT_THAT(ledger.lost("k", {"one"}), IsEmpty());
  EXPECT_THAT(ledger.lost("k", {}), ElementsAre("one"));
}

TEST_F(LedgerTest, WhatWasNotAcknowledgedMayBeThereOrNot) {
  write("one", {}, false);
  EXPECT_THAT(ledger.lost("k", {"one"}), IsEmpty());
  EXPECT_THAT(ledger.lost("k", {}), IsEmpty());
  EXPECT_EQ(ledger.acknowledged(), 0U);
}

TEST_F(LedgerTest, OnlyAWriteThatSawAValueReplacesIt) {
  write("one", {});
  write("two", {"one"});
  write("blind", {});
  EXPECT_THAT(ledger.lost("k", {"two", "blind"}), IsEmpty());
  EXPECT_THAT(ledger.lost("k", {"blind"}), ElementsAre("one", "two"));
}

TEST_F(LedgerTest, AChainOfReplacementsHoldsThroughWritesThatWereNotAcknowledged) {
  write("one", {});
  write("two", {"one"}, false);
  write("three", {"two"});
  EXPECT_THAT(ledger.lost("k", {"three"}), IsEmpty());
}

TEST_F(LedgerTest, AValueNobodyWroteIsInvented) {
  write("one", {});
  EXPECT_THAT(ledger.invented("k", {"one", "two"}), ElementsAre("two"));
}

}  // namespace
}  // namespace stator::cluster
