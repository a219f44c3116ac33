// Opens a file in its constructor.
#include <fcntl.h>
#include <unistd.h>

#include "greatest.h"

namespace {
struct EarlyFile final : liar::Greatest {
  EarlyFile() : file(::open("/dev/null", O_RDONLY | O_CLOEXEC)) {}
  ~EarlyFile() override { ::close(file); }
  int file;
};
}  // namespace

STATOR_PLUGIN(stator::Resolver, EarlyFile, .name = "early_file", .version = "1.0.0");
