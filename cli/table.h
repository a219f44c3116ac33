#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace stator::cli {

/// Rows of text in columns as wide as their widest cell, two blanks apart. Numbers are set to the right by whoever
/// declares the column so. A value.
class Table {
 public:
  enum class Align { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// One cell per column. An empty cell is shown as "-".
  void add(std::vector<std::string> row);
  /// The titles, then the rows; no line ends with a blank.
  void print(std::ostream& out) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace stator::cli
