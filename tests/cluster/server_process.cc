#include "tests/cluster/server_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/cluster/scratch.h"

extern char** environ;

namespace stator::cluster {
namespace {

constexpr int kCannotRun = 127;

[[noreturn]] void die(const char* doing) {
  std::perror(doing);
  std::abort();
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

int open_for_append(const std::string& path) {
  const int file = ::open(path.empty() ? "/dev/null" : path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  return file >= 0 ? file
                   : throw std::filesystem::filesystem_error(path, std::error_code(errno, std::system_category()));
}

struct Prepared {
  char** arguments;
  char** environment;
  int output;
  int errors;
  pid_t parent;
};

/// Between fork and exec: only what may be called there.
[[noreturn]] void become(const Prepared& prepared) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != prepared.parent) ::_exit(kCannotRun);  // it died before it could take us along
  ::dup2(prepared.output, STDOUT_FILENO);
  ::dup2(prepared.errors, STDERR_FILENO);
  ::execve(prepared.arguments[0], prepared.arguments, prepared.environment);
  ::_exit(kCannotRun);
}

}  // namespace

void ServerProcess::start() {
  std::vector<std::string> arguments = command_.arguments;
  arguments.insert(arguments.begin(), command_.program);
  std::vector<std::string> environment = command_.environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(environment);
  const Prepared prepared{const_cast<char**>(argv.data()), const_cast<char**>(envp.data()),
                          open_for_append(command_.output), open_for_append(command_.errors), ::getpid()};
  exit_.reset();
  pid_ = ::fork();
  if (pid_ == 0) become(prepared);
  if (pid_ < 0) die("fork");
  ::close(prepared.output);
  ::close(prepared.errors);
}

std::optional<int> ServerProcess::wait_exit(std::chrono::nanoseconds patience) {
  if (pid_ <= 0) return exit_;
  // pidfd_open has no wrapper in this C library.
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (handle < 0) die("pidfd_open");
  pollfd ended{handle, POLLIN, 0};
  const auto millis = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
  const int ready = ::poll(&ended, 1, static_cast<int>(millis));
  ::close(handle);
  if (ready <= 0) return std::nullopt;
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) die("waitpid");
  pid_ = -1;
  exit_ = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  return exit_;
}

void ServerProcess::signal(int number) {
  if (pid_ > 0) ::kill(pid_, number);
}

void ServerProcess::freeze() {
  signal(SIGSTOP);
  int status = 0;
  if (::waitpid(pid_, &status, WUNTRACED) != pid_ || !WIFSTOPPED(status)) die("waitpid for a stop");
}

void ServerProcess::thaw() { signal(SIGCONT); }

void ServerProcess::kill_now() {
  signal(SIGKILL);
  wait_exit();
}

void ServerProcess::limit_file_size(std::uint64_t bytes) {
  rlimit limit{};
  if (::prlimit(pid_, RLIMIT_FSIZE, nullptr, &limit) != 0) die("prlimit");
  limit.rlim_cur = bytes;
  if (::prlimit(pid_, RLIMIT_FSIZE, &limit, nullptr) != 0) die("prlimit");
}

std::string ServerProcess::output() const { return read_file(command_.output); }

std::string ServerProcess::errors() const { return read_file(command_.errors); }

Finished run(ServerProcess::Command command) {
  const Scratch scratch;
  command.output = scratch.path("output");
  command.errors = scratch.path("errors");
  ServerProcess process(std::move(command));
  process.start();
  Finished finished;
  finished.status = process.wait_exit();
  finished.output = process.output();
  finished.errors = process.errors();
  return finished;
}

}  // namespace stator::cluster
