#pragma once

#include <variant>

#include "http_request.h"
#include "query.h"
#include "refusal.h"

namespace stator::http {

/// What a method and a target ask for.
struct Route {
  enum class Resource {
    value,   ///< a key's value
    page,    ///< what Clients::inspect calls `page`, perhaps with a key
    action,  ///< what Clients::act calls so, with the body
    health,  ///< the one word for load balancers
  };
  Resource resource = Resource::value;
  const char* page = "";
  std::string keyspace = "default";  ///< of the page "repair" empty, for all, unless the query names one
  Bytes key;  ///< percent-decoded: 1 to 4096 bytes for a value, and for the page of siblings. Another page may
              ///< have one from its query
  Query query;
};

/// A key is all of the path behind its prefix, as it is: it may hold '/', and dots mean nothing. [any-thread]
std::variant<Route, Refusal> route(Method method, BytesView target);

}  // namespace stator::http
