#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace stator {

inline const std::string kBad = TEST_PLUGINS "/bad";
inline const std::string kFake = TEST_PLUGINS "/fake";

/// A directory of one's own, gone with the object.
class Scratch {
 public:
  Scratch() {
    std::string form = (std::filesystem::temp_directory_path() / "stator-test-XXXXXX").string();
    path_ = ::mkdtemp(form.data());
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }
  /// A file in it, made or replaced.
  std::string write(const std::string& name, const std::string& contents) const {
    std::string file = path_ + "/" + name;
    std::ofstream(file, std::ios::binary) << contents;
    return file;
  }

 private:
  std::string path_;
};

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace stator
