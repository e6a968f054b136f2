// memberctl against two real agents on loopback: every command once, as an operator would.
#include <arpa/inet.h>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "membership/local_protocol.hpp"
#include "tests/net/support/program.hpp"

namespace memberd {
namespace {

using Words = std::vector<std::string>;

bool is_free(int port) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool free =
        ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(descriptor);
    return free;
}

// Below the ports that the system gives away by itself; by process, so that two runs coexist.
int free_port() {
    static int next = 20000 + static_cast<int>(::getpid() % 10000);
    while (!is_free(next)) {
        ++next;
    }
    return next++;
}

// Two agents, "ash" and "elm"; elm joins ash.
class LivePair : public testing::Test {
  protected:
    LivePair() {
        std::string name = "/tmp/memberd-live-XXXXXX";
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
        ash_ = start("ash", ash_address_, {});
        elm_ = start("elm", elm_address_, {"--join", ash_address_});
    }

    void TearDown() override {
        ash_.reset();
        elm_.reset();
        std::filesystem::remove_all(folder_);
    }

    std::unique_ptr<Program> start(const std::string& name, const std::string& bind, Words more) {
        ProgramSetup setup;
        setup.command = {MEMBERD_MEMBERD,      "--name", name,       "--cluster",
                         "live-pair",          "--bind", bind,       "--runtime-dir",
                         folder_ + '/' + name, "--zone", "z-" + name};
        setup.command.insert(setup.command.end(), more.begin(), more.end());
        auto program = std::make_unique<Program>(setup);
        EXPECT_TRUE(program->wait_for("memberd ready")) << program->err();
        return program;
    }

    [[nodiscard]] ProgramSetup setup(const Words& words) const {
        ProgramSetup result;
        result.command = {MEMBERD_MEMBERCTL, "--runtime-dir", folder_ + "/ash"};
        result.command.insert(result.command.end(), words.begin(), words.end());
        return result;
    }

    [[nodiscard]] Finished ctl(const Words& words) const { return run_program(setup(words)); }

    [[nodiscard]] Document json(Words words) const {
        words.insert(words.end(), {"--format", "json"});
        const Finished finished = ctl(words);
        EXPECT_EQ(finished.exit_code, 0) << words.front() << ": " << finished.err;
        return Document::parse(finished.out, nullptr, false);
    }

