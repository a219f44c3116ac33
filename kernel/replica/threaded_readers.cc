#include "kernel/replica/threaded_readers.h"

#include <utility>

namespace stator {

void ThreadedReaders::run(Executor& home, Task read, Task then) {
  pool_.run([&home, read = std::move(read), then = std::move(then)]() mutable {
    read();
    read = nullptr;  // what it holds on to must not outlive what `then` ends
    home.post(std::move(then));
  });
}

}  // namespace stator
