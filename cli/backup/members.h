#pragma once

#include <string>
#include <vector>

#include "cli/answer.h"

namespace stator::cli {

/// Who is in a cluster, and where each answers for tools.
struct ClusterMembers {
  struct Member {
    std::string id;
    Endpoint node;
  };
  std::string cluster;
  Endpoint witness;                  ///< the node that told of the others
  std::vector<Member> up;            ///< by id
  std::vector<std::string> missing;  ///< those that do not answer, each with why
  std::vector<std::string> missing_ids;
};

/// The first of the nodes that answers says who else there is. [blocking]
Result<ClusterMembers> find_members(const std::vector<Endpoint>& nodes);

/// The plugin behind each keyspace's resolver, as that node has it: name, resolver, storage, n.
struct KeyspaceFacts {
  std::string name, resolver, storage;
  int n = 0;
};
Result<std::vector<KeyspaceFacts>> keyspaces_of(const Endpoint& node);

/// What the cluster, or what is there already, does not allow.
inline Status refuse(const std::string& why) { return {Code::failed_precondition, why}; }

/// POSTs to an administrator's path. [blocking]
Result<HttpResponse> act(const Endpoint& node, const std::string& path, Bytes body);

}  // namespace stator::cli