    // Asks again and again until the members in this state, as ash sees them, are so many.
    [[nodiscard]] bool becomes(const std::string& state, std::size_t count) const {
        for (int i = 0; i < 300; ++i) {
            if (json({"members", "--state", state}).size() == count) {
                return true;
            }
            ::usleep(100'000);
        }
        return false;
    }

    std::string folder_;
    std::string ash_address_ = "127.0.0.1:" + std::to_string(free_port());
    std::string elm_address_ = "127.0.0.1:" + std::to_string(free_port());
    std::unique_ptr<Program> ash_;
    std::unique_ptr<Program> elm_;
};

TEST_F(LivePair, AnswersEveryQuestion) {
    ASSERT_TRUE(becomes("alive", 2));

    const Document members = json({"members", "--zone", "z-elm"});
    ASSERT_EQ(members.size(), 1U);
    for (const char* key : {"name", "id", "address", "state", "generation", "incarnation", "zone",
                            "weight", "tags", "health", "phi", "rtt_ms", "since"}) {
        EXPECT_TRUE(members[0].contains(key)) << key;
    }
    EXPECT_EQ(members[0]["address"], elm_address_);
    EXPECT_EQ(json({"info"})["cluster"], "live-pair");
    EXPECT_EQ(json({"ring"})["members"].size(), 2U);
    const Document lookup = json({"ring", "lookup", "k", "--replicas", "2"});
    EXPECT_EQ(lookup[0]["preference"].size(), 2U);
    EXPECT_EQ(lookup[0]["owner"], lookup[0]["preference"][0]);
    EXPECT_GT(json({"ring", "plan", "--remove", "elm"})["moved_share"].get<double>(), 0.3);
    EXPECT_EQ(json({"why", "elm"})["name"], "elm");
    EXPECT_EQ(json({"ping", "elm"})["answered"], 5);
    EXPECT_EQ(json({"version"})["agent"]["memberd"], json({"version"})["memberctl"]);
    for (const Words& words :
         {Words{"members"}, Words{"info"}, Words{"ring"}, Words{"ring", "lookup", "k"},
          Words{"why", "elm"}, Words{"ping", "elm"}, Words{"version"}}) {
        const Finished table = ctl(words);
        EXPECT_EQ(table.exit_code, 0) << words.front() << table.err;
        EXPECT_NE(table.out, "") << words.front();
    }
    for (const Words& words : {Words{"why", "nobody"}, Words{"ping", "nobody"},
                               Words{"forget", "nobody"}, Words{"forget", "elm"}}) {
        const Finished no = ctl(words);
        EXPECT_EQ(no.exit_code, 1) << words.front();
        EXPECT_EQ(no.out, "");
        EXPECT_TRUE(no.err.ends_with(".\n")) << no.err;
    }
}

TEST_F(LivePair, ActsAndTellsWhatChanges) {
    ASSERT_TRUE(becomes("alive", 2));
    Program events(setup({"events", "--snapshot", "--format", "json"}));
    ASSERT_TRUE(events.wait_for("\"snapshot\":true"));

    EXPECT_EQ(json({"tags", "set", "role=store", "v=1"})["tags"]["role"], "store");
    EXPECT_TRUE(events.wait_for("\"type\":\"updated\""));
    EXPECT_FALSE(json({"tags", "unset", "role"})["tags"].contains("role"));
    EXPECT_EQ(json({"join", elm_address_})["joined"], true);

    elm_->send(SIGKILL);
    ASSERT_TRUE(becomes("dead", 1));
    EXPECT_TRUE(events.wait_for("\"type\":\"ring\""));
    EXPECT_NE(ctl({"why", "elm"}).out.find("Decided: declared dead"), std::string::npos);
    EXPECT_EQ(ctl({"forget", "elm"}).exit_code, 0);
    EXPECT_TRUE(events.wait_for("\"type\":\"forgotten\""));
    events.send(SIGINT);
    EXPECT_EQ(events.wait(), 0);

    // Numbers without a hole, whatever happened meanwhile.
    std::uint64_t last = 0;
    for (std::size_t begin = 0; begin < events.out().size();) {
        const std::size_t end = events.out().find('\n', begin);
        const Document event = Document::parse(events.out().substr(begin, end - begin));
        const auto seq = event["seq"].get<std::uint64_t>();
        EXPECT_TRUE(event.contains("snapshot") || seq == last + 1) << event;
        last = seq;
        begin = end + 1;
    }
}

TEST_F(LivePair, LeavesAndSaysByHowManyItWasAcknowledged) {
    ASSERT_TRUE(becomes("alive", 2));

    const Finished leave = ctl({"leave"});
    EXPECT_EQ(leave.exit_code, 0) << leave.err;
    EXPECT_EQ(leave.out, "Left; 1 of 1 other member acknowledged it.\n");
    EXPECT_EQ(ash_->wait(), 0);
    EXPECT_EQ(ctl({"members"}).exit_code, 3);
}

TEST_F(LivePair, DoesNotWaitForAStoppedAgentLongerThanTold) {
    ash_->send(SIGSTOP);
    const Finished stopped = ctl({"members", "--timeout", "0.5"});
    ash_->send(SIGCONT);
    EXPECT_EQ(stopped.exit_code, 3);
    EXPECT_NE(stopped.err.find("did not answer within 0.5 s"), std::string::npos) << stopped.err;
}

}  // namespace
}  // namespace memberd
