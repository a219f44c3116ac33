#include <unistd.h>

#include <iostream>
#include <string>
#include <variant>
#include <vector>

#include "cli/command_line.h"
#include "cli/verbs.h"

int main(int argc, char** argv) {
  using namespace stator::cli;
  std::ios::sync_with_stdio(false);
  Terminal terminal{std::cin, std::cout, std::cerr, isatty(STDOUT_FILENO) == 1};
  const auto parsed = parse_command_line(std::vector<std::string>(argv + 1, argv + argc), terminal);
  if (const auto* code = std::get_if<ExitCode>(&parsed)) {
    return static_cast<int>(*code);
  }
  const auto& invocation = std::get<Invocation>(parsed);
  ExitCode code = std::visit([&](const auto& options) { return run(options, terminal); }, invocation);
  std::cout.flush();
  if (!std::cout) {
    std::cerr << "stator: the output could not be written\n";
    code = ExitCode::failed;
  }
  return static_cast<int>(code);
}
