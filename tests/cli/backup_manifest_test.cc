#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "cli/backup/manifest.h"
#include "tests/golden/golden.h"

namespace stator::cli {
namespace {

using ::testing::HasSubstr;

const std::string kHash(64, 'a');

BackupManifest sample() {
  return {
      .id = "0123456789abcdef0123456789abcdef",
      .cluster = "main",
      .taken = "2026-11-28T20:30:00Z",
      .partition_bits = 12,
      .ring = "00ff",
      .keyspaces = {{"default", "lww", "fast", 3}, {"carts", "lww", "big", 2}},
      .nodes = {{"node-a", {"fast"}, {{"storage/fast/PLUGIN", 8, kHash}, {"storage/fast/data/1.wal", 1 << 20, kHash}}},
                {"node-b", {}, {}}},
      .missing = {"node-c"}};
}

Status read(const BackupManifest& manifest) { return decode_manifest(encode_manifest(manifest)).status(); }

TEST(BackupManifest, IsReadAsItWasWritten) {
  const Result<BackupManifest> read = decode_manifest(encode_manifest(sample()));
  ASSERT_TRUE(read.is_ok()) << read.status().text();
  EXPECT_EQ(*read, sample());
  EXPECT_EQ(read->bytes(), (1u << 20) + 8);
}

// Backups are kept for longer than programs.
TEST(BackupManifest, IsWrittenAndReadAsEver) {
  const golden::Comparison golden = golden::compare("backup_manifest.1.json", encode_manifest(sample()));
  EXPECT_EQ(golden.actual, golden.expected) << "tests/golden/backup_manifest.1.json";
  const Result<BackupManifest> read = decode_manifest(golden.expected);
  ASSERT_TRUE(read.is_ok()) << read.status().text();
  EXPECT_EQ(*read, sample());
}

TEST(BackupManifest, NoPathLeavesTheBackup) {
  for (const std::string path :
       {"storage/../../../etc/passwd", "storage/fast/..", "/etc/passwd", "storage//x", "storage/./x", "storage/",
        "data/x", "", "storage/a\\b", "storage/a b", "storage/a\nb", "storage/fast/x/", "../storage/x"}) {
    EXPECT_FALSE(is_file_path(path)) << path;
    BackupManifest manifest = sample();
    manifest.nodes[0].files[1].path = path;
    EXPECT_EQ(read(manifest).code(), Code::data_loss) << path;
  }
  EXPECT_FALSE(is_file_path("storage/" + std::string(2000, 'x')));
  EXPECT_FALSE(is_file_path(std::string("storage/a\0b", 11)));
  for (const std::string id : {"..", ".", "", "a/b", "/root", "manifest.json", "a\\b"}) {
    BackupManifest manifest = sample();
    manifest.nodes[0].id = id;
    EXPECT_EQ(read(manifest).code(), Code::data_loss) << id;
  }
  BackupManifest manifest = sample();
  manifest.nodes[0].storages = {"../fast"};
  EXPECT_EQ(read(manifest).code(), Code::data_loss);
}

TEST(BackupManifest, WhatCannotBeIsRefused) {
  const std::vector<std::function<void(BackupManifest&)>> mistakes = {
      [](auto& m) { m.id = "../../x"; },
      [](auto& m) { m.nodes.clear(); },
      [](auto& m) { m.nodes.push_back(m.nodes[0]); },
      [](auto& m) { m.nodes[0].files.push_back(m.nodes[0].files[0]); },
      [](auto& m) { m.nodes[0].files[0].sha256 = "short"; },
      [](auto& m) { m.nodes[0].files.erase(m.nodes[0].files.begin()); },  // no PLUGIN
  };
  for (std::size_t i = 0; i < mistakes.size(); ++i) {
    BackupManifest manifest = sample();
    mistakes[i](manifest);
    EXPECT_EQ(read(manifest).code(), Code::data_loss) << i;
  }
}

TEST(BackupManifest, AChangeShows) {
  const std::string text = encode_manifest(sample());
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string other = text;
    const std::size_t at = other.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return decode_manifest(other.replace(at, from.size(), to)).status();
  };
  EXPECT_THAT(changed("\"node-b\"", "\"node-d\"").message(), HasSubstr("checksum"));
  EXPECT_THAT(changed(kHash, std::string(64, 'b')).message(), HasSubstr("checksum"));
  EXPECT_EQ(changed("1048576", "1048577").code(), Code::data_loss);
  EXPECT_EQ(decode_manifest("").status().code(), Code::data_loss);
  EXPECT_EQ(decode_manifest("{}").status().code(), Code::data_loss);
  EXPECT_EQ(decode_manifest("[1,2").status().code(), Code::data_loss);
  const std::string deep = std::string(500'000, '[') + std::string(500'000, ']');
  EXPECT_EQ(changed("\"node-c\"", deep).code(), Code::data_loss);
  EXPECT_EQ(decode_manifest(text.substr(0, text.size() / 2)).status().code(), Code::data_loss);
}

TEST(BackupManifest, ANewerFormatIsRefusedByName) {
  std::string text = encode_manifest(sample());
  const std::string now = "\"format\": 1";
  ASSERT_NE(text.find(now), std::string::npos);
  const Status newer = decode_manifest(text.replace(text.find(now), now.size(), "\"format\": 2")).status();
  EXPECT_EQ(newer.code(), Code::failed_precondition);
  EXPECT_THAT(newer.message(), HasSubstr("format 2"));
}

}  // namespace
}  // namespace stator::cli
