#include <regex>
#include <string>
#include <utility>

#include "tests/tidy/file_rules.h"

namespace stator::tidy {
namespace {

constexpr std::size_t kFunctionLines = 70;

/// Follows the braces of C++ text. Namespaces, classes and the like are containers; any other block that stands
/// directly in a container and whose head has a parenthesis is a function. Not a parser: good for code that
/// clang-format has seen.
class Scanner {
 public:
  explicit Scanner(const SourceFile& file) : file_(file) {}

  Findings run() {
    bool directive = false;
    for (line_ = 1; line_ <= file_.code.size(); ++line_) {
      const std::string& code = file_.code[line_ - 1];
      directive = directive || code.starts_with('#');
      if (!directive) scan(code);
      directive = directive && code.ends_with('\\');
    }
    return std::move(found_);
  }

 private:
  void scan(const std::string& code) {
    for (char c : code) {
      if (blocks_ > 0) {
        if (c == '{') ++blocks_;
        if (c == '}' && --blocks_ == 0) close_block();
      } else if (c == ' ') {
        if (!head_.empty()) head_ += c;
      } else {
        at_top(c);
      }
    }
    if (!head_.empty()) head_ += ' ';
  }

  void at_top(char c) {
    // After the brace of a member initialiser, the function's own is still to come.
    if (closed_ && c != ',' && c != '{') head_.clear();
    closed_ = false;
    if (c == '{' && !is_container()) {
      blocks_ = 1;
    } else if (c == '{' || c == '}' || c == ';' || (c == ':' && is_access())) {
      head_.clear();
    } else {
      if (head_.empty()) first_line_ = line_;
      head_ += c;
    }
  }

  bool is_access() const { return head_ == "public" || head_ == "private" || head_ == "protected"; }

  bool is_container() const {
    static const std::regex opener(R"re(^(template <.*> )?(inline )?(namespace|class|struct|union|enum|extern ").*)re");
    static const std::regex function_or_value(R"re(.*(=|\)( (const|noexcept|override|final))*) *)re");
    return std::regex_match(head_, opener) && !std::regex_match(head_, function_or_value);
  }

  void close_block() {
    closed_ = true;
    const std::size_t length = line_ - first_line_ + 1;
    if (length <= kFunctionLines || head_.find('(') == std::string::npos) return;
    found_.push_back(
        {file_.path, first_line_, std::to_string(length) + " lines, limit " + std::to_string(kFunctionLines)});
  }

  const SourceFile& file_;
  std::size_t line_ = 0;
  std::string head_;            ///< of the statement that is being read, up to its brace
  std::size_t first_line_ = 0;  ///< where the head begins
  bool closed_ = false;         ///< the character before was the brace that ends such a block
  int blocks_ = 0;              ///< how deep in a block that is no container
  Findings found_;
};

}  // namespace

Findings check_function_length(const SourceFile& file) { return is_cxx(file) ? Scanner(file).run() : Findings{}; }

}  // namespace stator::tidy
