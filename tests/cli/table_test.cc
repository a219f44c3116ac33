#include "cli/table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace stator::cli {
namespace {

TEST(Table, AlignsItsColumnsAndEndsNoLineWithABlank) {
  Table table({{"node"}, {"keys", Table::Align::right}, {"state"}});
  table.add({"node-a", "5", "alive"});
  table.add({"b", "12345", ""});
  std::ostringstream out;
  table.print(out);
  EXPECT_EQ(out.str(),
            "node     keys  state\n"
            "node-a      5  alive\n"
            "b       12345  -\n");
}

TEST(Table, RowsThatAreTooShortAreFilled) {
  Table table({{"a"}, {"b"}});
  table.add({"1"});
  std::ostringstream out;
  table.print(out);
  EXPECT_EQ(out.str(), "a  b\n1  -\n");
}

}  // namespace
}  // namespace stator::cli
