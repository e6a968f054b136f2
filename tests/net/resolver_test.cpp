#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <poll.h>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include "gossip/zmq_resolver.hpp"

namespace memberd {
namespace {

using namespace std::chrono_literals;

std::optional<Resolver::Answer> await_answer(Resolver& resolver) {
    pollfd readable{resolver.fd(), POLLIN, 0};
    poll(&readable, 1, 10000);
    return resolver.answer();
}

bool is_readable(const Resolver& resolver) {
    pollfd readable{resolver.fd(), POLLIN, 0};
    return poll(&readable, 1, 0) == 1;
}

// A name server that answers when the test says so.
struct SlowServer {
    std::promise<void> go;
    std::shared_future<void> may_answer{go.get_future()};
    std::atomic<int> asked{0};
};

ResolveFunction slow(const std::shared_ptr<SlowServer>& server) {
    return [server](const HostPort& name) -> Addresses {
        ++server->asked;
        server->may_answer.wait();
        return std::vector<Endpoint>{*parse_endpoint("192.0.2.1:" + std::to_string(name.port))};
    };
}

TEST(Resolver, FindsAllAddressesOfAName) {
    auto resolver = *Resolver::create();
    ASSERT_TRUE(resolver->request({"localhost", 7747}));

    const auto answer = await_answer(*resolver);

    ASSERT_TRUE(answer);
    ASSERT_TRUE(answer->addresses) << answer->addresses.error().text;
    EXPECT_EQ(answer->name.host, "localhost");
    for (const Endpoint& address : *answer->addresses) {
        EXPECT_TRUE(address.is_loopback());
        EXPECT_EQ(address.port, 7747);
    }
}

TEST(Resolver, SaysWhichNameCantBeResolvedAndWhy) {
    auto resolver = *Resolver::create();
    ASSERT_TRUE(resolver->request({"no such name", 7747}));

    const auto answer = await_answer(*resolver);

    ASSERT_TRUE(answer);
    ASSERT_FALSE(answer->addresses);
    EXPECT_TRUE(answer->addresses.error().text.starts_with("cannot resolve no such name: "))
        << answer->addresses.error().text;
    EXPECT_FALSE(is_readable(*resolver));
}

TEST(Resolver, NumericAddressesDontWaitForASlowName) {
    const auto server = std::make_shared<SlowServer>();
    auto resolver = *Resolver::create(slow(server));
    ASSERT_TRUE(resolver->request({"slow.example", 1}));

    ASSERT_TRUE(resolver->request({"192.0.2.7", 7}));
    ASSERT_TRUE(resolver->request({"2001:db8::7", 7}));

    EXPECT_EQ(to_string(resolver->answer()->addresses->front()), "192.0.2.7:7");
    EXPECT_EQ(to_string(resolver->answer()->addresses->front()), "[2001:db8::7]:7");
    EXPECT_FALSE(resolver->answer());
    server->go.set_value();
    EXPECT_EQ(to_string(await_answer(*resolver)->addresses->front()), "192.0.2.1:1");
}

TEST(Resolver, HoldsABoundedNumberOfNamesAndEachOnce) {
    const auto server = std::make_shared<SlowServer>();
    auto resolver = *Resolver::create(slow(server));

    for (std::size_t i = 0; i < Resolver::kWaitingMax; ++i) {
        ASSERT_TRUE(resolver->request({"a.example", static_cast<std::uint16_t>(i + 1)}));
    }
    EXPECT_TRUE(resolver->request({"a.example", 1})) << "it waits already";
    EXPECT_FALSE(resolver->request({"b.example", 1}));

    server->go.set_value();
    for (std::size_t i = 0; i < Resolver::kWaitingMax; ++i) {
        ASSERT_TRUE(await_answer(*resolver)) << i;
    }
    EXPECT_FALSE(resolver->answer());
    EXPECT_EQ(server->asked, static_cast<int>(Resolver::kWaitingMax));
    EXPECT_TRUE(resolver->request({"b.example", 1}));
    EXPECT_TRUE(await_answer(*resolver));
}

TEST(Resolver, EndsWhileANameIsStillInWork) {
    const auto server = std::make_shared<SlowServer>();
    {
        auto resolver = *Resolver::create(slow(server));
        ASSERT_TRUE(resolver->request({"slow.example", 1}));
        while (server->asked == 0) {
            std::this_thread::sleep_for(1ms);
        }
    }
    // Here at all: the end waited for nobody. What is left behind ends by itself.
    const std::weak_ptr<SlowServer> left = server;
    server->go.set_value();
    for (int i = 0; i < 10000 && left.use_count() > 1; ++i) {
        std::this_thread::sleep_for(1ms);
    }
    EXPECT_EQ(left.use_count(), 1);
}

TEST(Resolver, AFailingResolveFunctionIsAnAnswer) {
    auto resolver = *Resolver::create([](const HostPort& name) -> Addresses {
        if (name.port == 1) {
            throw std::runtime_error("out of luck");
        }
        return Error{ErrorCode::Unavailable, "try again"};
    });
    ASSERT_TRUE(resolver->request({"a.example", 1}));
    EXPECT_EQ(await_answer(*resolver)->addresses.error().text,
              "cannot resolve a.example: out of luck");
    ASSERT_TRUE(resolver->request({"a.example", 2}));
    EXPECT_EQ(await_answer(*resolver)->addresses.error().code, ErrorCode::Unavailable);
}

}  // namespace
}  // namespace memberd
