// The pure text rules: base64, JSON strings and flat objects, percent-encoding.

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>

#include <nlohmann/json.hpp>

#include "base64.h"
#include "json_text.h"
#include "percent.h"

namespace stator::http {
namespace {

Bytes encoded(BytesView bytes) {
  Bytes out;
  append_base64(bytes, out);
  return out;
}

Bytes as_json(std::string_view text) {
  Bytes out;
  append_json_string(text, out);
  return out;
}

Bytes random_bytes(std::mt19937& random, std::size_t size) {
  Bytes bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

TEST(Base64, FollowsTheVectorsOfRfc4648) {
  const std::pair<BytesView, BytesView> vectors[] = {{"", ""},
                                                     {"f", "Zg=="},
                                                     {"fo", "Zm8="},
                                                     {"foo", "Zm9v"},
                                                     {"foob", "Zm9vYg=="},
                                                     {"fooba", "Zm9vYmE="},
                                                     {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : vectors) {
    EXPECT_EQ(encoded(plain), text);
    EXPECT_EQ(decode_base64(text), plain);
  }
}

TEST(Base64, GivesEveryByteBack) {
  std::mt19937 random(1);
  for (std::size_t size = 0; size < 300; ++size) {
    const Bytes bytes = random_bytes(random, size);
    EXPECT_EQ(decode_base64(encoded(bytes)), bytes);
  }
}

TEST(Base64, MayLackItsPadding) {
  EXPECT_EQ(decode_base64("Zg"), "f");
  EXPECT_EQ(decode_base64("Zm8"), "fo");
}

TEST(Base64, RefusesWhatIsNoEncoding) {
  for (const BytesView text : {"Z", "Zg=", "Z===", "====", "=", "Zm9v=", "Zm9vZ", "Zm 9v", "Zm9v\n", "Zm9-", "Zm9_",
                               "Zg==Zg==", "Zh==", "Zm9="}) {
    EXPECT_FALSE(decode_base64(text)) << text;
  }
  EXPECT_FALSE(
      decode_base64(BytesView("Zm\xff"
                              "v")));
}

TEST(JsonString, EscapesWhatJsonMustEscape) {
  EXPECT_EQ(as_json("plain /text"), "\"plain /text\"");
  EXPECT_EQ(as_json("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(as_json(std::string_view("\n\r\t\0\x1f\x7f", 6)), R"("\n\r\t\u0000\u001f\u007f")");
}

TEST(JsonString, KeepsUtf8AndReplacesTheRest) {
  EXPECT_EQ(as_json("né € 😀"), "\"né € 😀\"");
  for (const std::string_view bad : {"\xff", "\xc0", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe0\x80\x80"}) {
    EXPECT_EQ(as_json(bad).find('\xff'), Bytes::npos);
    EXPECT_NE(as_json(bad).find("\xef\xbf\xbd"), Bytes::npos) << bad.size();
  }
  EXPECT_EQ(as_json("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");
}

TEST(FlatObject, ReadsStringsAndNulls) {
  FlatObject object(" { \"a\" : \"x\" , \"b\":null,\"c\":\"\" }\r\n");
  ASSERT_TRUE(object.next());
  EXPECT_EQ(object.name(), "a");
  EXPECT_TRUE(object.is_string());
  EXPECT_EQ(object.text(), "x");
  ASSERT_TRUE(object.next());
  EXPECT_TRUE(object.is_null());
  ASSERT_TRUE(object.next());
  EXPECT_TRUE(object.is_string());
  EXPECT_EQ(object.text(), "");
  EXPECT_FALSE(object.next());
  EXPECT_EQ(object.mistake(), "");
}

TEST(FlatObject, ReadsEscapes) {
  FlatObject object(R"({"a\u0062":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00 end"})");
  ASSERT_TRUE(object.next());
  EXPECT_EQ(object.name(), "ab");
  EXPECT_EQ(object.text(), "\"\\/\b\f\n\r\té😀 end");
  EXPECT_FALSE(object.next());
  EXPECT_EQ(object.mistake(), "");
}

TEST(FlatObject, ReadsBackWhatTheWriterWrote) {
  std::mt19937 random(2);
  for (int round = 0; round < 500; ++round) {
    Bytes text = random_bytes(random, random() % 40);
    for (char& c : text) c = static_cast<char>(c & 0x7f);
    const Bytes json = "{" + as_json(text) + ":" + as_json(text) + "}";
    FlatObject object(json);
    ASSERT_TRUE(object.next()) << json;
    EXPECT_EQ(object.name(), text);
    EXPECT_EQ(object.text(), text);
    EXPECT_FALSE(object.next());
    EXPECT_EQ(object.mistake(), "") << json;
  }
}

TEST(FlatObject, GivesAnyValueAsItStands) {
  FlatObject object(R"({"a":{"b":[1,"}]\",",{}]},"c":"x\u0041", "d":null,"e": -1.5e3 })");
  const char* raw[] = {R"({"b":[1,"}]\",",{}]})", R"("x\u0041")", "null", "-1.5e3 "};
  for (const char* expected : raw) {
    ASSERT_TRUE(object.next()) << object.mistake();
    EXPECT_EQ(object.raw(), expected);
  }
  EXPECT_FALSE(object.next());
  EXPECT_EQ(object.mistake(), "");
  for (const BytesView endless : {"{\"a\":[1", "{\"a\":[\"1", "{\"a\":]}", "{\"a\":}", "{\"a\":{\"b\":1"}) {
    FlatObject broken(endless);
    EXPECT_TRUE(broken.next()) << endless;
    EXPECT_EQ(broken.raw(), "") << endless;
    EXPECT_FALSE(broken.next()) << endless;
    EXPECT_NE(broken.mistake(), "") << endless;
  }
}

