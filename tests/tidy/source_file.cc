#include "tests/tidy/source_file.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace stator::tidy {
namespace {

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// Walks through C++ text and blanks what is no code; line ends stay where they are.
class Blanker {
 public:
  explicit Blanker(std::string text) : text_(std::move(text)) {}

  std::string run() {
    while (at_ < text_.size()) {
      if (starts("//")) {
        blank_to(text_.find('\n', at_));
      } else if (starts("/*")) {
        blank_to(after("*/", at_ + 2));
      } else if (starts("R\"")) {
        raw_literal();
      } else if (text_[at_] == '"') {
        literal('"');
      } else if (text_[at_] == '\'' && !in_number()) {
        literal('\'');
      } else {
        ++at_;
      }
    }
    return std::move(text_);
  }

 private:
  bool starts(std::string_view word) const { return std::string_view(text_).substr(at_, word.size()) == word; }
  /// A quote between digits parts a number.
  bool in_number() const { return at_ > 0 && std::isxdigit(static_cast<unsigned char>(text_[at_ - 1])) != 0; }

  std::size_t after(std::string_view word, std::size_t from) const {
    const std::size_t found = text_.find(word, from);
    return found == std::string::npos ? text_.size() : found + word.size();
  }

  void blank_to(std::size_t end) {
    for (end = std::min(end, text_.size()); at_ < end; ++at_) {
      if (text_[at_] != '\n') text_[at_] = ' ';
    }
  }

  void literal(char quote) {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\n') end += text_[end] == '\\' ? 2 : 1;
    ++at_;
    blank_to(end);
    ++at_;
  }

  void raw_literal() {
    const std::size_t open = text_.find('(', at_);
    if (open == std::string::npos) return blank_to(text_.size());
    blank_to(after(")" + text_.substr(at_ + 2, open - at_ - 2) + "\"", open));
  }

  std::string text_;
  std::size_t at_ = 0;
};

bool is_ours(const std::filesystem::path& path) {
  static const std::vector<std::string> endings = {".h",   ".cc", ".proto", ".cmake", ".txt",  ".toml",
                                                   ".map", ".md", ".sh",    ".in",    ".json", ".lua"};
  return path.filename() == "dev" || std::find(endings.begin(), endings.end(), path.extension()) != endings.end();
}

}  // namespace

SourceFile make_source(std::string path, std::string text) {
  SourceFile file{std::move(path), std::move(text), {}, {}};
  file.lines = split_lines(file.text);
  file.code = is_cxx(file) ? split_lines(Blanker(file.text).run()) : file.lines;
  return file;
}

std::vector<SourceFile> load_tree(const std::string& root) {
  std::vector<SourceFile> tree;
  auto entries = std::filesystem::recursive_directory_iterator(root);
  for (auto entry = begin(entries); entry != end(entries); ++entry) {
    const std::string path = std::filesystem::relative(entry->path(), root).string();
    if (entry->is_directory() && (path == "build" || path.starts_with('.'))) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file() && is_ours(entry->path())) {
      std::ifstream in(entry->path(), std::ios::binary);
      tree.push_back(make_source(path, std::string(std::istreambuf_iterator<char>(in), {})));
    }
  }
  std::sort(tree.begin(), tree.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return tree;
}

bool is_header(const SourceFile& file) { return file.path.ends_with(".h"); }
bool is_cxx(const SourceFile& file) { return is_header(file) || file.path.ends_with(".cc"); }

std::string stem(std::string_view path) { return std::filesystem::path(path).stem().string(); }

std::string directory(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? "" : std::string(path.substr(0, slash + 1));
}

}  // namespace stator::tidy
