#pragma once

#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace stator::cluster {

inline std::uint64_t free_bytes(const std::string& directory) { return std::filesystem::space(directory).available; }
/// Somebody else's file in the directory takes all but so many bytes of what is free on its disk; with it gone they are
/// free again.
inline void fill_disk(const std::string& directory, std::uint64_t left, const std::string& file) {
  std::ofstream filler(directory + "/" + file, std::ios::binary | std::ios::app);
  const std::string block(64 << 10, 'f');
  while (filler && free_bytes(directory) > left) filler.write(block.data(), std::streamsize(block.size())).flush();
}

/// A file system in memory of a size of its own, mounted on a directory that is made for it; gone with the object. The
/// mounts are seen by the thread that made them and by the processes it starts. Needs root, and throws where it cannot
/// mount: a test that skipped itself there would say nothing. [serial]
class SmallDisk {
 public:
  SmallDisk(std::string directory, std::uint64_t bytes) : directory_(std::move(directory)) {
    enter_private_mounts();
    std::filesystem::create_directories(directory_);
    if (::mount("tmpfs", directory_.c_str(), "tmpfs", 0, size(bytes).c_str()) != 0) fail("mount a tmpfs");
  }
  ~SmallDisk() { ::umount2(directory_.c_str(), MNT_DETACH); }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  void resize(std::uint64_t bytes) {
    if (::mount("tmpfs", directory_.c_str(), "tmpfs", MS_REMOUNT, size(bytes).c_str()) != 0) fail("resize a tmpfs");
  }
  void fill_up_to(std::uint64_t left, const std::string& file) { fill_disk(directory_, left, file); }
  void remove(const std::string& file) { std::filesystem::remove(directory_ + "/" + file); }

 private:
  static std::string size(std::uint64_t bytes) { return "size=" + std::to_string(bytes); }
  void fail(const std::string& what) const {
    throw std::runtime_error("cannot " + what + " on " + directory_ +
                             ", which this test needs root for: " + std::strerror(errno));
  }
  void enter_private_mounts() const {
    static bool entered = false;
    if (entered) return;
    if (::unshare(CLONE_NEWNS) != 0) fail("have mounts of its own");
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail("keep its mounts to itself");
    entered = true;
  }

  const std::string directory_;
};

}  // namespace stator::cluster
