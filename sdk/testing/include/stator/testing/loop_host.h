#pragma once

#include <memory>
#include <string>
#include <vector>

#include "stator/host.h"

namespace stator::testing {

/// A Host with real threads, clock and timers, and the Loops extension: what a transport needs. Files it has none:
/// every operation is `unimplemented`. Plugin objects made on it are stopped and destroyed before it. [any-thread]
class LoopHost final : public Host, public Loops {
 public:
  /// The loops run from here on.
  explicit LoopHost(int loops = 1);
  /// Ends the loops after what they have ready; what still waits is destroyed unrun.
  ~LoopHost() override;

  /// Runs the task on that loop and waits for its end. [any-thread but a loop, blocking]
  void run_on(int loop, Task task);
  /// Every line logged so far, as "warning: text".
  std::vector<std::string> logged() const;

  void log(LogLevel level, std::string_view text) override;
  TimePoint now() const override;
  Stamp stamp() override;
  std::uint64_t random() override;
  void post(Task task) override;
  TimerId after(Duration delay, Task task) override;
  void cancel(TimerId timer) override;
  Files& files() override;
  void* extension(std::string_view id) override;

  int count() const override;
  int current() const override;
  boost::asio::io_context& context(int loop) override;
  void post(int loop, Task task) override;

 private:
  struct Loop;
  struct State;
  Loop* here() const;
  std::unique_ptr<State> state_;
};

}  // namespace stator::testing
