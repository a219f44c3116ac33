#include "tests/cluster/loop_disk.h"

#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "tests/cluster/server_process.h"

namespace stator::cluster {
namespace {

constexpr const char* kMakeFileSystem = "/sbin/mkfs.ext4";
constexpr std::uint64_t kBlock = 4096;
// Neither has a name in the headers of this system.
constexpr unsigned long kShutdown = _IOR('X', 125, std::uint32_t);
constexpr std::uint32_t kWithoutFlushingTheLog = 2;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error("this test cannot " + what + ": " + std::strerror(errno));
}

class OpenFile {
 public:
  OpenFile(const std::string& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC)) {
    if (number_ < 0) fail("open " + path);
  }
  ~OpenFile() { ::close(number_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int number() const { return number_; }

 private:
  const int number_;
};

/// A device over the image that vanishes with its last user; while it is open here, it has one.
class LoopDevice {
 public:
  explicit LoopDevice(const std::string& image) : LoopDevice(free_device(image)) {}
  const std::string& path() const { return device_.first; }

 private:
  using Device = std::pair<std::string, std::unique_ptr<OpenFile>>;

  explicit LoopDevice(Device device) : device_(std::move(device)) {}

  static Device free_device(const std::string& image) {
    const OpenFile file(image, O_RDWR);
    const OpenFile control("/dev/loop-control", O_RDWR);
    loop_config config{};
    config.fd = static_cast<std::uint32_t>(file.number());
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
    for (;;) {
      const int number = ::ioctl(control.number(), LOOP_CTL_GET_FREE);
      if (number < 0) fail("get a loop device");
      const std::string path = "/dev/loop" + std::to_string(number);
      auto device = std::make_unique<OpenFile>(path, O_RDWR);
      if (::ioctl(device->number(), LOOP_CONFIGURE, &config) == 0) {
        write_block_by_block(number);
        return {path, std::move(device)};
      }
      if (errno != EBUSY) fail("make " + image + " a loop device");  // EBUSY: somebody else was quicker
    }
  }

  /// A request of several blocks of which only the first found space is a success to Linux 6.18's loop driver.
  static void write_block_by_block(int number) {
    const std::string setting = "/sys/block/loop" + std::to_string(number) + "/queue/max_sectors_kb";
    if (!(std::ofstream(setting) << kBlock / 1024).flush()) fail("write " + setting);
  }

  const Device device_;
};

/// A file's blocks of zeros, as places on the device.
class ZeroBlocks {
 public:
  explicit ZeroBlocks(const OpenFile& image) : image_(image) {}

  void release_of(const std::string& path) {
    const OpenFile file(path, O_RDONLY);
    std::uint64_t at = 0;
    for (bool last = false; !last;) {
      alignas(fiemap) std::array<char, sizeof(fiemap) + 64 * sizeof(fiemap_extent)> space{};
      auto* const map = reinterpret_cast<fiemap*>(space.data());
      map->fm_start = at;
      map->fm_length = FIEMAP_MAX_OFFSET - at;
      map->fm_flags = FIEMAP_FLAG_SYNC;
      map->fm_extent_count = 64;
      if (::ioctl(file.number(), FS_IOC_FIEMAP, map) != 0) fail("ask where " + path + " lies");
      last = map->fm_mapped_extents == 0;
      for (std::uint32_t i = 0; i < map->fm_mapped_extents; ++i) {
        const fiemap_extent& extent = map->fm_extents[i];
        last = (extent.fe_flags & FIEMAP_EXTENT_LAST) != 0;
        at = extent.fe_logical + extent.fe_length;
        if ((extent.fe_flags & (FIEMAP_EXTENT_UNKNOWN | FIEMAP_EXTENT_DATA_INLINE)) == 0) release_in(extent);
      }
    }
  }

 private:
  void release_in(const fiemap_extent& extent) {
    std::array<char, kBlock> block{};
    for (std::uint64_t at = extent.fe_physical; at < extent.fe_physical + extent.fe_length; at += kBlock) {
      if (::pread(image_.number(), block.data(), kBlock, static_cast<off_t>(at)) != kBlock) fail("read a disk's image");
      if (!std::all_of(block.begin(), block.end(), [](char byte) { return byte == '\0'; })) continue;
      const int punched =
          ::fallocate(image_.number(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(at), kBlock);
      if (punched != 0) fail("make a hole in a disk's image");
    }
  }

  const OpenFile& image_;
};

}  // namespace

LoopDisk::LoopDisk(Place place) : place_(std::move(place)) {
  std::filesystem::create_directories(place_.directory);
  format();
  mount();
}

LoopDisk::~LoopDisk() { ::umount2(place_.directory.c_str(), MNT_DETACH); }

void LoopDisk::format() {
  std::filesystem::remove(place_.image);
  std::ofstream(place_.image).close();
  std::filesystem::resize_file(place_.image, place_.bytes);
  // Metadata and journal are written at once, and as data: where they lie must not be the first to want space.
  const Finished made = run({kMakeFileSystem,
                             {"-q", "-F", "-b", std::to_string(kBlock), "-m", "0", "-J", "size=4", "-E",
                              "nodiscard,lazy_itable_init=0,lazy_journal_init=0", place_.image},
                             {"UNIX_IO_NOZEROOUT=1"},
                             {},
                             {}});
  if (made.status != 0) {
    throw std::runtime_error("this test cannot make an ext4 with " + std::string(kMakeFileSystem) +
                             " (package e2fsprogs): it ended with " + std::to_string(made.status.value_or(-1)) + ". " +
                             made.errors);
  }
}

void LoopDisk::mount() {
  const LoopDevice device(place_.image);
  if (::mount(device.path().c_str(), place_.directory.c_str(), "ext4", 0, nullptr) != 0)
    fail("mount an ext4, for which it must be root");
}

void LoopDisk::unmount() {
  if (::umount2(place_.directory.c_str(), 0) != 0) fail("unmount " + place_.directory);
}

void LoopDisk::cut_power() {
  const OpenFile root(place_.directory, O_RDONLY | O_DIRECTORY);
  if (::ioctl(root.number(), kShutdown, &kWithoutFlushingTheLog) != 0) fail("shut an ext4 down");
}

void LoopDisk::release_zeros() {
  const OpenFile root(place_.directory, O_RDONLY | O_DIRECTORY);
  if (::syncfs(root.number()) != 0) fail("sync " + place_.directory);
  const OpenFile image(place_.image, O_RDWR);
  ZeroBlocks zeros(image);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(place_.directory)) {
    if (entry.is_regular_file()) zeros.release_of(entry.path().string());
  }
}

}  // namespace stator::cluster
