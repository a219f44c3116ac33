#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stator::tidy {

/// One file of the tree, by its path from the root. `code` is `lines` with comments and the insides of literals
/// blanked, so that what is merely written about is not found.
struct SourceFile {
  std::string path;
  std::string text;
  std::vector<std::string> lines;
  std::vector<std::string> code;
};

SourceFile make_source(std::string path, std::string text);

/// Every source, build and document file of ours below `root`, ascending by path.
std::vector<SourceFile> load_tree(const std::string& root);

bool is_header(const SourceFile& file);
/// A .h or a .cc.
bool is_cxx(const SourceFile& file);
/// The path's last component without its ending.
std::string stem(std::string_view path);
/// The path up to and with its last slash; empty at the root.
std::string directory(std::string_view path);

}  // namespace stator::tidy
