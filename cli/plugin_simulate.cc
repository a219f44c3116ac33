#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <ostream>

#include "cli/own_path.h"
#include "cli/verbs.h"

namespace stator::cli {

// The simulator is a program of the SDK: it becomes this process.
ExitCode run(const PluginSimulateOptions& options, Terminal& terminal) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(options.file, error)) {
    terminal.err << "stator: " << options.file << ": no such file\n";
    return ExitCode::unfit;
  }
  const std::string simulator = own_directory() + "/stator_sim";
  std::vector<std::string> words = {"stator_sim",
                                    "--plugin",
                                    options.file,
                                    "--hours",
                                    std::to_string(options.hours),
                                    "--seed",
                                    std::to_string(options.seed)};
  for (const std::string& option : options.options) words.insert(words.end(), {"--option", option});
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  terminal.out.flush();
  execv(simulator.c_str(), arguments.data());
  terminal.err << "stator: " << simulator << ": " << std::strerror(errno)
               << "; the simulator comes with the package stator-dev\n";
  return ExitCode::unfit;
}

}  // namespace stator::cli
