#include "cli/table.h"

#include <algorithm>
#include <ostream>

namespace stator::cli {

void Table::add(std::vector<std::string> row) {
  row.resize(columns_.size());
  for (std::string& cell : row) {
    if (cell.empty()) {
      cell = "-";
    }
  }
  rows_.push_back(std::move(row));
}

void Table::print(std::ostream& out) const {
  std::vector<std::string> titles;
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    titles.push_back(columns_[i].title);
    widths.push_back(columns_[i].title.size());
    for (const auto& row : rows_) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  const auto print_row = [&](const std::vector<std::string>& row) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string blanks(widths[i] - row[i].size(), ' ');
      line += i > 0 ? "  " : "";
      line += columns_[i].align == Align::left ? row[i] + blanks : blanks + row[i];
    }
    out << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
  };
  print_row(titles);
  for (const auto& row : rows_) {
    print_row(row);
  }
}

}  // namespace stator::cli
