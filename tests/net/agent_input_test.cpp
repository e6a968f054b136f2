// What operators, seeds and local programs get wrong: one clear sentence, the right exit code, and
// an agent that goes on.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zmq.h>

#include "gossip/codec.hpp"
#include "gossip/zmq_transport.hpp"
#include "membership/os_clock.hpp"
#include "tests/net/support/agent_process.hpp"

namespace memberd::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class AgentInput : public ::testing::Test {
  protected:
    // Runs memberd to its end; what it says last on stderr is kept.
    std::optional<int> run(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), program_path("memberd"));
        ChildProcess process(arguments, path("run"));
        const auto code = process.wait(20s);
        errors_ = process.errors();
        output_ = process.output();
        return code;
    }

    std::string path(const std::string& name) { return directory_.path() + "/" + name; }

    [[nodiscard]] long error_lines() const {
        return std::count(errors_.begin(), errors_.end(), '\n');
    }

    TemporaryDirectory directory_;
    std::string errors_;
    std::string output_;
};

TEST_F(AgentInput, AnUnknownFlagIsUsage) {
    EXPECT_EQ(run({"--nonsense"}), 2);
    EXPECT_THAT(errors_, HasSubstr("--nonsense"));
    EXPECT_EQ(error_lines(), 1);
}

TEST_F(AgentInput, AnUnknownKeyInTheFileIsNamedWithItsLine) {
    std::ofstream(path("bad.toml")) << "name = \"a\"\n\nnonsense = 1\n";

    EXPECT_EQ(run({"--config", path("bad.toml")}), 2);

    EXPECT_THAT(errors_, HasSubstr("bad.toml:3: unknown setting \"nonsense\""));
    EXPECT_EQ(error_lines(), 1);
}

TEST_F(AgentInput, ACheckedConfigurationStartsNothing) {
    std::ofstream(path("good.toml")) << "name = \"a\"\njoin = [\"localhost:7747\"]\n";

    EXPECT_EQ(run({"--config", path("good.toml"), "--check-config"}), 0);

    EXPECT_EQ(errors_, "");
}

TEST_F(AgentInput, BindingBeyondLoopbackNeedsInsecure) {
    EXPECT_EQ(run({"--bind", "0.0.0.0:21000", "--runtime-dir", path("r")}), 2);
    EXPECT_THAT(errors_, HasSubstr("--insecure"));
    EXPECT_EQ(error_lines(), 1);
}

TEST_F(AgentInput, KeysAndHttpAreRefusedUntilTheyExist) {
    EXPECT_EQ(run({"--keys", "/tmp"}), 2);
    EXPECT_THAT(errors_, HasSubstr("encryption is not built"));
    EXPECT_EQ(run({"--http", "127.0.0.1:9000"}), 2);
    EXPECT_THAT(errors_, HasSubstr("--http"));
}

TEST_F(AgentInput, APortInUseIsNamed) {
    TestAgent first(directory_.path(), "first");
    ASSERT_TRUE(first.start());

    EXPECT_EQ(run({"--name", "x", "--bind", first.address(), "--runtime-dir", path("r")}), 1);

    EXPECT_THAT(errors_, HasSubstr(first.address()));
    EXPECT_EQ(error_lines(), 1);
}

TEST_F(AgentInput, ATakenRuntimeDirectoryIsRefusedWithItsHoldersProcess) {
    TestAgent first(directory_.path(), "first");
    ASSERT_TRUE(first.start());
    const std::string bind = "127.0.0.1:" + std::to_string(free_port());

    EXPECT_EQ(run({"--name", "x", "--bind", bind, "--runtime-dir", first.runtime_dir()}), 1);

    EXPECT_THAT(errors_,
                HasSubstr("is in use by process " + std::to_string(first.process().pid())));
    EXPECT_EQ(error_lines(), 1);
    EXPECT_FALSE(first.ask("info").is_null());
}

