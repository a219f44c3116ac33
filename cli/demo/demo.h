#pragma once

#include <string>
#include <vector>

#include "cli/answer.h"
#include "cli/demo/local_cluster.h"
#include "cli/http_client.h"
#include "cli/options.h"
#include "cli/terminal.h"

namespace stator::cli {

/// The walk through a cluster that `stator demo` takes: each step says what it will do, prints the request as a curl
/// line and the real answer, and checks that the answer is what was said. The cluster and the terminal outlive it.
/// [serial]
class Demo {
 public:
  Demo(LocalCluster& cluster, Terminal& terminal) : cluster_(cluster), terminal_(terminal) {}

  /// The whole walk; stops at the first step that does not give what it says, with a reason. [blocking]
  Status walk();

 private:
  Status write_and_read_elsewhere();
  Status lose_a_node();
  Status show_hints();
  Status bring_it_back();
  Status make_siblings();
  Status resolve_siblings();

  void heading(const std::string& text);
  void say(const std::string& text);
  /// Prints the curl line, sends the request, prints the answer.
  Result<HttpResponse> ask(std::size_t node, const HttpRequest& request);
  Status put(std::size_t node, const std::string& key, const std::string& value, const std::string& context = "");
  Status expect_value(std::size_t node, const std::string& target, const std::string& value);
  /// Waits until the node's own copy of the key is this value alone.
  Status wait_for_own_copy(std::size_t node, const std::string& key, const std::string& value);

  LocalCluster& cluster_;
  Terminal& terminal_;
  int step_ = 0;
  std::string context_;  // of the last put or read
};

/// The request as one line for a shell.
std::string curl_line(const Endpoint& node, const HttpRequest& request);

}  // namespace stator::cli
