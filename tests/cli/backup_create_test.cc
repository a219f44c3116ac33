#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <sstream>

#include "cli/backup/manifest.h"
#include "cli/backup/verbs.h"
#include "kernel/files/posix_files.h"
#include "kernel/files/sha256.h"
#include "stator/testing/modelled_files.h"
#include "tests/cli/fake_node.h"
#include "tests/cluster/scratch.h"

namespace stator::cli {
namespace {

namespace fs = std::filesystem;
using cluster::read_file;
using ::testing::HasSubstr;

std::string sha256(const std::string& bytes) {
  Sha256 sum;
  sum.add(bytes);
  return sum.hex();
}

/// `stator backup create` at a node that may lie about what it has.
class BackupOfAFakeNode : public ::testing::Test {
 protected:
  BackupOfAFakeNode() : node_([this](const FakeNode::Request& request) { return reply(request); }) {
    for (const auto& [path, bytes] : contents_) hashes_[path] = sha256(bytes);
  }

  ExitCode create() {
    PosixFiles files;
    return create_on(files);
  }
  ExitCode create_on(Files& files) {
    BackupOptions options{.verb = BackupOptions::Verb::create, .directory = directory(), .nodes = {node_.endpoint()}};
    return create_backup(options, terminal_, files);
  }
  void expect_refused(const std::string& why) {
    EXPECT_EQ(create(), ExitCode::failed) << why;
    EXPECT_THAT(err_.str(), HasSubstr(why));
    EXPECT_THAT(err_.str(), HasSubstr("node-a"));
    EXPECT_EQ(out_.str(), "");
    EXPECT_FALSE(fs::exists(directory() + "/manifest.json")) << "what is no backup looks like one";
    EXPECT_EQ(node_.requests().back().target, "/admin/backup/end") << "the node may forget it";
  }
  std::string directory() const { return scratch_.path("backup"); }

  cluster::Scratch scratch_;
  std::map<std::string, std::string> contents_ = {{"storage/fast/PLUGIN", "memtable"},
                                                  {"storage/fast/data/1.wal", std::string(5'000'000, 'w')}};
  std::map<std::string, std::string> hashes_;  // what it says of them
  std::string state_ = "ready";
  int looks_while_taking_ = 0;
  std::string given_id_;      // instead of the one it was asked to make
  std::size_t withheld_ = 0;  // bytes, of each piece

 private:
  std::string reply(const FakeNode::Request& request) {
    const Json asked = Json::parse(request.body, nullptr, false);
    if (request.target == "/admin/backup/begin") id_ = asked["id"];
    if (request.target == "/admin/backup" && looks_while_taking_-- > 0)
      return answer(200, Json({{"id", id_}, {"state", "taking"}}).dump());
    if (request.target == "/admin/backup/piece") {
      const std::size_t length = asked["length"];
      return answer(200, contents_[asked["file"]].substr(asked["offset"], length - withheld_));
    }
    return answer(200, page(request.target).dump());
  }
  Json page(const std::string& target) const {
    if (target == "/admin/health") {
      const std::string address = node_.endpoint().host + ":" + node_.endpoint().port;
      return {{"node", "node-a"},
              {"cluster", "main"},
              {"members", {{{"id", "node-a"}, {"addresses", {{"http", address}}}}}}};
    }
    if (target == "/admin/ring") return {{"partition_bits", 12}, {"fingerprint", "00ff"}};
    if (target == "/admin/keyspaces")
      return {{"keyspaces", {{{"name", "default"}, {"resolver", "newest"}, {"storage", "fast"}, {"n", 1}}}}};
    if (target == "/admin/plugins")
      return {{"plugins", {{{"kind", "resolver"}, {"name", "lww"}, {"instances", {"newest"}}}}}};
    if (target != "/admin/backup") return Json::object();
    Json shown{{"id", given_id_.empty() ? id_ : given_id_},
               {"state", state_},
               {"error", "no space"},
               {"storages", {{{"name", "fast"}, {"plugin", "memtable"}}}},
               {"files", Json::array()}};
    for (const auto& [path, hash] : hashes_)
      shown["files"].push_back({{"path", path}, {"size", contents_.at(path).size()}, {"sha256", hash}});
    return shown;
  }

