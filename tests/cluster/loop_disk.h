#pragma once

#include <cstdint>
#include <string>

namespace stator::cluster {

/// An ext4 of its own in a file, over a loop device, mounted on a directory that is made for it. Needs root, loop
/// devices and mkfs.ext4, and throws, with what it lacks, where it cannot have them: a test that skipped itself there
/// would say nothing. Mounts are seen by the thread that made them and by the processes it starts, and the kernel takes
/// mount and device away with the last of these, however they end: make a SmallDisk first, best one that the file lies
/// on. Of the file only what was ever written takes space; the metadata of the file system has its space from the
/// beginning. [serial, blocking]
class LoopDisk {
 public:
  struct Place {
    std::string image;      ///< the file; made
    std::string directory;  ///< what the disk is mounted on; made
    std::uint64_t bytes = 0;
  };

  /// Made empty, and mounted.
  explicit LoopDisk(Place place);
  ~LoopDisk();
  LoopDisk(const LoopDisk&) = delete;
  LoopDisk& operator=(const LoopDisk&) = delete;

  /// Makes the file system anew: everything on the disk is gone. Must not be mounted.
  void format();
  void mount();
  /// With it goes what the system has cached: what is read after the next mount() comes from the device. Nobody may use
  /// the disk.
  void unmount();
  /// From now on nothing reaches the device, neither data nor what the journal has not committed yet, until the disk is
  /// mounted again: what an unplugged machine leaves. (What had been handed to the device stays, as on one that loses
  /// no writes of its own.)
  void cut_power();
  /// Gives back the space of all blocks of its files that hold zeros: they read the same, and must find space again
  /// before they can hold anything else. Nobody may write meanwhile.
  void release_zeros();

 private:
  const Place place_;
};

}  // namespace stator::cluster
