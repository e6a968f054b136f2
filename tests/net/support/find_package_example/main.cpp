// Uses every public header of the installed client package: it compiles, links and runs without an
// agent.
#include <chrono>
#include <cstdio>
#include <vector>

#include "membership/client.hpp"
#include "membership/reader.hpp"
#include "membership/ring_weight.hpp"

int main(int count, char** arguments) {
    using namespace std::chrono_literals;

    auto client = memberd::Client::open(count > 1 ? arguments[1] : "/nonexistent");
    if (!client || !client->follow() || !memberd::Reader::start("/nonexistent")) {
        return 1;
    }
    const auto answer = client->request("info", memberd::Document::object(), 100ms);
    const memberd::Batch batch = client->poll(10ms);
    const std::vector<memberd::RingMember> members{{"a", "127.0.0.1:1"}, {"b", "127.0.0.1:2"}};
    const memberd::Ring ring = memberd::Ring::build(members);
    const auto* owner = ring.owner(memberd::ring_key_hash("key"));
    std::printf("answered %d, batch empty %d, owner %s, points %u\n", answer ? 1 : 0,
                batch.empty() ? 1 : 0, owner->name.c_str(),
                memberd::ring_vnode_count(*memberd::parse_weight("0.5")));
    return answer ? 1 : 0;
}
