#include "kernel/causality/record_codec.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/causality/generators.h"
#include "tests/golden/golden.h"

namespace stator {
namespace {

using generators::Contents;

/// The law for any bytes at all: they are an error, or the one encoding of what they decode to.
void expect_error_or_canonical(BytesView bytes) {
  const Result<Record> decoded = decode_record(bytes);
  if (decoded.is_ok()) RC_ASSERT(encode_record(*decoded) == bytes);
}

RC_GTEST_PROP(RecordCodec, DecodesWhatItEncoded, ()) {
  const Record record = generators::record(Contents::arbitrary);
  const Result<Record> decoded = decode_record(encode_record(record));
  RC_ASSERT(decoded.is_ok());
  RC_ASSERT(*decoded == record);
}

RC_GTEST_PROP(RecordCodec, EqualRecordsHaveEqualBytesAndDifferentOnesDoNot, ()) {
  const Record a = generators::record(Contents::agreed);
  const Record b = generators::record(Contents::agreed);
  RC_ASSERT((a == b) == (encode_record(a) == encode_record(b)));
}

RC_GTEST_PROP(RecordCodec, AnyBytesAreAnErrorOrARecordThatEncodesToThem, (const std::string& bytes)) {
  expect_error_or_canonical(bytes);
  expect_error_or_canonical('\1' + bytes);
}

RC_GTEST_PROP(RecordCodec, MutatedEncodingsAreAnErrorOrCanonical, ()) {
  Bytes bytes = encode_record(generators::record(Contents::arbitrary));
  const std::uint64_t mutations = 1 + generators::below(3);
  for (std::uint64_t i = 0; i < mutations && !bytes.empty(); ++i) {
    const std::size_t at = generators::below(bytes.size());
    switch (generators::below(4)) {
      case 0: bytes[at] = *rc::gen::arbitrary<char>(); break;
      case 1: bytes.erase(at, 1); break;
      case 2: bytes.insert(at, 1, *rc::gen::arbitrary<char>()); break;
      default: bytes.resize(at); break;
    }
  }
  expect_error_or_canonical(bytes);
}

RC_GTEST_PROP(RecordCodec, NothingMayFollowARecordAndNothingMayBeMissing, ()) {
  const Bytes bytes = encode_record(generators::record(Contents::arbitrary));
  RC_ASSERT(!decode_record(bytes + '\0').is_ok());
  RC_ASSERT(!decode_record(BytesView(bytes).substr(0, bytes.size() - 1)).is_ok());
}

RC_GTEST_PROP(RecordCodec, ContextsComeBackAsTheyWere, (const std::string& bytes)) {
  const Context context = generators::context();
  const Result<Context> decoded = decode_context(encode_context(context));
  RC_ASSERT(decoded.is_ok());
  RC_ASSERT(*decoded == context);
  const Result<Context> any = decode_context(bytes);
  if (any.is_ok()) RC_ASSERT(encode_context(*any) == bytes);
}

TEST(RecordCodec, AVarintHasOneForm) {
  const Bytes shortest{'\1', '\0', '\0', '\0'};
  ASSERT_TRUE(decode_record(shortest).is_ok());
  const Bytes longer{'\1', '\x80', '\0', '\0', '\0'};
  EXPECT_FALSE(decode_record(longer).is_ok());
}

TEST(RecordCodec, AKnownContentTypeIsNotSpelledOut) {
  Record record;
  Version version;
  version.dot = {{"a", Stamp{1}}, 1};
  version.content_type = "text/plain";
  record.versions.push_back(version);
  record.context.add(version.dot);
  EXPECT_LT(encode_record(record).size(), 24u);
}

TEST(RecordDigest, IsNeverTheOneThatMeansNoRecord) {
  EXPECT_NE(record_digest(encode_record(Record())), 0u);
  EXPECT_NE(record_digest(""), 0u);
}

TEST(RecordCodec, AnotherFormatIsRefusedByItsNumber) {
  Bytes bytes = encode_record(Record());
  bytes[0] = '\2';
  const Status refused = decode_record(bytes).status();
  EXPECT_EQ(refused.code(), Code::invalid_argument);
  EXPECT_NE(refused.message().find("its format is 2, this program reads 1"), std::string::npos) << refused.text();
}

struct GoldenRecord {
  const char* name;
  Record record;
};

Version golden_version(Dot dot, const std::string& value) {
  Version version;
  version.dot = std::move(dot);
  version.stamp = {version.dot.actor.epoch.bits + 3};
  version.value = value;
  return version;
}

Record golden_value() {
  Record record;
  record.versions.push_back(golden_version({{"node-a", Stamp::from_millis(1'700'000'000'000)}, 1}, "hello"));
  record.context.add(record.versions[0].dot);
  return record;
}

Record golden_siblings() {
  Record record = golden_value();
  Version removal = golden_version({{"node-b", Stamp::from_millis(1'700'000'000'500)}, 7}, "");
  removal.tombstone = true;
  removal.op_id = generators::op_id(200);
  Version typed = golden_version({{"node-c", Stamp::from_millis(1'699'999'999'999)}, 300}, std::string(40, 'x'));
  typed.content_type = "image/png";
  typed.stamp.bits -= 1'000'000;
  typed.expires = Stamp::from_millis(1'700'000'060'000);
  record.versions.push_back(removal);
  record.versions.push_back(typed);
  for (const Version& version : record.versions) record.context.add(version.dot);
  record.context.add({{"node-a", Stamp::from_millis(1'600'000'000'000)}, 4});
  record.ops.push_back({*removal.op_id, removal.stamp, removal.dot});
  return record;
}

Record golden_full_of_ops() {
  Record record = golden_value();
  for (std::uint64_t i = 0; i < Record::kMaxOps; ++i) {
    const Dot dot{{"node-a", Stamp::from_millis(1'700'000'000'000)}, i + 1};
    record.context.add(dot);
    record.ops.push_back({generators::op_id(i), Stamp{dot.actor.epoch.bits + i}, dot});
  }
  return record;
}

class GoldenRecords : public ::testing::TestWithParam<GoldenRecord> {};

// Bytes that are on disks and between nodes of different versions: they must mean for ever what they mean now.
TEST_P(GoldenRecords, AreWrittenAndReadAsEver) {
  const std::string file = std::string("record.") + GetParam().name + ".hex";
  const golden::Comparison golden = golden::compare(file, golden::to_hex(encode_record(GetParam().record)));
  EXPECT_EQ(golden.actual, golden.expected) << "tests/golden/" << file;
  const Result<Record> read = decode_record(golden::from_hex(golden.expected));
  ASSERT_TRUE(read.is_ok());
  EXPECT_EQ(*read, GetParam().record);
}

INSTANTIATE_TEST_SUITE_P(RecordCodec, GoldenRecords,
                         ::testing::Values(GoldenRecord{"empty", Record()}, GoldenRecord{"value", golden_value()},
                                           GoldenRecord{"siblings", golden_siblings()},
                                           GoldenRecord{"ops", golden_full_of_ops()}),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace stator