TEST_F(AgentInput, ADataDirectoryThatIsNoneIsRefused) {
    std::ofstream(path("file")) << "x";
    const std::string bind = "127.0.0.1:" + std::to_string(free_port());

    EXPECT_EQ(run({"--bind", bind, "--runtime-dir", path("r"), "--data-dir", path("file")}), 2);

    EXPECT_THAT(errors_, HasSubstr("--data-dir " + path("file")));
    EXPECT_EQ(error_lines(), 1);
}

TEST_F(AgentInput, ADamagedStateFileIsIgnoredWithAnError) {
    TestAgent agent(directory_.path(), "a");
    ASSERT_TRUE(agent.start());
    agent.kill();
    std::ofstream(agent.data_dir() + "/state") << "memberd-state 1\ngeneration 7\n";

    ASSERT_TRUE(agent.start());

    EXPECT_THAT(agent.log(), HasSubstr("damaged"));
    EXPECT_GT(agent.ask("info")["generation"], 7);
}

TEST_F(AgentInput, ARuntimeDirectoryWithALongPathIsRefused) {
    EXPECT_EQ(run({"--runtime-dir", path(std::string(100, 'x'))}), 2);
    EXPECT_THAT(errors_, HasSubstr("may have 107"));
}

TEST_F(AgentInput, AnUnresolvableSeedIsSaidAndTheAgentRunsAlone) {
    TestAgent agent(directory_.path(), "a");
    agent.seeds = {"no-such-host.invalid:7747"};

    ASSERT_TRUE(agent.start());

    EXPECT_TRUE(eventually(30s, [&] {
        return agent.log().find("can't be resolved") != std::string::npos &&
               agent.log().find("runs alone") != std::string::npos;
    })) << agent.log();
    EXPECT_EQ(agent.ask("info")["members"]["alive"], 1);
    EXPECT_EQ(agent.terminate(), 0);
}

TEST_F(AgentInput, AnotherClusterIsRefusedByBothWithBothNames) {
    TestAgent first(directory_.path(), "first");
    first.more_arguments = {"--cluster", "red"};
    ASSERT_TRUE(first.start());
    const std::string bind = "127.0.0.1:" + std::to_string(free_port());

    EXPECT_EQ(run({"--name", "x", "--cluster", "blue", "--bind", bind, "--join", first.address(),
                   "--runtime-dir", path("r")}),
              1);

    EXPECT_THAT(errors_, HasSubstr("red"));
    EXPECT_THAT(errors_, HasSubstr("blue"));
    EXPECT_THAT(first.log(), HasSubstr("blue"));
    EXPECT_EQ(first.ask("info")["members"]["alive"], 1);
}

// A seed that answers everything with: another version.
TEST_F(AgentInput, AnotherVersionOfTheProtocolIsSaidAndEndsAnAgentThatNeverJoined) {
    auto context = ZmqContext::create();
    TransportConfig config;
    config.bind = *parse_endpoint("127.0.0.1:" + std::to_string(free_port()));
    auto transport = ZmqTransport::create(os_now(), *context, config);
    ASSERT_TRUE(transport);
    std::vector<std::uint8_t> refusal;
    Refuse body;
    body.version = kProtocolVersion + 1;
    body.code = RefuseCode::OtherVersion;
    body.cluster = "default";
    body.reason = "this member speaks another version";
    Encoder(refusal).refuse(body);
    const std::string bind = "127.0.0.1:" + std::to_string(free_port());
    ChildProcess agent({program_path("memberd"), "--name", "x", "--bind", bind, "--join",
                        to_string(config.bind), "--runtime-dir", path("r")},
                       path("run"));

    std::optional<int> code;
    eventually(20s, [&] {
        (*transport)->advance(os_now());
        while (const auto received = (*transport)->receive()) {
            (*transport)->reply(received->reply_token, refusal);
        }
        code = agent.wait(0s);
        return code.has_value();
    });

    EXPECT_EQ(code, 1);
    EXPECT_THAT(agent.errors(), HasSubstr("protocol version 2"));
}