TEST(FlatObject, RefusesWhatIsNoFlatObject) {
  for (const BytesView json : {"",
                               " ",
                               "[]",
                               "\"a\"",
                               "{",
                               "{\"a\"",
                               "{\"a\":",
                               "{\"a\":\"",
                               "{\"a\":\"x\"",
                               "{\"a\":\"x\",}",
                               "{,}",
                               "{\"a\" \"x\"}",
                               "{\"a\":\"x\" \"b\":\"y\"}",
                               "{} x",
                               "{}{}",
                               "{\"a\":nul}",
                               "{\"a\":1}",
                               "{\"a\":{}}",
                               "{\"a\":[\"x\"]}",
                               "{\"a\":true}",
                               "{a:\"x\"}",
                               "{\"a\":\"\\x\"}",
                               "{\"a\":\"\\u12\"}",
                               "{\"a\":\"\\ud800\"}",
                               "{\"a\":\"\\udc00\"}",
                               "{\"a\":\"\\ud800\\u0041\"}",
                               "{\"a\":\"line\nbreak\"}",
                               "{'a':'x'}",
                               "{\"a\":\"x\\"}) {
    FlatObject object(json);
    while (object.next()) {
    }
    EXPECT_NE(object.mistake(), "") << json;
  }
}

/// What the whole of JSON makes of it: the members, if it is an object of strings and nulls without double names.
std::optional<std::map<std::string, std::string>> members_by_json(BytesView text) {
  const auto parsed = nlohmann::json::parse(text, nullptr, false);
  if (!parsed.is_object()) return std::nullopt;
  std::map<std::string, std::string> members;
  for (const auto& [name, value] : parsed.items()) {
    if (!value.is_string() && !value.is_null()) return std::nullopt;
    members[name] = value.is_null() ? "(null)" : value.get<std::string>();
  }
  return members;
}

std::optional<std::map<std::string, std::string>> members_by_reader(BytesView text) {
  std::map<std::string, std::string> members;
  FlatObject object(text);
  while (object.next()) members[object.name()] = object.is_null() ? "(null)" : object.text();
  if (!object.mistake().empty()) return std::nullopt;
  return members;
}

TEST(FlatObject, AgreesWithAWholeJsonParser) {
  std::mt19937 random(4);
  const std::string pieces[] = {
      "{",       "}", ",",  ":",  "\"a\"", "\"b\"",       "null",      " ", "\"\\u00e9\"", "\"\\ud83d\\ude00\"",
      "\"\\/\"", "1", "[]", "\"", "\\",    "\"a\":\"x\"", "\"b\":null"};
  int objects = 0;
  for (int round = 0; round < 100000; ++round) {
    std::string text = random() % 8 == 0 ? "" : "{";
    for (std::size_t i = random() % 7; i > 0; --i) text += pieces[random() % std::size(pieces)];
    if (random() % 2 == 0) text += "}";
    const auto expected = members_by_json(text);
    if (expected) ++objects;
    ASSERT_EQ(members_by_reader(text), expected) << text;
  }
  EXPECT_GT(objects, 1000) << "the comparison is worth something";
}

TEST(FlatObject, SurvivesAnyBytes) {
  std::mt19937 random(3);
  constexpr BytesView kSoup = "{}\":,\\un0d8 [anul\xff\n";
  for (int round = 0; round < 20000; ++round) {
    Bytes json = "{";
    for (std::size_t i = random() % 24; i > 0; --i) json += kSoup[random() % kSoup.size()];
    FlatObject object(json);
    while (object.next()) {
    }
  }
}

TEST(Percent, DecodesBytesAndNothingElse) {
  EXPECT_EQ(percent_decoded("a%20b+c%2Fd%00%fF"), Bytes("a b+c/d\0\xff", 9));
  EXPECT_EQ(percent_decoded(""), "");
  for (const BytesView bad : {"%", "%2", "a%2", "%zz", "%2g", "%%20"}) EXPECT_FALSE(percent_decoded(bad)) << bad;
}

}  // namespace
}  // namespace stator::http
