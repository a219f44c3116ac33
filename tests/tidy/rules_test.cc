#include "tests/tidy/rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "tests/tidy/exceptions.h"

/// A rule that cannot fail is worth nothing: each must catch a small offender and let its honest neighbour pass.
namespace stator::tidy {
namespace {

struct Example {
  const char* rule;
  std::string path;
  std::string offender;
  std::string honest;
};

std::string repeat(const std::string& line, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += line;
  return text;
}

std::string function(int lines) { return "int f(int a) {\n" + repeat("  ++a;\n", lines - 2) + "}\n"; }

Example include(const char* rule, std::string path, const std::string& offender, const std::string& honest) {
  return {rule, std::move(path), "#include " + offender + "\n", "#include " + honest + "\n"};
}

std::vector<Example> size_examples() {
  const std::string constructor = "S::S(int a)\n    : a_{a},\n      b_{a} {\n" + repeat("  ++a_;\n", 66) + "}\n";
  return {
      {"file-size", "kernel/a.cc", repeat("\n", 501), repeat("\n", 500)},
      {"file-size", "sdk/include/stator/a.h", repeat("\n", 201), repeat("\n", 200)},
      {"function-length", "kernel/a.cc", function(71), function(70)},
      {"function-length", "a.cc", "namespace a {\nclass B {\n public:\n" + function(71) + "};\n}\n",
       "namespace a {\nclass B {\n public:\n" + repeat(function(50), 3) + "};\n}\n"},
      {"function-length", "a.cc", "struct stat f(int a) {\n" + repeat("  ++a;\n", 69) + "}\n",
       "template <typename R, typename... A>\nclass F<R(A...)> {\n" + repeat(function(50), 3) + "};\n"},
      {"function-length", "a.cc", "extern \"C\" {\n" + function(71) + "}\n", "extern \"C\" {\n" + function(70) + "}\n"},
      {"function-length", "a.cc", "\n" + constructor + "\n" + function(71), constructor + function(70)},
      {"function-length", "a.cc", "TEST(A, B) {\n" + repeat("if (a) {\n}\n", 40) + "}\n",
       "const int table[] = {\n" + repeat("1,\n", 80) + "};\n"},
  };
}

std::vector<Example> include_examples() {
  return {
      include("layers", "kernel/quorum/a.h", "\"kernel/replica/b.h\"", "\"kernel/ring/b.h\""),
      include("layers", "kernel/ring/a.cc", "\"stator/host.h\"", "\"stator/version.h\""),
      include("layers", "kernel/replica/a.h", "\"plugins/storage/memtable/b.h\"", "\"kernel/ring/b.h\""),
      include("layers", "kernel/replica/a.h", "\"kernel/node/b.h\"", "\"stator/host.h\""),
      include("layers", "plugins/transport/tcp/a.cc", "\"kernel/ring/b.h\"", "\"stator/host.h\""),
      include("layers", "examples/line/a.cc", "\"kernel/ring/b.h\"", "\"stator/host.h\""),
      include("layers", "plugins/transport/tcp/a.cc", "\"plugins/transport/http/b.h\"",
              "\"plugins/transport/tcp/b.h\""),
      include("layers", "sdk/testing/src/a.cc", "\"kernel/ring/b.h\"", "\"stator/host.h\""),
      include("layers", "cli/a.cc", "\"plugins/transport/tcp/b.h\"", "\"stator/v1/kv.pb.h\""),
      include("layers", "cli/a.cc", "\"tests/b.h\"", "\"cli/b.h\""),
      include("heavy-headers", "kernel/a.h", "<boost/asio.hpp>", "<vector>"),
      include("heavy-headers", "kernel/a.h", "<boost/dll.hpp>", "<boost/intrusive/list.hpp>"),
      include("heavy-headers", "cli/a.h", "<grpcpp/grpcpp.h>", "\"cli/b.h\""),
      include("heavy-headers", "cli/a.h", "\"stator/v1/kv.pb.h\"", "\"stator/bytes.h\""),
      {"own-header-first", "kernel/a.cc", "#include <vector>\n#include \"kernel/a.h\"\n",
       "#include \"kernel/a.h\"\n#include <vector>\n#include \"cli/a.h\"\n"},
  };
}

std::vector<Example> text_examples() {
  return {
      {"names", "kernel/a.h", "class NodeManager {", "class Node {  // no Manager"},
      {"names", "kernel/a.h", "enum class KeyInfo {", "enum class LogLevel { debug, info };"},
      {"names", "kernel/a.h", "struct KvServices {", "struct Served {"},
      {"seams", "kernel/a.cc", "auto t = std::chrono::steady_clock::now();", "auto t = host.now();"},
      {"seams", "kernel/a.cc", "int r = rand();", "auto r = host.random();"},
      {"seams", "plugins/storage/x/a.h", "std::thread worker_;", "std::thread::id owner_;"},
      {"seams", "kernel/a.cc", "std::this_thread::sleep_for(pause);", "host.after(pause, wake);"},
      {"seams", "plugins/storage/x/a.cc", "int fd = ::open(path, 0);", "auto file = files.open(path);"},
      {"seams", "kernel/a.cc", "std::ifstream in(path);", "// std::ifstream in(path);"},
      {"seams", "kernel/a.cc", "int fd = ::socket(0, 0, 0);", "links.socket(0);"},
      {"seams", "kernel/a.cc", "getenv(\"A\");", "say(\"getenv\");"},
      {"leftovers", "kernel/a.cc", std::string("// TO") + "DO: more", "// done"},
      {"leftovers", "tests/a.cc", std::string("GTEST_") + "SKIP();", "FAIL();"},
      {"leftovers", "proto/a.proto", std::string("// FIX") + "ME", "// fixed"},
      {"leftovers", "tests/a.cc", std::string("TEST(A, DIS") + "ABLED_B) {", "TEST(A, B) {"},
      {"pragma-once", "kernel/a.h", "// #pragma once\nint a;\n", "// A.\n#pragma once\n"},
      {"utf-8", "README.md", "caf\xE9", "caf\xC3\xA9 \xE2\x80\xA6 \xF0\x9F\x98\x80"},
      {"utf-8", "README.md", "\xE2\x80", "…"},
  };
}

std::size_t findings(const std::string& rule, const std::vector<SourceFile>& tree) {
  const auto at = std::find_if(rules().begin(), rules().end(), [&](const Rule& known) { return known.name == rule; });
  if (at == rules().end()) throw std::invalid_argument(rule);
  return at->check(tree).size();
}

void expect_caught(const std::vector<Example>& examples) {
  for (const Example& example : examples) {
    const std::string trace = std::string(example.rule) + " " + example.path + "\n" + example.offender;
    EXPECT_EQ(findings(example.rule, {make_source(example.path, example.offender)}), 1u) << trace;
    EXPECT_EQ(findings(example.rule, {make_source(example.path, example.honest)}), 0u) << trace;
  }
}

TEST(Rules, CatchWhatIsTooLong) { expect_caught(size_examples()); }
TEST(Rules, CatchIncludesAgainstTheArrows) { expect_caught(include_examples()); }
TEST(Rules, CatchWordsThatMustNotStand) { expect_caught(text_examples()); }

TEST(Rules, CatchFileNames) {
  for (const char* path : {"cli/key_helper.h", "cli/utils.cc", "kernel/replica_service.h"}) {
    EXPECT_EQ(findings("names", {make_source(path, "")}), 1u) << path;
  }
  for (const char* path : {"cli/key.h", "plugins/transport/grpc/kv_service.h", "kernel/based.cc"}) {
    EXPECT_EQ(findings("names", {make_source(path, "")}), 0u) << path;
  }
}

TEST(Rules, CatchSourcesThatNobodyLists) {
  const SourceFile source = make_source("a/b/c.cc", "");
  EXPECT_EQ(findings("listed", {source, make_source("CMakeLists.txt", "b/c.cc")}), 1u);
  EXPECT_EQ(findings("listed", {source, make_source("a/CMakeLists.txt", "b/c.cc")}), 0u);
  EXPECT_EQ(findings("listed", {source, make_source("a/b/CMakeLists.txt", "abc.cc")}), 1u);
  EXPECT_EQ(findings("listed", {source, make_source("a/b/CMakeLists.txt", "x.cc c.cc")}), 0u);
}

TEST(Rules, CatchBlocksThatTheirFileDoesNotHave) {
  const auto quoting = [](const std::string& path, const std::string& block) {
    return std::vector{make_source("a/b.lua", "one\ntwo\nthree\n"),
                       make_source("docs/c.md", "Text:\n```lua " + path + "\n" + block + "```\n```\nfree\n```\n")};
  };
  for (const char* block : {"two\none\n", "wo\n", "two\nthree\nfour\n", "two \n", "one\nthree\n"})
    EXPECT_EQ(findings("quoted", quoting("a/b.lua", block)), 1u) << block;
  EXPECT_EQ(findings("quoted", quoting("a/none.lua", "two\n")), 1u);
  EXPECT_EQ(findings("quoted", quoting("a/b.lua", "two\nthree\n")), 0u);
  EXPECT_EQ(findings("quoted", quoting("a/b.lua", "one\ntwo\nthree\n")), 0u);
}

TEST(Rules, LetTheOutsideTouchTheWorld) {
  EXPECT_EQ(findings("seams", {make_source("kernel/node/a.cc", "std::thread t;")}), 0u);
}

TEST(Exceptions, ExcuseFilesAndDirectories) {
  const std::vector<Exception> exceptions = parse_exceptions("# why\nseams a/b.cc it is Posix\n\nseams c/ all of it\n");
  const std::vector<Finding> found = {{"a/b.cc", 1, ""}, {"a/c.cc", 1, ""}, {"c/d.cc", 1, ""}};
  const std::vector<Finding> left = except("seams", found, exceptions);
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].path, "a/c.cc");
}

TEST(Exceptions, MustExcuseSomethingAndSayWhy) {
  EXPECT_EQ(except("seams", {}, parse_exceptions("seams a.cc because")).size(), 1u);
  EXPECT_EQ(except("seams", {{"a.cc", 1, ""}}, parse_exceptions("seams a.cc")).size(), 1u);
  EXPECT_EQ(except("names", {}, parse_exceptions("seams a.cc because")).size(), 0u);
}

}  // namespace
}  // namespace stator::tidy
