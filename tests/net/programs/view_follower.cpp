// Follows an agent with the C++ client and prints, after every batch, the sequence number and all
// of its view but measurements: what a test compares with the agent's own.
#include <chrono>
#include <cstdio>

#include "membership/client.hpp"

int main(int count, char** arguments) {
    if (count != 2) {
        return 2;
    }
    auto client = memberd::Client::open(arguments[1]);
    if (!client || !client->follow()) {
        return 1;
    }
    while (true) {
        const memberd::Batch batch = client->poll(std::chrono::seconds(1));
        if (batch.empty()) {
            continue;
        }
        memberd::Document members = memberd::Document::array();
        for (auto [name, member] : client->view().members()) {
            member.phi.reset();
            member.rtt_ms.reset();
            members.push_back(memberd::to_document(member));
        }
        std::printf("%llu %d %s\n", static_cast<unsigned long long>(client->view().seq()),
                    batch.resynced ? 1 : 0, members.dump().c_str());
        std::fflush(stdout);
    }
}
