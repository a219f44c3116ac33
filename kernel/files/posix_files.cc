#include "kernel/files/posix_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace stator {
namespace {

constexpr std::uint64_t kZeroBlock = 1 << 20;

Status failure(int error, const std::string& path, const char* doing) {
  Code code = Code::internal;
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) code = Code::storage_full;
  if (error == ENOENT) code = Code::not_found;
  char text[128];
  return Status(code, path + ": cannot " + doing + ": " + strerror_r(error, text, sizeof text));
}

/// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

Result<Descriptor> open_descriptor(const Path& path, int flags) {
  for (;;) {
    const int number = ::open(path.c_str(), flags | O_CLOEXEC, 0640);
    if (number >= 0) return Descriptor(number);
    if (errno != EINTR) return failure(errno, path, "open");
  }
}

class PosixFile final : public File {
 public:
  PosixFile(Descriptor descriptor, Path path) : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  Status write(std::uint64_t offset, BytesView data) override {
    while (!data.empty()) {
      const ssize_t done = ::pwrite(descriptor_.number(), data.data(), data.size(), static_cast<off_t>(offset));
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) return failure(errno, path_, "write");
      data.remove_prefix(static_cast<std::size_t>(done));
      offset += static_cast<std::uint64_t>(done);
    }
    return Status::ok();
  }

  Result<Bytes> read(std::uint64_t offset, std::size_t size) override {
    Result<std::uint64_t> end = this->size();
    if (!end.is_ok()) return end.status();
    Bytes bytes(std::min<std::uint64_t>(size, *end > offset ? *end - offset : 0), '\0');
    std::size_t had = 0;
    while (had < bytes.size()) {
      const ssize_t done =
          ::pread(descriptor_.number(), bytes.data() + had, bytes.size() - had, static_cast<off_t>(offset + had));
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) return failure(errno, path_, "read");
      if (done == 0) break;
      had += static_cast<std::size_t>(done);
    }
    bytes.resize(had);
    return bytes;
  }

  Result<std::uint64_t> size() override {
    struct stat facts {};
    if (::fstat(descriptor_.number(), &facts) != 0) return failure(errno, path_, "tell the size");
    return static_cast<std::uint64_t>(facts.st_size);
  }

  Status resize(std::uint64_t size) override {
    Result<std::uint64_t> now = this->size();
    if (!now.is_ok()) return now.status();
    if (size < *now) return cut(size);
    const Bytes zeros(std::min(kZeroBlock, size - *now), '\0');
    for (std::uint64_t at = *now; at < size; at += zeros.size()) {
      Status written = write(at, BytesView(zeros).substr(0, std::min<std::uint64_t>(zeros.size(), size - at)));
      if (!written.is_ok()) return written;
    }
    return Status::ok();
  }

  Status sync() override {
    return ::fdatasync(descriptor_.number()) == 0 ? Status::ok() : failure(errno, path_, "sync");
  }

 private:
  Status cut(std::uint64_t size) {
    return ::ftruncate(descriptor_.number(), static_cast<off_t>(size)) == 0 ? Status::ok()
                                                                            : failure(errno, path_, "cut");
  }

  Descriptor descriptor_;
  Path path_;
};

class PosixLock final : public FileLock {
 public:
  explicit PosixLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

 private:
  Descriptor descriptor_;
};

Path parent_of(const Path& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == Path::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<std::unique_ptr<File>> PosixFiles::open(const Path& path, OpenMode mode) {
  int flags = O_RDWR;
  if (mode == OpenMode::read) flags = O_RDONLY;
  if (mode == OpenMode::create) flags = O_RDWR | O_CREAT | O_TRUNC;
  Result<Descriptor> descriptor = open_descriptor(path, flags);
  if (!descriptor.is_ok()) return descriptor.status();
  return std::unique_ptr<File>(std::make_unique<PosixFile>(std::move(*descriptor), path));
}

Status PosixFiles::rename(const Path& from, const Path& to) {
  return ::rename(from.c_str(), to.c_str()) == 0 ? Status::ok() : failure(errno, from, "rename");
}

Status PosixFiles::remove(const Path& path) {
  return ::unlink(path.c_str()) == 0 ? Status::ok() : failure(errno, path, "remove");
}

Result<std::vector<std::string>> PosixFiles::list(const Path& directory) {
  std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(directory.c_str()), ::closedir);
  if (stream == nullptr) return failure(errno, directory, "list");
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
    errno = 0;
  }
  if (errno != 0) return failure(errno, directory, "list");
  std::sort(names.begin(), names.end());
  return names;
}

Status PosixFiles::create_directory(const Path& directory) {
  Path path = directory;
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  if (::mkdir(path.c_str(), 0750) == 0) return sync_directory(parent_of(path));
  if (errno == EEXIST) {
    struct stat facts {};
    if (::stat(path.c_str(), &facts) != 0) return failure(errno, path, "make the directory");
    return S_ISDIR(facts.st_mode) ? Status::ok() : failure(ENOTDIR, path, "make the directory");
  }
  const Path parent = parent_of(path);
  if (errno != ENOENT || parent == path) return failure(errno, path, "make the directory");
  if (Status made = create_directory(parent); !made.is_ok()) return made;
  if (::mkdir(path.c_str(), 0750) != 0 && errno != EEXIST) return failure(errno, path, "make the directory");
  return sync_directory(parent);
}

Status PosixFiles::sync_directory(const Path& directory) {
  Result<Descriptor> descriptor = open_descriptor(directory, O_RDONLY | O_DIRECTORY);
  if (!descriptor.is_ok()) return descriptor.status();
  return ::fsync(descriptor->number()) == 0 ? Status::ok() : failure(errno, directory, "sync the directory");
}

Result<std::unique_ptr<FileLock>> PosixFiles::lock(const Path& path) {
  Result<Descriptor> descriptor = open_descriptor(path, O_RDWR | O_CREAT);
  if (!descriptor.is_ok()) return descriptor.status();
  while (::flock(descriptor->number(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return Status(Code::unavailable, path + " is held by another process");
    if (errno != EINTR) return failure(errno, path, "lock");
  }
  return std::unique_ptr<FileLock>(std::make_unique<PosixLock>(std::move(*descriptor)));
}

Result<DiskSpace> PosixFiles::space(const Path& directory) {
  struct statvfs facts {};
  while (::statvfs(directory.c_str(), &facts) != 0) {
    if (errno != EINTR) return failure(errno, directory, "tell the free space");
  }
  if (facts.f_blocks == 0) return Status(Code::unimplemented, directory + ": its file system does not count its space");
  return DiskSpace{std::uint64_t{facts.f_bavail} * facts.f_frsize, std::uint64_t{facts.f_blocks} * facts.f_frsize};
}

}  // namespace stator