  std::string id_;
  std::istringstream in_;

 protected:
  std::ostringstream out_;
  std::ostringstream err_;
  Terminal terminal_{in_, out_, err_};
  FakeNode node_;
};

TEST_F(BackupOfAFakeNode, HasItsFilesAndSaysOfWhatItIs) {
  ASSERT_EQ(create(), ExitCode::ok) << err_.str();
  const Result<BackupManifest> manifest = decode_manifest(read_file(directory() + "/manifest.json"));
  ASSERT_TRUE(manifest.is_ok()) << manifest.status().text();
  EXPECT_EQ(manifest->cluster, "main");
  EXPECT_EQ(manifest->ring, "00ff");
  ASSERT_EQ(manifest->keyspaces.size(), 1u);
  EXPECT_EQ(manifest->keyspaces[0], (BackupManifest::Keyspace{"default", "lww", "fast", 1}));
  ASSERT_EQ(manifest->nodes.size(), 1u);
  EXPECT_EQ(manifest->nodes[0].files.size(), 2u);
  for (const BackupManifest::File& file : manifest->nodes[0].files) {
    EXPECT_TRUE(read_file(directory() + "/node-a/" + file.path) == contents_[file.path]) << file.path;
    EXPECT_EQ(file.sha256, sha256(contents_[file.path]));
  }
  EXPECT_EQ(node_.requests().back().target, "/admin/backup/end");
}

TEST_F(BackupOfAFakeNode, ShowsHowFarItIs) {
  looks_while_taking_ = 15;
  ASSERT_EQ(create(), ExitCode::ok) << err_.str();
  EXPECT_THAT(err_.str(), HasSubstr("node-a takes a checkpoint"));
}

// A disk may keep of what is not synced whatever it likes, names of files too.
TEST_F(BackupOfAFakeNode, IsWholeOrNoneWheneverThePowerIsCut) {
  constexpr std::uint64_t kSeeds = 12;
  contents_["storage/fast/data/1.wal"].resize(20'000);
  hashes_["storage/fast/data/1.wal"] = sha256(contents_["storage/fast/data/1.wal"]);
  std::uint64_t wholes = 0;
  bool met = true;
  for (std::uint64_t nth = 1; met; ++nth) {
    testing::ModelledDisk disk;
    testing::ModelledFiles files(disk);
    disk.cut_power_at(nth);
    const bool created = create_on(files) == ExitCode::ok;
    met = disk.fault_met();
    ASSERT_TRUE(met || created) << err_.str();
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      const auto after = disk.copy();
      after->crash(seed);
      const bool is_backup = decode_manifest(after->contents(directory() + "/manifest.json")).is_ok();
      ASSERT_TRUE(is_backup || !created) << "it was said to be there";
      if (!is_backup) continue;
      ++wholes;
      for (const auto& [path, bytes] : contents_)
        ASSERT_TRUE(after->contents(directory() + "/node-a/" + path) == bytes) << path << ", operation " << nth;
    }
  }
  EXPECT_GE(wholes, kSeeds);
}

TEST_F(BackupOfAFakeNode, ThatGivesOtherBytesThanItHashedIsNone) {
  contents_["storage/fast/data/1.wal"].back() = '#';
  expect_refused("SHA-256");
}

TEST_F(BackupOfAFakeNode, ThatGivesLessThanItSaysIsNone) {
  withheld_ = 1;
  expect_refused("another part");
}

TEST_F(BackupOfAFakeNode, ThatWasStartedAgainMeanwhileIsNone) {
  given_id_ = std::string(32, '7');
  expect_refused("started again");
}

TEST_F(BackupOfAFakeNode, ThatCouldNotTakeACheckpointIsNone) {
  state_ = "failed";
  expect_refused("no space");
}

TEST_F(BackupOfAFakeNode, ThatNamesAPlaceOutsideTheBackupIsNone) {
  const std::string outside = "storage/../../../stolen";
  contents_[outside] = "x";
  hashes_[outside] = sha256("x");
  expect_refused("none of a backup");
  EXPECT_FALSE(fs::exists(scratch_.path("stolen")));
  EXPECT_FALSE(fs::exists(directory())) << "nothing was copied before all names were looked at";
}

}  // namespace
}  // namespace stator::cli