TEST_F(AgentInput, ANameThatALivingMemberHasIsRefused) {
    TestAgent first(directory_.path(), "first");
    ASSERT_TRUE(first.start());
    const std::string bind = "127.0.0.1:" + std::to_string(free_port());

    EXPECT_EQ(run({"--name", "first", "--bind", bind, "--join", first.address(), "--runtime-dir",
                   path("r")}),
              1);

    EXPECT_THAT(errors_, HasSubstr("name"));
    EXPECT_EQ(first.ask("info")["members"]["alive"], 1);
}

// Everything that a local program may write to the control socket.
TEST_F(AgentInput, GarbageOnTheControlSocketChangesNothing) {
    TestAgent agent(directory_.path(), "a");
    ASSERT_TRUE(agent.start());
    void* context = zmq_ctx_new();
    void* socket = zmq_socket(context, ZMQ_DEALER);
    const int zero = 0;
    zmq_setsockopt(socket, ZMQ_LINGER, &zero, sizeof zero);
    const std::string endpoint = local::endpoint_of_path(local::control_path(agent.runtime_dir()));
    ASSERT_EQ(zmq_connect(socket, endpoint.c_str()), 0);
    const unsigned seed = std::random_device{}();
    RecordProperty("seed", std::to_string(seed));
    std::minstd_rand random(seed);
    const auto send = [&](const local::MessageBytes& bytes) {
        zmq_send(socket, bytes.data(), bytes.size(), 0);
        std::uint8_t reply[4096];
        while (zmq_recv(socket, reply, sizeof reply, ZMQ_DONTWAIT) >= 0) {
        }
    };

    for (int i = 0; i < 2000; ++i) {
        local::MessageBytes bytes(random() % 200);
        for (auto& byte : bytes) {
            byte = static_cast<std::uint8_t>(random());
        }
        send(bytes);
    }
    send(local::MessageBytes(200'000, 0x91));  // arrays in arrays in arrays
    send({0xdd, 0xff, 0xff, 0xff, 0xff});      // an array of four billion
    send({0x94, 0x01, 0x01, 0xa4});            // cut short
    send(local::encode(local::Request{1, std::string(100'000, 'x'), Document::object()}));
    const Document huge{{"keys", {std::string(200'000, 'k')}}};
    send(local::encode(local::Request{2, "ring_lookup", huge}));
    send(local::encode(local::Request{3, "why", {{"name", std::string(200'000, 'n')}}}));
    send(local::encode(local::Request{4, "tags_set", {{"tags", {{"", "x"}}}}}));
    send(local::encode(local::Request{5, "tags_set", {{"tags", 7}}}));
    send(local::encode(local::Request{6, "info", {{std::string(60'000, 'y'), 1}}}));
    zmq_send(socket, "a", 1, ZMQ_SNDMORE);
    zmq_send(socket, "b", 1, 0);

    EXPECT_TRUE(eventually(10s, [&] {
        return agent.ask("info")["local"]["rejected"].get<int>() >= 2004;
    })) << agent.ask("info")["local"];
    EXPECT_EQ(agent.ask("members").size(), 1U);
    zmq_send(socket, local::MessageBytes(300'000, 0xc0).data(), 300'000, 0);  // ends the connection
    EXPECT_FALSE(agent.ask("info").is_null());
    zmq_close(socket);
    zmq_ctx_term(context);
    EXPECT_EQ(agent.terminate(), 0) << agent.log();
}

TEST_F(AgentInput, RefusedRequestsSayWhy) {
    TestAgent agent(directory_.path(), "a");
    ASSERT_TRUE(agent.start());
    auto client = Client::open(agent.runtime_dir());
    ASSERT_TRUE(client);
    const auto code = [&](const char* op, const Document& arguments) {
        const auto answer = client->request(op, arguments, 5s);
        return answer ? answer->code : "no answer";
    };

    EXPECT_EQ(code("nonsense", Document::object()), "unknown_op");
    EXPECT_EQ(code("ping", {{"name", "b"}}), "unknown_member");
    EXPECT_EQ(code("why", {{"name", "b"}}), "unknown_member");
    EXPECT_EQ(code("forget", {{"name", "b"}}), "unknown_member");
    EXPECT_EQ(code("forget", {{"name", "a"}}), "refused");
    EXPECT_EQ(code("ring_plan", {{"remove", {"b"}}}), "unknown_member");
    EXPECT_EQ(code("ring_lookup", Document::object()), "bad_request");
    EXPECT_EQ(code("ring_lookup", {{"keys", {"k"}}, {"replicas", 0}}), "bad_request");
    EXPECT_EQ(code("info", {{"verbose", true}}), "bad_request");
    EXPECT_EQ(code("join", {{"addresses", {"nonsense"}}}), "bad_request");
    EXPECT_EQ(code("tags_set", {{"tags", {{"k", std::string(600, 'v')}}}}), "limit");
}

TEST_F(AgentInput, ADataDirectoryThatFailsLaterIsSaidAndTheAgentGoesOn) {
    TestAgent first(directory_.path(), "first");
    TestAgent second(directory_.path(), "second");
    ASSERT_TRUE(first.start());
    EXPECT_TRUE(first.ask("info")["data_dir"]["error"].is_null());
    std::filesystem::remove_all(first.data_dir());

    second.seeds = {first.address()};
    ASSERT_TRUE(second.start());

    EXPECT_TRUE(
        eventually(20s, [&] { return first.ask("info")["data_dir"]["error"].is_string(); }));
    EXPECT_THAT(first.log(), HasSubstr("goes on without saving"));
    EXPECT_EQ(first.state_of("second"), "alive");
    std::filesystem::create_directory(first.data_dir());
    EXPECT_TRUE(eventually(20s, [&] { return first.ask("info")["data_dir"]["error"].is_null(); }));
}

// systemd's side of sd_notify: a datagram socket.
TEST_F(AgentInput, TheServiceManagerIsToldOfReadinessReloadsAndTheEnd) {
    const std::string socket_path = path("notify");
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket_path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    std::string heard;
    const auto hears = [&](const std::string& word) {
        return eventually(10s, [&] {
            char text[512];
            for (ssize_t size = 0; (size = recv(fd, text, sizeof text, 0)) > 0;) {
                heard.append(text, static_cast<std::size_t>(size)).append("\n");
            }
            return heard.find(word) != std::string::npos;
        });
    };
    setenv("NOTIFY_SOCKET", socket_path.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    TestAgent agent(directory_.path(), "a");
    ASSERT_TRUE(agent.start());
    unsetenv("NOTIFY_SOCKET");  // NOLINT(concurrency-mt-unsafe)

    EXPECT_TRUE(hears("READY=1")) << heard;
    agent.process().signal(SIGHUP);
    EXPECT_TRUE(hears("RELOADING=1")) << heard;
    EXPECT_EQ(agent.terminate(), 0);
    EXPECT_TRUE(hears("STOPPING=1")) << heard;
    close(fd);
}

TEST_F(AgentInput, ASecondSigtermEndsAnAgentAtOnce) {
    TestAgent first(directory_.path(), "first");
    TestAgent second(directory_.path(), "second");
    ASSERT_TRUE(first.start());
    second.seeds = {first.address()};
    ASSERT_TRUE(second.start());
    ASSERT_TRUE(eventually(10s, [&] { return second.state_of("first") == "alive"; }));
    first.process().signal(SIGSTOP);  // It will acknowledge nothing.

    second.process().signal(SIGTERM);
    ASSERT_TRUE(eventually(
        10s, [&] { return second.log().find("leaving the cluster") != std::string::npos; }));
    second.process().signal(SIGTERM);

    EXPECT_EQ(second.process().wait(10s), 1);
    first.process().signal(SIGCONT);
}

}  // namespace
}  // namespace memberd::test
