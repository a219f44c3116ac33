#include "http_request.h"

namespace stator::http {

void HttpRequest::clear() {
  method = Method::other;
  http11 = keep_alive = true;
  for (std::string* text : {&target, &accept, &content_type, &context, &ttl, &if_match, &if_none_match, &traceparent,
                            &expect, &transfer_encoding, &body}) {
    text->clear();
  }
  hosts = content_types = 0;
  content_length.reset();
  has_body = false;
}

}  // namespace stator::http
