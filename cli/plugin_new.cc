#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>

#include "cli/own_path.h"
#include "cli/verbs.h"
#include "stator/status.h"

namespace stator::cli {
namespace {

namespace fs = std::filesystem;

// The scaffolds are whole plugins called "scaffold" (sdk/scaffold); a new one is a copy with its own name in the place
// of that.
constexpr std::string_view kPlaceholder = "scaffold";

bool is_name(const std::string& name) {
  const auto fits = [](unsigned char c) { return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_'; };
  return !name.empty() && name.size() <= 64 && std::islower(static_cast<unsigned char>(name.front())) != 0 &&
         std::all_of(name.begin(), name.end(), fits);
}

/// "my_longest" is the class MyLongest.
std::string class_name(const std::string& name) {
  std::string made;
  bool begins = true;
  for (const char c : name) {
    if (c != '_') made += begins ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    begins = c == '_';
  }
  return made;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

std::string renamed(std::string text, const std::string& name) {
  const std::string placeholder(kPlaceholder);
  return replaced(replaced(std::move(text), placeholder, name), class_name(placeholder), class_name(name));
}

/// Throws fs::filesystem_error or std::ios_base::failure.
void copy_renamed(const fs::path& from, const fs::path& to, const std::string& name) {
  std::ifstream in;
  std::ofstream out;
  in.exceptions(std::ios::badbit | std::ios::failbit);
  out.exceptions(std::ios::badbit | std::ios::failbit);
  in.open(from, std::ios::binary);
  out.open(to, std::ios::binary);
  out << renamed({std::istreambuf_iterator<char>(in), {}}, name);
  out.close();
}

Status make_plugin(const fs::path& scaffold, const fs::path& directory, const std::string& name) {
  try {
    if (!fs::is_directory(scaffold))
      return {Code::not_found, scaffold.string() + ": no such scaffold; is this installation whole?"};
    if (!fs::create_directory(directory)) return {Code::conflict, directory.string() + " is there already"};
    for (const fs::directory_entry& entry : fs::directory_iterator(scaffold))
      copy_renamed(entry.path(), directory / renamed(entry.path().filename().string(), name), name);
    return Status::ok();
  } catch (const std::exception& fault) {
    return {Code::internal, directory.string() + ": " + fault.what()};
  }
}

}  // namespace

ExitCode run(const PluginNewOptions& options, Terminal& terminal) {
  if (!is_name(options.name)) {
    terminal.err << "stator: \"" << options.name << "\": a name is of a-z, 0-9 and _, and begins with a letter\n";
    return ExitCode::usage;
  }
  const fs::path directory = fs::path(options.directory) / options.name;
  const fs::path prefix = fs::path(own_directory()).parent_path();
  const Status made = make_plugin(prefix / "share/stator/scaffold" / options.kind, directory, options.name);
  if (!made.is_ok()) {
    terminal.err << "stator: " << made.message() << '\n';
    return ExitCode::failed;
  }
  const bool installed = fs::exists(prefix / "lib/cmake/Stator/StatorConfig.cmake");
  terminal.out << "Made the " << options.kind << " " << options.name << ". To build it and to try it:\n"
               << "  cmake -S " << directory.string() << " -B " << (directory / "build").string()
               << " -DCMAKE_PREFIX_PATH=" << (installed ? prefix.string() : "WHERE_STATOR_IS_INSTALLED") << '\n'
               << "  cmake --build " << (directory / "build").string() << '\n'
               << "  ctest --test-dir " << (directory / "build").string() << '\n';
  if (!installed)
    terminal.out << "This stator was built and not installed: cmake --install " << prefix.string()
                 << " --prefix WHERE_STATOR_IS_INSTALLED\n";
  return ExitCode::ok;
}

}  // namespace stator::cli
