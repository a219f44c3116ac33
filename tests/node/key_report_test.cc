#include "kernel/node/key_report.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/causality/generators.h"

namespace stator {
namespace {

constexpr TimePoint kNow{};

RC_GTEST_PROP(KeyReports, ArriveAsTheyWereSent, ()) {
  KeyReport report;
  report.digest = *rc::gen::arbitrary<std::uint64_t>();
  report.record = *rc::gen::arbitrary<std::string>();
  report.marked = *rc::gen::arbitrary<bool>();
  for (std::uint64_t i = generators::below(4); i > 0; --i) {
    report.hints.push_back(
        {"node-" + std::to_string(i), *rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<std::uint64_t>()});
  }
  for (std::uint64_t i = generators::below(3); i > 0; --i)
    report.partition_hints_for.push_back("peer-" + std::to_string(i));
  report.leaf = {*rc::gen::arbitrary<bool>(), static_cast<unsigned>(generators::below(64)),
                 *rc::gen::arbitrary<std::uint64_t>()};
  for (std::uint64_t i = generators::below(3); i > 0; --i) {
    report.comparisons.push_back({"node-" + std::to_string(i), {}, *rc::gen::arbitrary<bool>()});
    if (*rc::gen::arbitrary<bool>())
      report.comparisons.back().equal_for = std::chrono::milliseconds(generators::below(9));
  }
  report.last_round =
      static_cast<CollectBlock>(generators::below(static_cast<std::size_t>(CollectBlock::last_one) + 1));
  const Result<KeyReport> back = decode_key_report(*encode_key_report(report));
  RC_ASSERT(back.is_ok());
  RC_ASSERT(*back == report);
}

RC_GTEST_PROP(KeyReports, QuestionsArriveAsTheyWereSent, ()) {
  const std::string key = *rc::gen::nonEmpty<std::string>();
  const Frame frame = encode_key_question({"carts", key}, {kNow + std::chrono::seconds(1), "trace"}, kNow);
  const Result<PeerRequestMessage> request = decode_peer_request(*frame, kNow);
  RC_ASSERT(request.is_ok());
  RC_ASSERT(request->head.trace_id == "trace");
  const auto* question = std::get_if<ExplainQuestion>(&request->body);
  RC_ASSERT(question != nullptr);
  const Result<KeyQuestion> back = decode_key_question(question->message);
  RC_ASSERT(back.is_ok());
  RC_ASSERT(back->keyspace == "carts");
  RC_ASSERT(back->key == key);
}

TEST(KeyReports, AFailureStaysOne) {
  const Frame frame = encode_peer_failure({Status(Code::not_found, "no keyspace"), {}, {}});
  const Result<KeyReport> report = decode_key_report(*frame);
  ASSERT_FALSE(report.is_ok());
  EXPECT_EQ(report.status(), Status(Code::not_found, "no keyspace"));
}

TEST(KeyReports, OtherAnswersAndGarbageAreRefused) {
  EXPECT_FALSE(decode_key_report(*encode_put_reply(7)).is_ok());
  EXPECT_FALSE(decode_key_report("\xff\xff").is_ok());
  EXPECT_FALSE(decode_key_question("\xff\xff").is_ok());
  EXPECT_FALSE(decode_key_question("").is_ok()) << "it names no key";
}

}  // namespace
}  // namespace stator
