// More questions `why` at once than an agent lets wait.
#include <chrono>
#include <csignal>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <zmq.hpp>

#include "membership/local_protocol.hpp"
#include "tests/net/support/agent_process.hpp"

namespace memberd::test {
namespace {

using namespace std::chrono_literals;

// LOCAL_API.md section 5.
constexpr std::uint64_t kWhysAtOnce = 16;
constexpr std::uint64_t kWhysAsked = 40;

// A local program that asks without waiting for answers.
class HastyClient {
  public:
    explicit HastyClient(const std::string& runtime_dir)
        : socket_(context_, zmq::socket_type::dealer) {
        socket_.set(zmq::sockopt::linger, 0);
        socket_.connect(local::endpoint_of_path(local::control_path(runtime_dir)));
    }

    void ask(std::uint64_t id, const std::string& op, const Document& arguments) {
        socket_.send(zmq::buffer(local::encode(local::Request{id, op, arguments})),
                     zmq::send_flags::none);
    }

    // The last page or refusal of each request, by id, until so many have come or none comes for
    // too long. A second one for the same request is an error.
    std::map<std::uint64_t, local::Reply> replies(std::size_t count) {
        std::map<std::uint64_t, local::Reply> all;
        zmq::pollitem_t item{socket_.handle(), 0, ZMQ_POLLIN, 0};
        while (zmq::poll(&item, 1, all.size() < count ? 10s : 500ms) > 0) {
            zmq::message_t bytes;
            EXPECT_TRUE(socket_.recv(bytes).has_value());
            const auto reply = local::decode_reply({bytes.data<std::uint8_t>(), bytes.size()});
            if (!reply) {
                ADD_FAILURE() << reply.error().text;
                break;
            }
            if (reply->status != local::ReplyStatus::More) {
                EXPECT_TRUE(all.emplace(reply->id, *reply).second) << "twice: " << reply->id;
            }
        }
        return all;
    }

  private:
    zmq::context_t context_{1};
    zmq::socket_t socket_;
};

TEST(WhyLimit, SixteenWaitAndFurtherOnesAreRefusedAtOnce) {
    TestCluster cluster(5);
    ASSERT_TRUE(cluster.start_all());
    HastyClient client(cluster[0].runtime_dir());
    // Connected, and quick to be heard.
    client.ask(1, "version", Document::object());
    ASSERT_EQ(client.replies(1).size(), 1U);

    // Whom it asks for evidence can't answer: each question waits for its second.
    for (int other = 1; other < cluster.size(); ++other) {
        cluster[other].process().signal(SIGSTOP);
    }
    std::set<std::uint64_t> asked;
    for (std::uint64_t id = 100; id < 100 + kWhysAsked; ++id) {
        client.ask(id, "why", {{"name", "a4"}});
        asked.insert(id);
    }
    const auto replies = client.replies(kWhysAsked);
    for (int other = 1; other < cluster.size(); ++other) {
        cluster[other].process().signal(SIGCONT);
    }

    std::uint64_t answered = 0;
    std::uint64_t refused = 0;
    for (const auto& [id, reply] : replies) {
        EXPECT_EQ(asked.erase(id), 1U) << id;
        if (reply.status == local::ReplyStatus::Ok) {
            ++answered;
            EXPECT_EQ(reply.payload["name"], "a4");
            EXPECT_FALSE(reply.payload["asked"].empty());
            EXPECT_TRUE(reply.payload["answered"].empty()) << reply.payload;
        } else {
            ++refused;
            EXPECT_EQ(reply.payload["code"], "limit") << reply.payload;
            EXPECT_EQ(reply.payload["message"], "too many questions for evidence are under way");
        }
    }
    EXPECT_TRUE(asked.empty()) << asked.size() << " were never replied to";
    EXPECT_EQ(answered, kWhysAtOnce);
    EXPECT_EQ(refused, kWhysAsked - kWhysAtOnce);

    // It goes on, and has room again.
    EXPECT_TRUE(cluster.expect_all_alive(20s));
    EXPECT_TRUE(eventually(20s, [&] {
        const Document why = cluster[0].ask("why", {{"name", "a4"}});
        return !why.is_null() && !why["asked"].empty() &&
               why["asked"].size() == why["answered"].size();
    }));
    EXPECT_EQ(cluster[0].ask("info")["local"]["rejected"], 0);
}

}  // namespace
}  // namespace memberd::test
