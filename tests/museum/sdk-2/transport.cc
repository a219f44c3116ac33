#include "stator/transport.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "stator/plugin.h"

namespace {

using namespace stator;

/// No client comes through it: it writes a key itself as soon as it can, reads it, and says in the log what it found.
class RelicTransport final : public Transport {
 public:
  explicit RelicTransport(Host& host, const Config& /*config*/) : host_(host) {}

  Status start(const std::string& listen, Clients* clients, Peers* /*peers*/) override {
    address_ = listen;
    if (clients != nullptr) host_.post([this, clients] { write(*clients); });
    return Status::ok();
  }
  std::string address() const override { return address_; }
  void call(const std::string& /*address*/, Frame /*request*/, TimePoint /*deadline*/, Done done) override {
    host_.post([done = std::move(done)]() mutable { done(Status(Code::unimplemented, "it carries no frames")); });
  }
  void stop() override {}

 private:
  static RequestHead head() {
    RequestHead head;
    head.keyspace = "relic";
    head.key = "relic";
    return head;
  }
  void write(Clients& clients) {
    PutRequest request;
    request.head = head();
    request.value = "as good as new";
    request.content_type = "text/plain";
    clients.put(std::move(request), [this, &clients](Outcome<PutResult> outcome) {
      if (outcome.is_ok()) return read(clients);
      host_.after(std::chrono::milliseconds(100), [this, &clients] { write(clients); });
    });
  }
  void read(Clients& clients) {
    clients.get(GetRequest{head()}, [this](Outcome<GetResult> outcome) {
      if (!outcome.is_ok()) return say(outcome.failure().status.text());
      const Version& version = outcome->siblings.at(outcome->resolved.winner.value());
      say(version.value + ", " + version.content_type);
    });
  }
  void say(const std::string& text) { host_.log(LogLevel::info, "the relic is " + text); }

  Host& host_;
  std::string address_;
};

}  // namespace

STATOR_PLUGIN(stator::Transport, RelicTransport, .name = "relic", .version = "1.0.0", .capabilities = "clients");
