#include "kernel/plugins/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "kernel/plugins/elf_check.h"
#include "stator/resolver.h"
#include "tests/plugins/test_plugins.h"

namespace stator {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// The message with which a bad plugin is refused; it starts with the file.
std::string refusal(const std::string& name) {
  Loader loader({kBad});
  Result<const Plugin*> plugin = loader.load("resolver", name);
  EXPECT_FALSE(plugin.is_ok()) << name;
  std::string file = kBad + "/stator_resolver_" + name + ".so: ";
  EXPECT_THAT(plugin.status().message(), StartsWith(file));
  return plugin.status().message().substr(file.size());
}

TEST(Loader, LoadsAPluginOnce) {
  Loader loader({kBad, kFake});
  Result<const Plugin*> plugin = loader.load("resolver", "ordinary");
  ASSERT_TRUE(plugin.is_ok()) << plugin.status().text();
  EXPECT_EQ((*plugin)->label(), "resolver ordinary 1.2.3");
  EXPECT_EQ((*plugin)->path, kFake + "/stator_resolver_ordinary.so");
  EXPECT_TRUE((*plugin)->has("deterministic"));
  EXPECT_FALSE((*plugin)->has("total-order"));
  EXPECT_EQ(*loader.load("resolver", "ordinary"), *plugin);
}

TEST(Loader, KeepsLibrariesMappedWhenItIsGone) {
  const stator_plugin_descriptor* descriptor = nullptr;
  {
    Loader loader({kFake});
    descriptor = (*loader.load("resolver", "total"))->descriptor;
  }
  EXPECT_STREQ(descriptor->name, "total");
}

TEST(Loader, NamesEveryDirectoryItSearched) {
  Loader loader({"/nowhere", kFake});
  Result<const Plugin*> plugin = loader.load("storage", "ordinary");
  EXPECT_EQ(plugin.status().code(), Code::not_found);
  EXPECT_EQ(plugin.status().message(), "no file stator_storage_ordinary.so in /nowhere, " + kFake);
}

TEST(Loader, ListsOneCandidateOfEachNameFromTheFirstDirectory) {
  Scratch scratch;
  scratch.write("stator_resolver_total.so", "");
  scratch.write("stator_resolver_.so", "");
  scratch.write("libother.so", "");
  scratch.write("stator_resolver_text.txt", "");
  Loader loader({scratch.path(), kFake});
  EXPECT_THAT(loader.names("resolver"), ElementsAre("ordinary", "total"));
  EXPECT_THAT(loader.names("transport"), ElementsAre("carrier", "front"));
  EXPECT_EQ(loader.candidates().size(), 7u);
  EXPECT_EQ(loader.candidates()[3].path, scratch.path() + "/stator_resolver_total.so");
}

TEST(Loader, RefusesALibraryWithoutTheSymbolBeforeItRuns) {
  EXPECT_EQ(refusal("no_symbol"), "expected the symbol stator_plugin, found a library without it");
}

TEST(Loader, RefusesAShortDescriptorBeforeItReadsOn) {
  EXPECT_EQ(refusal("short_descriptor"), "expected a descriptor of at least 72 bytes, found 8");
}

TEST(Loader, RefusesAnotherAbiBeforeItReadsOn) { EXPECT_EQ(refusal("other_abi"), "expected abi 1, found abi 7"); }

TEST(Loader, RefusesAnotherToolchainBeforeItReadsOn) {
  EXPECT_EQ(refusal("other_toolchain"),
            std::string("expected toolchain \"") + STATOR_TOOLCHAIN + "\", found \"compiler=somebody else's\"");
}

TEST(Loader, RefusesAnotherInterface) {
  EXPECT_EQ(refusal("other_interface"),
            "expected interface \"resolver/1\", as the file's name says, found \"resolver/9\"");
}

TEST(Loader, RefusesAnotherName) {
  EXPECT_EQ(refusal("other_name"), "expected name \"other_name\", as the file's name says, found \"somebody_else\"");
}

TEST(Loader, RefusesADescriptorWithHoles) {
  EXPECT_EQ(refusal("no_destroy"), "expected version, capabilities, create and destroy, found a null among them");
}

TEST(Loader, RefusesALibraryThatDoesNotLoad) {
  EXPECT_THAT(refusal("unresolved"),
              AllOf(StartsWith("expected a library that loads, found "), HasSubstr("a_function_that_nobody_has")));
}

TEST(Loader, RefusesAFileThatIsNotNamedLikeAPlugin) {
  Loader loader({});
  EXPECT_THAT(loader.load_file("/tmp/lww.so").status().message(), HasSubstr("stator_<kind>_<name>.so"));
}

/// A copy of a good plugin, to be spoilt.
struct LoaderCopy : ::testing::Test {
  Status load() {
    Loader loader({scratch.path()});
    return loader.load("resolver", "ordinary").status();
  }
  Scratch scratch;
  const std::string good = read_file(kFake + "/stator_resolver_ordinary.so");
  const std::string file = scratch.write("stator_resolver_ordinary.so", good);
};

TEST_F(LoaderCopy, IsTakenAsItIs) { EXPECT_TRUE(load().is_ok()) << load().text(); }

TEST_F(LoaderCopy, IsTakenThroughALink) {
  fs::create_symlink(file, scratch.path() + "/stator_resolver_other_name.so");
  Loader loader({scratch.path()});
  EXPECT_THAT(loader.load("resolver", "other_name").status().message(), HasSubstr("found \"ordinary\""));
}

TEST_F(LoaderCopy, IsRefusedWhereverItIsCut) {
  for (std::size_t length = 0; length < good.size(); length += length < 1024 ? 61 : good.size() / 100) {
    scratch.write("stator_resolver_ordinary.so", good.substr(0, length));
    Status status = load();
    ASSERT_EQ(status.code(), Code::failed_precondition) << length;
    ASSERT_THAT(status.message(), AllOf(StartsWith(file + ": expected "), HasSubstr(", found "))) << length;
  }
  scratch.write("stator_resolver_ordinary.so", good.substr(0, good.size() - 1));
  EXPECT_THAT(load().message(), HasSubstr("expected a whole file, found one cut short"));
}

TEST_F(LoaderCopy, IsRefusedWhenOthersCanWriteToIt) {
  fs::permissions(file, fs::perms(0646));
  EXPECT_EQ(load(),
            Status(Code::permission_denied, file + ": expected a file that others cannot write to, found mode 0646"));
}

TEST_F(LoaderCopy, IsRefusedWhenOthersCanWriteToItsDirectory) {
  fs::permissions(scratch.path(), fs::perms(0777));
  EXPECT_EQ(load(), Status(Code::permission_denied, file + ": expected a directory (" + scratch.path() +
                                                        ") that others cannot write to, found mode 0777"));
}

TEST_F(LoaderCopy, IsTakenWhenItsGroupCanWriteToIt) {
  fs::permissions(file, fs::perms(0664));
  fs::permissions(scratch.path(), fs::perms(0775));
  EXPECT_TRUE(load().is_ok()) << load().text();
}

TEST_F(LoaderCopy, IsRefusedWhenItIsADirectory) {
  fs::remove(file);
  fs::create_directory(file);
  EXPECT_EQ(load(), Status(Code::permission_denied, file + ": expected a regular file, found something else"));
}

TEST_F(LoaderCopy, IsRefusedForAnotherMachine) {
  std::string foreign = good;
  foreign[18] = 40;  // e_machine
  foreign[19] = 0;
  scratch.write("stator_resolver_ordinary.so", foreign);
  EXPECT_THAT(load().message(), HasSubstr("found ELF machine number 40"));
}

TEST_F(LoaderCopy, IsRefusedWhenItIsText) {
  scratch.write("stator_resolver_ordinary.so", std::string(200, 'x'));
  EXPECT_THAT(load().message(), HasSubstr("expected an ELF shared object, found a file of another format"));
}

TEST_F(LoaderCopy, HeadersOfAnyBytesAreReadWithoutACrash) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 300; ++i) {
    std::string spoilt = good;
    for (int change = 0; change < 4; ++change) spoilt[random() % 1024] = static_cast<char>(random());
    scratch.write("stator_resolver_ordinary.so", spoilt);
    static_cast<void>(check_elf(file));
  }
}

}  // namespace
}  // namespace stator
